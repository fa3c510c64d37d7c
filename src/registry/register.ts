import { UserError } from "../core/errors.ts";
import { MODEL_FOLDER } from "../core/model-files.ts";
import { AUDIT, type LoggedModel, type ModelVersion } from "../core/registry.ts";
import { latestPoint, type Run } from "../core/store.ts";
import { Tag, VALIDATION } from "../core/trial.ts";
import { type ActDetails, checkFiles, commit, modelHash, readState, VersionTag, type Workbench } from "./state.ts";

export interface Registered {
  readonly name: string;
  readonly version: string;
  readonly runId: string;
  readonly source: string;
  /** False when the run was registered under this name before. */
  readonly isNew: boolean;
}

/**
 * Registers the model of a run as a version, unless it is one already; makes the registered model when it is the first, and
 * lists the run's model among MLflow 3's logged models.
 * @throws UserError when the run has not finished or has no model files
 */
export async function register(bench: Workbench, name: string, runId: string, reason?: string): Promise<Registered> {
  const run = await bench.store.getRun(runId);
  if (run.info.status !== "FINISHED") {
    throw new UserError(`the run is ${run.info.status.toLowerCase()}: only a finished one can be registered`, {
      where: `run ${runId}`,
      fix: "`disease exp leaderboard` lists the finished ones.",
    });
  }
  const hash = await modelHash(bench.store, runId);
  if (hash === null) {
    throw new UserError("the run has no model files", {
      where: `run ${runId}, folder ${MODEL_FOLDER}/`,
      fix: "Run the trial again (disease exp run FILE --force); a sweep's parent run has none.",
    });
  }
  await bench.registry.ensureModel(name);
  const known = (await bench.registry.listVersions(name)).findLast((v) => v.runId === runId);
  // a version without a record was made by MLflow, or by a registration that was cut: it gets its record now
  if (known && Object.keys(known.tags).some((key) => key.startsWith(AUDIT))) {
    return { name, version: known.version, runId, source: known.source, isNew: false };
  }
  if (known) await checkFiles(bench, known);
  const tags = { [VersionTag.modelHash]: hash, [VersionTag.dataHash]: run.tags[Tag.dataHash] ?? "" };
  const logged = await loggedModel(bench, run);
  const source = known?.source ?? (logged ? `models:/${logged.modelId}` : `runs:/${runId}/${MODEL_FOLDER}`);
  const version =
    known ?? (await bench.registry.createVersion({ name, source, runId, tags, description: run.info.runName }));
  if (logged) await nameVersion(bench, logged, version);
  await commitFirst(
    bench,
    { ...version, tags: { ...version.tags, ...tags } },
    { act: "register", reason, modelHash: hash, tags },
  );
  return { name, version: version.version, runId, source, isNew: known === undefined };
}

/**
 * The first record of a new version. That others registered or promoted something meanwhile does not matter to it: it is put
 * behind theirs.
 */
export async function commitFirst(
  bench: Workbench,
  version: ModelVersion,
  details: Pick<ActDetails, "reason" | "modelHash" | "tags"> & { readonly act: "register" | "copy" },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await commit(bench, await readState(bench.registry, version.name), { ...details, version });
      return;
    } catch (error) {
      if (attempt === 20 || !(error instanceof UserError)) throw error;
    }
  }
}

/** The logged model of a run: the one that it has, else a new one with its params and validation metrics. */
export async function loggedModel(
  { store, registry: { logged } }: Pick<Workbench, "store" | "registry">,
  run: Run,
): Promise<LoggedModel | undefined> {
  if (!logged) return undefined;
  const { runId } = run.info;
  const ready = (await logged.ofRun(runId)).findLast((m) => m.status === "READY");
  if (ready) return ready;
  const name = run.info.runName.replace(/[/:.%"']/g, "-").slice(0, 200) || "trial";
  const { modelId } = await logged.create({
    runId,
    name: name === MODEL_FOLDER ? `${name} 1` : name,
    folder: MODEL_FOLDER,
    modelType: run.params.family,
    params: run.params,
  });
  const keys = Object.keys(run.metrics).filter((key) => key.startsWith(VALIDATION));
  // over a server a model's point is one of its run as well: the very points that the run has, so that none is there twice
  const histories = await Promise.all(keys.map((key) => store.metricHistory(runId, key)));
  await logged.logMetrics(
    modelId,
    histories.flatMap((points) => latestPoint(points) ?? []),
  );
  return logged.finalize(modelId, "READY");
}

/** MLflow's tag from a logged model to the versions that were made of it. */
async function nameVersion({ registry }: Workbench, { modelId }: LoggedModel, version: ModelVersion): Promise<void> {
  const key = "mlflow.modelVersions";
  const tags = (await registry.logged!.get(modelId))?.tags ?? {};
  const list = JSON.parse(tags[key] ?? "[]") as { readonly name: string; readonly version: number }[];
  const own = { name: version.name, version: Number(version.version) };
  if (list.some(({ name, version: number }) => name === own.name && number === own.version)) return;
  await registry.logged!.setTags(modelId, { [key]: JSON.stringify([...list, own]) });
}
