import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import type { GateOutcome } from "../../core/gate.ts";
import type { ModelRegistry } from "../../core/registry.ts";
import type { TrackingStore } from "../../core/store.ts";
import { writeFileAt } from "../../experiments/files.ts";
import type { Champion } from "../../experiments/gate/champion.ts";
import type { GateData } from "../../experiments/gate/saved.ts";
import { type GateEvaluation, type GatePorts, evaluateGate as judge } from "../../experiments/gate.ts";
import { type Gate, parseGate } from "../../experiments/gate-file.ts";
import { findRun } from "../../experiments/read/browse.ts";
import { type ExperimentConfig, isCaseConfig } from "../../experiments/schema.ts";
import { type GateReportExtra, gateJunit, gateMarkdown } from "../../reports/gate.ts";
import { readCaseData } from "../plan-data.ts";
import { type Project, readText, showPath } from "../project.ts";
import { readData } from "../read-data.ts";
import { findRuleFile, ruleFileNames } from "../rules/files.ts";
import { who } from "../workbench.ts";

/** Reads a gate: a file from the current folder or the project, or a name in experiments/gates/. */
export async function loadGate(project: Project, nameOrFile: string): Promise<Gate> {
  const path = findRuleFile(project, "gate", nameOrFile);
  return parseGate(showPath(project, path), readText(path));
}

/** The gate files of the project; one that cannot be read says why. */
export async function listGates(
  project: Project,
): Promise<readonly { readonly name: string; readonly rules: number | null; readonly description: string }[]> {
  return Promise.all(
    ruleFileNames(project, "gate").map(async (name) => {
      try {
        const { entries, description } = await loadGate(project, join("experiments", "gates", `${name}.yaml`));
        return { name, rules: entries.length, description };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { name, rules: null, description: `${error.where}: ${error.message}` };
      }
    }),
  );
}

export interface EvaluateGateOptions {
  /** Or its first digits. */
  readonly runId: string;
  readonly gate: Gate;
  /** The registered model whose champion the run is compared with; without one it is compared with none. */
  readonly modelName?: string;
  /** Goes before the model's. */
  readonly champion?: Champion;
  /** Default: "test", which counts as a look at the test patients. */
  readonly part?: "test" | "validation";
}

/** Judges a run by a gate, against the champion of a registered model. */
export async function evaluateGate(
  project: Project,
  store: TrackingStore,
  registry: ModelRegistry | undefined,
  { runId, gate, modelName, part = "test", ...given }: EvaluateGateOptions,
): Promise<GateEvaluation> {
  const { info } = await findRun(store, runId);
  const registered = registry && modelName !== undefined ? await championOf(registry, modelName) : undefined;
  const champion = given.champion ?? registered;
  const ports: GatePorts = {
    store,
    clock: systemClock,
    user: who(),
    readData: (config) => readGateData(project, config),
  };
  return judge(ports, { runId: info.runId, gate, champion, part });
}

/** The data of an experiment, read again. */
export async function readGateData(project: Project, config: ExperimentConfig): Promise<GateData> {
  const path = isCaseConfig(config) ? config.data.cases : config.data.path;
  const changed = statSync(resolve(project.root, path), { throwIfNoEntry: false })?.mtimeMs ?? null;
  if (!isCaseConfig(config)) return { dataset: await readData(project, config), changed };
  const { cases, dataset, base } = await readCaseData(project, config);
  return { dataset, changed, ranked: { cases, base } };
}

/** The champion of a registered model; undefined when there is none yet. */
export async function championOf(registry: ModelRegistry, name: string): Promise<Champion> {
  const version = (await registry.getModel(name))?.aliases.champion;
  if (version === undefined) return undefined;
  const runId = (await registry.getVersion(name, version))?.runId;
  return runId ? { runId } : { problem: `version ${version} of ${name} belongs to no run` };
}

/** Writes the reports that were asked for; folders are made as they are needed. */
export function writeGateReports(
  outcome: GateOutcome,
  files: { readonly junit?: string; readonly markdown?: string },
  extra: GateReportExtra = {},
): void {
  if (files.junit !== undefined) writeFileAt(files.junit, gateJunit(outcome));
  if (files.markdown !== undefined) writeFileAt(files.markdown, gateMarkdown(outcome, extra));
}
