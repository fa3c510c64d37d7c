import type { Notice } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { ModelRegistry } from "../../core/registry.ts";
import type { TrackingStore } from "../../core/store.ts";
import type { GateEvaluation } from "../../experiments/gate.ts";
import { suggestion } from "../../experiments/located.ts";
import { findRun } from "../../experiments/read/browse.ts";
import type { Project } from "../project.ts";
import { withRegistry } from "../workbench.ts";
import { type EvaluateGateOptions, evaluateGate, writeGateReports } from "./gates.ts";
import { promotionReport } from "./reports.ts";

/** Judges a run without promoting it, and writes the asked reports. */
export async function judgeRun(
  project: Project,
  notify: (notice: Pick<Notice, "message">) => void,
  options: EvaluateGateOptions & { readonly junit?: string; readonly markdown?: string },
): Promise<GateEvaluation> {
  return withRegistry(project, notify, {}, async ({ store, registry }) => {
    const { info } = await findRun(store, options.runId);
    const modelName = options.modelName ?? (await experimentName(store, info.experimentId));
    if (options.modelName !== undefined) await requireModel(registry, options.modelName);
    const outcome = await evaluateGate(project, store, registry, { ...options, runId: info.runId, modelName });
    const extra = options.markdown === undefined ? {} : await promotionReport(store, outcome, "Judged, not promoted.");
    writeGateReports(outcome, options, extra);
    return outcome;
  });
}

/** A model is named as its experiment unless it was named otherwise. */
async function experimentName(store: TrackingStore, experimentId: string): Promise<string | undefined> {
  return (await store.listExperiments("all")).find((e) => e.experimentId === experimentId)?.name;
}

async function requireModel(registry: ModelRegistry, name: string): Promise<void> {
  if (await registry.getModel(name)) return;
  const names = (await registry.listModels()).map((m) => m.name);
  throw new UserError(`no registered model "${name}"`, {
    where: registry.uri,
    fix: names.length === 0 ? "Leave --model out: no model is registered." : suggestion(name, names),
  });
}
