/** What the board does to runs and models: each act is a command of this program, run in a process of its own. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf, UserError } from "../../core/errors.ts";
import { shellWord } from "../../core/formats/shell.ts";
import type { Trail } from "../../registry/audit.ts";
import { listGates } from "../gates/gates.ts";
import { ownArguments, startHost } from "../live/start.ts";
import { listModels, type ModelDetail, modelHistory, showModel } from "../models-view.ts";
import { findProject, type Project, storeUri } from "../project.ts";
import { trackingOf } from "../tracking-uri.ts";
import { who } from "../workbench.ts";
import { openLate, openRegistryToRead, openStoreToRead } from "./reading.ts";
import { rerunWords } from "./rerun.ts";

/** How a command ended: with what it prints as JSON, or with an error. */
export type ActOutcome =
  | { readonly exitCode: number; readonly result: unknown }
  | { readonly exitCode: number; readonly error: string; readonly where?: string; readonly fix: readonly string[] };

export interface BoardActs {
  /** A command as one types it, for the store or server that the board shows. @param words after "disease" */
  command(words: readonly string[]): string;
  /** Runs a command to its end. Never throws: what goes wrong is in the outcome. */
  run(words: readonly string[]): Promise<ActOutcome>;
  /**
   * Starts a sweep that outlives the board. @returns its run id once it has begun; undefined when it ended without one
   * @throws UserError with what it said when it could not begin
   */
  startSweep(words: readonly string[]): Promise<string | undefined>;
  /** Words after `disease` that run a trial's configuration, or a sweep, again. */
  rerun(runId: string): Promise<readonly string[]>;
  gates(): Promise<readonly { readonly name: string; readonly description: string }[]>;
  /** Registered models with their versions; none when nothing was ever registered. */
  models(): Promise<readonly ModelDetail[]>;
  history(model: string): Promise<Trail>;
  close(): Promise<void>;
}

/** Milliseconds between looks whether a sweep has begun. */
const LOOK = 100;

export function openActs(project: Project): BoardActs {
  const opened = openLate(async () => {
    const store = await openStoreToRead(project);
    return { store, registry: await openRegistryToRead(project) };
  });
  const running = new Set<ChildProcessByStdio<null, Readable, Readable>>();
  const address = project.server ?? storeUri(project);
  const { prefix, suffix } = context(project);

  async function reading() {
    return { ...(await opened.get()), clock: { now: Date.now }, who: who(), notify: () => {} };
  }

  return {
    command: (words) => `${prefix}${["disease", ...words, ...suffix].map(shellWord).join(" ")}`,

    async run(words) {
      const args = ownArguments([...words, "--project", project.root, "--json"]);
      const env = { ...process.env, MLFLOW_TRACKING_URI: address, DISEASE_JSON: undefined };
      // In a session of its own: the end of the board or of its terminal is not the end of the act.
      const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
      running.add(child);
      const text = { out: "", err: "" };
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text.out += chunk;
      });
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        text.err = (text.err + chunk).slice(-4000);
      });
      const { promise, resolve } = Promise.withResolvers<ActOutcome>();
      child.once("error", (error) => resolve({ exitCode: 1, error: messageOf(error), fix: [] }));
      child.once("close", (code, signal) => {
        running.delete(child);
        resolve(outcomeOf(code ?? 1, signal, text));
      });
      return promise;
    },

    async startSweep(words) {
      const live = startHost(project, {}, [...words, "--project", project.root]);
      try {
        for (;;) {
          const running = live.running();
          const planned = live.news().find((event) => event.type === "planned");
          if (planned) return planned.sweepId ?? undefined;
          if (!running) throw couldNotBegin(live.log());
          await delay(LOOK);
        }
      } finally {
        live.close();
      }
    },

    rerun: async (runId) => rerunWords((await reading()).store, runId),

    gates: () => listGates(project),

    async models() {
      try {
        const bench = await reading();
        const models = await listModels(bench);
        return await Promise.all(models.map(({ name }) => showModel(bench, name)));
      } catch (error) {
        if (error instanceof UserError && opened.known() === undefined && project.server === undefined) return []; // no store yet
        throw error;
      }
    },

    history: async (model) => modelHistory(await reading(), model),

    async close() {
      for (const child of running) {
        child.unref();
        for (const pipe of [child.stdout, child.stderr]) (pipe as Socket).unref();
      }
      const known = await opened.known()?.catch(() => undefined);
      known?.registry.close();
      known?.store.close();
    },
  };
}

/** What a command needs before and after it to mean the same project and store in the person's shell. */
function context(project: Project): { prefix: string; suffix: readonly string[] } {
  const plain = trackingOf(project.root, process.env);
  const isSame = plain.server === project.server && plain.mlruns === project.mlruns;
  const address = (project.server ?? storeUri(project)).replace(/\/\/[^/@]*@/, "//");
  const isHere = findProject(process.cwd()).root === project.root;
  return {
    prefix: isSame ? "" : `MLFLOW_TRACKING_URI=${shellWord(address)} `,
    suffix: isHere ? [] : ["--project", project.root],
  };
}

function outcomeOf(exitCode: number, signal: NodeJS.Signals | null, text: { out: string; err: string }): ActOutcome {
  try {
    const result = JSON.parse(text.out) as { error?: { message: string; where?: string; fix?: readonly string[] } };
    const { error } = result;
    if (error === undefined) return { exitCode, result };
    return { exitCode, error: error.message, where: error.where, fix: error.fix ?? [] };
  } catch {
    const said = text.err.trim().split("\n").at(-1) || text.out.trim().split("\n").at(-1);
    return { exitCode, error: said || `the command ended by ${signal ?? `exit code ${exitCode}`}`, fix: [] };
  }
}

/** The error that a sweep's process printed. */
function couldNotBegin(log: string): UserError {
  const part = (name: string): string | undefined =>
    new RegExp(`^ *${name}: (.*)$`, "m").exec(log)?.[1]?.replace(/\x1b\[[\d;]*m/g, "");
  return new UserError(part("error") ?? (log.trim().split("\n").at(-1) || "the sweep did not begin"), {
    where: part("at"),
    fix: part("fix"),
  });
}
