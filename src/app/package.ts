import { UserError } from "../core/errors.ts";
import { MODEL_FOLDER, modelFiles } from "../core/model-files.ts";
import type { ModelRegistry } from "../core/registry.ts";
import type { Run } from "../core/store.ts";
import { packageModel } from "../experiments/package/package.ts";
import { findRun } from "../experiments/read/browse.ts";
import { foldNotice } from "../experiments/read/fold.ts";
import type { LeaderboardRow } from "../experiments/read/leaderboard.ts";
import { loggedModel } from "../registry/register.ts";
import type { Workbench } from "../registry/state.ts";

export interface Packaged {
  readonly runId: string;
  /** For `mlflow.pyfunc.load_model`. */
  readonly uri: string;
  /** False when it was packaged before. */
  readonly isNew: boolean;
  /** Of the files that were added; 0 when it was packaged before. */
  readonly bytes: number;
}

type Bench = Pick<Workbench, "store" | "registry" | "notify">;

/**
 * Makes the saved model of a run an MLflow model too, in the same folder, and lists it among MLflow 3's logged models. Packaging
 * again gives the same bytes.
 * @param id run id, or its first digits
 * @throws UserError when the run has not finished, has no model, or is registered as it is; or ONNX cannot express it
 */
export async function packageRun(bench: Bench, id: string): Promise<Packaged> {
  const run = await findRun(bench.store, id);
  const packaged = await addPackage(bench, run);
  await tellFold(bench, run);
  return packaged;
}

async function addPackage({ store, registry }: Bench, run: Run): Promise<Packaged> {
  const { runId, status, startTime } = run.info;
  const where = `run ${runId}`;
  const fix = "Name a trial that finished; `disease exp leaderboard` lists them.";
  if (status !== "FINISHED") throw new UserError(`the run is ${status.toLowerCase()}, it has no model`, { where, fix });
  const files = await modelFiles(store, runId);
  if (!("model.json" in files)) throw new UserError("the run has no model files", { where, fix });
  const uri = `runs:/${runId}/${MODEL_FOLDER}`;
  // Written last: where it is, everything is.
  const { MLmodel: before } = files;
  if (before) return { runId, uri, isNew: false, bytes: 0 };
  // First, as it refuses what can never be packaged (a ranking model).
  const { MLmodel, ...others } = await packageModel(files, { runId, time: startTime });
  if (await isRegistered(registry, runId)) {
    throw new UserError("the run is registered: its files must stay as they are", {
      where,
      fix: "Run the trial again (disease exp run FILE --force) and register that run.",
    });
  }
  for (const [name, bytes] of Object.entries({ ...others, MLmodel: MLmodel! }))
    await store.writeArtifact(runId, `${MODEL_FOLDER}/${name}`, bytes);
  await loggedModel({ store, registry }, run);
  const bytes = [MLmodel!, ...Object.values(others)].reduce((sum, file) => sum + file.length, 0);
  return { runId, uri, isNew: true, bytes };
}

/** Whether a version of any model is made of the run. */
async function isRegistered(registry: ModelRegistry, runId: string): Promise<boolean> {
  for (const { name } of await registry.listModels()) {
    if ((await registry.listVersions(name)).some((version) => version.runId === runId)) return true;
  }
  return false;
}

/** Says whose model it is where a run belongs to a cross-validation. */
export async function tellFold({ store, notify }: Bench, run: Run): Promise<void> {
  const notice = await foldNotice(store, run);
  if (notice !== undefined) notify(notice);
}

/** The same where a model that cannot be packaged is worth a note and no more. */
export async function tryPackageRun(bench: Bench, runId: string): Promise<Packaged | undefined> {
  try {
    return await addPackage(bench, await bench.store.getRun(runId));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    bench.notify(`run ${runId.slice(0, 8)} is not packaged for MLflow: ${error.message}`);
    return undefined;
  }
}

/** Packages the runs of a leaderboard: of every row that finished, or the first repeat of the best. */
export async function packageBoard(
  bench: Bench,
  rows: readonly LeaderboardRow[],
  which: "all" | "best",
): Promise<readonly Packaged[]> {
  const finished = rows.filter((row) => row.rank !== null).flatMap((row) => row.runs);
  const made: Packaged[] = [];
  for (const runId of which === "best" ? finished.slice(0, 1) : finished) {
    const packaged = await tryPackageRun(bench, runId);
    if (packaged) made.push(packaged);
  }
  return made;
}
