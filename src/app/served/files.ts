/** The files of a model by its address: of the registry, of a run, or of a folder. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { ExitCode, messageOf, UserError } from "../../core/errors.ts";
import { hashModel, MODEL_FOLDER, modelFiles } from "../../core/model-files.ts";
import type { TrackingStore } from "../../core/store.ts";
import { SUMMARY_FILE } from "../../experiments/explain/summary.ts";
import { findRun } from "../../experiments/read/browse.ts";
import { cacheHome } from "../../knowledge/cache.ts";
import { parseRef, readState, VersionTag, versionOf } from "../../registry/state.ts";
import { openStore, type Project } from "../project.ts";
import { hasty, openStoreAt, type Patience, shownAddress } from "../tracking.ts";
import { withRegistry } from "../workbench.ts";
import { type ModelCache, openModelCache, readTree } from "./cache.ts";
import type { ServedFiles } from "./identity.ts";

export type { ServedFiles } from "./identity.ts";

type Notify = (notice: { readonly message: string }) => void;

/** What an address of the registry means now. */
export interface ServedVersion {
  readonly name: string;
  readonly version: string;
  readonly runId: string | null;
  /** Of its files when it was registered; null where it is not known. */
  readonly hash: string | null;
}

/** Files beside the model that are kept with it. */
const BESIDE: readonly string[] = [SUMMARY_FILE];

/**
 * Reads the model of an address: models:/NAME@ALIAS, models:/NAME/VERSION, models:/NAME (the newest), runs:/ID/model, the id of a run (or
 * its first digits), or a folder with a model's files. What a registry or a server has is kept in the user's cache, and taken from
 * there, with a notice, when they cannot be reached.
 * @throws UserError when there is none, or a file is not as it was registered
 */
export async function readServed(project: Project, address: string, notify: Notify): Promise<ServedFiles> {
  const isModel = address.startsWith("models:/");
  const run = /^runs:\/([0-9a-f]{4,32})(?:\/model\/?)?$/.exec(address)?.[1];
  if (!isModel && run === undefined) {
    const folder = resolve(address);
    if (existsSync(folder)) return ofFolder(address, folder);
    if (!/^[0-9a-f]{4,32}$/.test(address)) throw noAddress(address);
  }
  if (!isModel && project.server === undefined) return ofRun(project, address, run ?? address, notify);
  const cache = openModelCache(
    cacheHome(),
    project.server === undefined ? project.mlruns : shownAddress(project.server),
  );
  // Who has something to do without a server need not wait for it.
  const patience = cache.knows(address) ? hasty() : {};
  try {
    const served = isModel
      ? await ofRegistry({ project, address, cache, patience, notify })
      : await ofRun(project, address, run ?? address, notify, patience);
    cache.keep(served, systemClock.now());
    return served;
  } catch (error) {
    const kept = isAway(project, error) ? cache.newest(address) : undefined;
    if (kept === undefined) throw error;
    const { time, ...served } = kept;
    const what = served.version === null ? "" : ` of version ${served.version}`;
    notify({
      message: `${messageOf(error)}: the copy${what} of ${ago(systemClock.now() - time)} ago is used for ${address}`,
    });
    return served;
  }
}

/**
 * What an address of the registry means now, without reading files.
 * @throws UserError when there is none, or (exit code 7) the registry cannot be reached
 */
export function servedVersion(project: Project, address: string, notify: Notify): Promise<ServedVersion> {
  return withRegistry(project, notify, { readOnly: true, patience: hasty() }, async ({ registry }) => {
    const ref = parseRef(address);
    const { name, version, runId, tags } = versionOf(await readState(registry, ref.name), ref);
    return { name, version, runId, hash: tags[VersionTag.modelHash] ?? null };
  });
}

/** Whether an error comes of a store that cannot be reached, or is not there. */
function isAway({ server, mlruns }: Project, error: unknown): boolean {
  if (!(error instanceof UserError)) return false;
  return error.exitCode === ExitCode.unreachable || (server === undefined && !existsSync(join(mlruns, "mlflow.db")));
}

interface Asked {
  readonly project: Project;
  readonly address: string;
  readonly cache: ModelCache;
  readonly patience: Patience;
  readonly notify: Notify;
}

function ofRegistry({ project, address, cache, patience, notify }: Asked): Promise<ServedFiles> {
  return withRegistry(project, notify, { readOnly: true, patience }, async ({ registry, store }) => {
    const ref = parseRef(address);
    const { name, version, runId, tags } = versionOf(await readState(registry, ref.name), ref);
    const where = `version ${version} of model ${name}`;
    if (runId === null) throw new UserError("the version belongs to no run", { where });
    const registered = tags[VersionTag.modelHash];
    // A server's files need not come again: those here are the registered ones.
    const copy = project.server !== undefined && registered !== undefined ? cache.find(registered) : undefined;
    const { files, beside } = copy ?? (await readRun(store, runId));
    const hash = hashModel(files);
    if (registered !== undefined && hash !== registered) {
      throw new UserError("the model's files are not those that were registered", {
        where: `${where}, run ${runId}`,
        fix: "Register the run again as a new version, and let the gate judge that one.",
      });
    }
    return { address, name, version, runId, hash, files, beside };
  });
}

/** A run of the project's own store, else of its server. */
async function ofRun(
  project: Project,
  address: string,
  id: string,
  notify: Notify,
  patience: Patience = {},
): Promise<ServedFiles> {
  const { server } = project;
  const own = server === undefined || existsSync(join(project.mlruns, "mlflow.db"));
  const stores = [
    ...(own ? [() => openStore(project, notify, { readOnly: true })] : []),
    ...(server === undefined ? [] : [() => openStoreAt(server, "the tracking address", notify, true, patience)]),
  ];
  for (const [i, open] of stores.entries()) {
    const store = await open();
    try {
      const { runId } = (await findRun(store, id)).info;
      const read = await readRun(store, runId);
      return { address, name: null, version: null, runId, hash: hashModel(read.files), ...read };
    } catch (error) {
      if (!(error instanceof UserError) || i === stores.length - 1) throw error;
    } finally {
      store.close();
    }
  }
  throw new Error("a project has a store");
}

const noAddress = (address: string): UserError =>
  new UserError("there is no such file or folder, and it is neither the id of a run nor models:/NAME@champion", {
    where: address,
    fix: "`disease models ls` and `disease exp leaderboard` list models and runs.",
  });

/** @throws UserError when the run has no model */
async function readRun(store: TrackingStore, runId: string): Promise<Pick<ServedFiles, "files" | "beside">> {
  const files = await modelFiles(store, runId);
  if (Object.keys(files).length === 0) {
    throw new UserError("the run has no model files", {
      where: `run ${runId}, folder ${MODEL_FOLDER}/`,
      fix: "Name a trial that finished; `disease exp leaderboard` lists them.",
    });
  }
  const beside: Record<string, Uint8Array> = {};
  for (const folder of new Set(BESIDE.map(dirname))) {
    for (const { path } of await store.listArtifacts(runId, folder))
      if (BESIDE.includes(path)) beside[path] = await store.readArtifact(runId, path);
  }
  return { files, beside };
}

/** A folder with a model's files, or a run's artifacts with such a folder in it. */
function ofFolder(address: string, folder: string): ServedFiles {
  const fix = "Name a folder with model.json in it, a run (runs:/ID/model), or models:/NAME@champion.";
  if (!statSync(folder).isDirectory()) throw new UserError("not a folder with a model", { where: address, fix });
  const inside = join(folder, MODEL_FOLDER);
  const model = existsSync(inside) ? inside : folder;
  const files = readTree(model);
  if (Object.keys(files).length === 0) throw new UserError("the folder has no model files", { where: address, fix });
  const beside: Record<string, Uint8Array> = {};
  for (const path of BESIDE) {
    const file = join(dirname(model), path);
    if (existsSync(file)) beside[path] = readFileSync(file);
  }
  return { address, name: null, version: null, runId: null, hash: hashModel(files), files, beside };
}

/** "5 minutes" */
function ago(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  const [count, unit] =
    minutes < 120
      ? [minutes, "minutes"]
      : minutes < 2880
        ? [Math.round(minutes / 60), "hours"]
        : [Math.round(minutes / 1440), "days"];
  return `${count} ${unit}`;
}
