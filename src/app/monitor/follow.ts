import { spawn } from "node:child_process";
import { ExitCode, messageOf, UserError } from "../../core/errors.ts";
import type { Alarm } from "../../monitoring/watch/state.ts";
import { readState } from "../../registry/state.ts";
import { ownArguments } from "../live/start.ts";
import type { Project } from "../project.ts";
import { promoteModel, rollbackModel, sentenceOf } from "../registry.ts";
import { withRegistry } from "../workbench.ts";

/** What a drift alarm sets off. */
export interface OnDrift {
  /** Experiment file, or its name. */
  readonly file: string;
  /** That judges the winner. */
  readonly gate: string;
  readonly requireApproval: boolean;
}

type Notify = (notice: { readonly message: string }) => void;

/**
 * Runs an experiment as `exp run` does, registers the best trial under the model's name and lets the gate judge it for Production.
 * @returns what came of it, one sentence
 */
export async function sweepAndPromote(
  project: Project,
  model: string,
  { file, gate, requireApproval }: OnDrift,
  alarms: readonly Alarm[],
  signal: AbortSignal,
  notify: Notify,
): Promise<string> {
  try {
    const experiment = await sweep(project, file, signal);
    const reason = `after the drift alarm ${alarms.map(({ raised, rule }) => `${raised?.id} (${rule})`).join(", ")}`;
    const act = await withRegistry(project, notify, {}, (bench) =>
      promoteModel(project, bench, {
        target: { experiment, name: model },
        to: "Production",
        gate,
        reason,
        requireApproval,
      }),
    );
    return sentenceOf(act);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `it came to nothing: ${error.message}`;
  }
}

/** @returns the experiment's name */
async function sweep(project: Project, file: string, signal: AbortSignal): Promise<string> {
  const words = ["exp", "run", file, "--no-live", "--json", "--project", project.root];
  const child = spawn(process.execPath, ownArguments(words), { stdio: ["ignore", "pipe", "inherit"] });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => signal.removeEventListener("abort", stop));
  const output = parse(stdout);
  if (output.error !== undefined) throw new UserError(`the sweep failed: ${output.error.message}`, { where: file });
  if ((code === ExitCode.ok || code === ExitCode.trialsFailed || code === ExitCode.unreachable) && output.experiment)
    return output.experiment;
  const how =
    code === ExitCode.interrupted ? "was interrupted; `disease exp resume` goes on with it" : `ended with ${code}`;
  throw new UserError(`the sweep ${how}`, { where: file });
}

function parse(text: string): { readonly experiment?: string; readonly error?: { readonly message: string } } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/**
 * Puts the previous champion back because a performance rule fails, if the watched version is the champion.
 * @returns undefined where it is not; `to` null, with the reason, where it cannot be done
 */
export async function takeBack(
  project: Project,
  model: string,
  version: string,
  alarm: Alarm,
  notify: Notify,
): Promise<{ readonly to: string | null; readonly problem: string | null } | undefined> {
  try {
    return await withRegistry(project, notify, {}, async (bench) => {
      const { champion } = await readState(bench.registry, model);
      if (champion?.version !== version) return undefined;
      const reason = `monitor: ${alarm.rule}: ${alarm.message}`;
      const act = await rollbackModel(bench, model, undefined, reason);
      return { to: act.version, problem: null };
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { to: null, problem: messageOf(error) };
  }
}
