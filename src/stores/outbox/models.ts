import { hashJson } from "../../core/hash.ts";
import type { LoggedModel, LoggedModels } from "../../core/registry.ts";
import type { MetricPoint } from "../../core/store.ts";
import type { Desk, Ledger } from "./desk.ts";
import { hasEnded } from "./difference.ts";
import type { LocalRun } from "./local.ts";

/** The tag by which a logged model that was copied is found again: the id of the model that it is a copy of. */
export const MODEL_ID = "disease.model_id";

export function modelIdentity({ modelId, tags }: LoggedModel): string {
  return tags[MODEL_ID] || modelId;
}

/** What a logged model is like: another text after a change. */
export function modelStamp({ params, metrics, tags }: LoggedModel): string {
  return hashJson([params, metrics, ownTags(tags)]).slice(0, 16);
}

/** MLflow's own tags of a model name versions of its own registry. */
function ownTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith("mlflow.") && key !== MODEL_ID));
}

export interface ModelCopy {
  readonly model: LoggedModel;
  /** The folder of the run's artifacts that holds its files. */
  readonly folder: string;
  /** The points of the run that are the model's too. */
  readonly points: readonly MetricPoint[];
  readonly to: LoggedModels;
  /** The copy of its run, whose files are there. */
  readonly runId: string;
  /** How a call to the target is made. */
  call<T>(action: () => Promise<T>): Promise<T>;
}

/**
 * Brings a logged model to a copy of its run: a new one, or the one that is there from before, also one that was registered there of
 * the same name.
 * @returns its id there
 */
export async function sendModel({ model, folder, points, to, runId, call }: ModelCopy): Promise<string> {
  const identity = modelIdentity(model);
  const there = await call(() => to.ofRun(runId));
  const twin =
    there.find((m) => modelIdentity(m) === identity) ??
    there.find((m) => m.name === model.name && m.tags[MODEL_ID] === undefined);
  const { name, modelType, params } = model;
  const tags = { ...ownTags(model.tags), [MODEL_ID]: identity };
  const copy = twin ?? (await call(() => to.create({ runId, name, folder, modelType, params, tags })));
  const changed = Object.entries(tags).filter(([key, value]) => copy.tags[key] !== value);
  if (changed.length > 0) await call(() => to.setTags(copy.modelId, Object.fromEntries(changed)));
  const missing = points.filter(({ key, value }) => !Number.isNaN(value) && copy.metrics[key] !== value);
  if (missing.length > 0) await call(() => to.logMetrics(copy.modelId, missing));
  if (copy.status !== "READY") await call(() => to.finalize(copy.modelId, "READY"));
  return copy.modelId;
}

/** The folder of a model that lies within its run's artifacts. */
export function folderOf({ artifactLocation }: LoggedModel, artifactUri: string): string | undefined {
  const root = `${artifactUri.replace(/\/+$/, "")}/`;
  return artifactLocation.startsWith(root) ? artifactLocation.slice(root.length) : undefined;
}

const keyOf = ({ modelId }: LoggedModel): string => `models:/${modelId}`;

/** The logged models of an ended run that are not on the far side as they are here. */
export function modelsToSend(desk: Ledger, { run }: LocalRun): LoggedModel[] {
  if (!hasEnded(run.info.status)) return [];
  const sent = desk.link(run.info.runId).files;
  return desk.local.models(run.info.runId).filter((model) => sent.get(keyOf(model)) !== modelStamp(model));
}

/** Sends the logged models of a run whose files are there. A far side that has none is left without. */
export async function sendModels(desk: Desk, run: LocalRun, remoteId: string): Promise<void> {
  const { runId, artifactUri } = run.run.info;
  const link = desk.link(runId);
  for (const model of modelsToSend(desk, run)) {
    const folder = folderOf(model, artifactUri);
    const to = await desk.logged();
    if (folder !== undefined && to !== undefined) {
      const points = desk.local.lastPoints(runId, Object.keys(model.metrics));
      await sendModel({ model, folder, points, to, runId: remoteId, call: desk.gate.call });
    }
    link.files.set(keyOf(model), modelStamp(model));
    desk.saveFile(runId, keyOf(model), modelStamp(model));
  }
}
