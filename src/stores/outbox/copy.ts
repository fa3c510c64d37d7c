import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import { MODEL_FOLDER } from "../../core/model-files.ts";
import type { LoggedModels } from "../../core/registry.ts";
import { type ArtifactInfo, latestPoint, type Run, type TrackingStore } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";
import {
  batchesOf,
  bodyOf,
  difference,
  identityOf,
  MOST_METRICS,
  missingPoints,
  RUN_ID,
  wantedBody,
} from "./difference.ts";
import { allOf, concernsAll, createGate } from "./gate.ts";
import { folderOf, modelStamp, sendModel } from "./models.ts";

/** Set on a copy once all of it is there: what the run was like then. */
const COPIED = "disease.copied";
const PAGE = 200;

export interface CopyOptions {
  readonly from: TrackingStore;
  readonly to: TrackingStore;
  /** Logged models of both; without them none are copied. */
  readonly logged?: { readonly from: LoggedModels; readonly to: LoggedModels };
  /** Names; all that are not deleted when absent. */
  readonly experiments?: readonly string[];
  readonly signal?: AbortSignal;
  onRun?(runName: string): void;
}

export interface CopyResult {
  readonly experiments: number;
  readonly copied: number;
  /** Were there already, and the same. */
  readonly kept: number;
  readonly metrics: number;
  readonly artifacts: number;
  readonly bytes: number;
  /** Copies of runs: id in the source → id in the target. */
  readonly runs: ReadonlyMap<string, string>;
}

/**
 * Copies experiments with their runs: params, tags, inputs, the whole history of metrics, files, parents, ends. What is
 * there already is not written again, so a copy that was cut goes on where it was. A run is known by the tag that names the
 * run it is a copy of, so copying back and forth doubles nothing.
 * @throws UserError when there is no such experiment, or a run of the target has other params than its source
 */
export async function copyExperiments(options: CopyOptions): Promise<CopyResult> {
  const { from, to, signal } = options;
  const result = { experiments: 0, copied: 0, kept: 0, metrics: 0, artifacts: 0, bytes: 0 };
  const runs = new Map<string, string>();
  for (const { name, experimentId } of await chosen(from, options.experiments)) {
    const target = await to.ensureExperiment(name);
    const there = await copiesIn(to, target.experimentId);
    result.experiments++;
    const later = new Map<string, Run>();
    for await (const run of runsOf(from, experimentId)) {
      // a parent that began after its child, or at the same time, comes first all the same
      if (run.tags[Tag.parent] !== undefined) later.set(run.info.runId, run);
      else await one(run);
    }
    for (const run of [...later.values()]) await parentsFirst(run);

    async function parentsFirst(run: Run): Promise<void> {
      if (!later.delete(run.info.runId)) return; // done, or a ring
      const parent = later.get(run.tags[Tag.parent] ?? "");
      if (parent) await parentsFirst(parent);
      await one(run);
    }

    async function one(run: Run): Promise<void> {
      signal?.throwIfAborted();
      const copy = await copyRun({ ...options, experimentId: target.experimentId, there }, run);
      const id = there.ids.get(identityOf(run));
      if (id !== undefined) runs.set(run.info.runId, id);
      options.onRun?.(run.info.runName);
      if (copy === undefined) result.kept++;
      else {
        result.copied++;
        for (const key of ["metrics", "artifacts", "bytes"] as const) result[key] += copy[key];
      }
    }
  }
  return { ...result, runs };
}

async function chosen(from: TrackingStore, names: readonly string[] | undefined) {
  if (names === undefined) return await from.listExperiments();
  return await Promise.all(
    names.map(async (name) => {
      const found = await from.getExperimentByName(name);
      if (found) return found;
      throw new UserError(`there is no experiment "${name}"`, { where: from.uri });
    }),
  );
}

async function* runsOf(store: TrackingStore, experimentId: string): AsyncGenerator<Run> {
  let pageToken: string | undefined;
  do {
    const page = await store.searchRuns({
      experimentIds: [experimentId],
      orderBy: ["attributes.start_time ASC"],
      columns: { metrics: "all", params: "all", tags: "all" },
      maxResults: PAGE,
      pageToken,
    });
    yield* page.items;
    pageToken = page.nextPageToken;
  } while (pageToken);
}

interface Copies {
  /** By identity: the run's id. */
  readonly ids: Map<string, string>;
  /** What each was like when it was copied whole. */
  readonly whole: Map<string, string>;
}

async function copiesIn(store: TrackingStore, experimentId: string): Promise<Copies> {
  const ids = new Map<string, string>();
  const whole = new Map<string, string>();
  let pageToken: string | undefined;
  do {
    const page = await store.searchRuns({
      experimentIds: [experimentId],
      view: "all",
      columns: { metrics: [], params: [], tags: [RUN_ID, COPIED] },
      maxResults: 1000,
      pageToken,
    });
    for (const run of page.items) {
      if (run.info.lifecycleStage === "deleted" && ids.has(identityOf(run))) continue;
      ids.set(identityOf(run), run.info.runId);
      const mark = run.tags[COPIED];
      if (mark !== undefined) whole.set(identityOf(run), mark);
    }
    pageToken = page.nextPageToken;
  } while (pageToken);
  return { ids, whole };
}

interface Place extends Pick<CopyOptions, "from" | "to" | "logged"> {
  readonly experimentId: string;
  readonly there: Copies;
}

/** @returns undefined when it is there as it is here */
async function copyRun(
  { from, to, logged, experimentId, there }: Place,
  run: Run,
): Promise<{ metrics: number; artifacts: number; bytes: number } | undefined> {
  const { runId, runName, startTime, userId } = run.info;
  const identity = identityOf(run);
  const parent = run.tags[Tag.parent];
  const want = wantedBody(withoutMark(run), parent === undefined ? undefined : await copyOf(from, there, parent));
  const files = await filesOf(from, runId);
  const models = (await logged?.from.ofRun(runId)) ?? [];
  const sizes = files.map(({ path, size }) => [path, size]);
  const mark = hashJson([want, run.metrics, sizes, models.map(modelStamp)]).slice(0, 16);
  if (there.whole.get(identity) === mark) return undefined;
  let id = there.ids.get(identity);
  if (id === undefined) {
    const made = await to.createRun({ experimentId, runName, startTime, userId, tags: { [RUN_ID]: identity } });
    id = made.runId;
    there.ids.set(identity, id);
  }
  const target = id;
  const copy = await to.getRun(target);
  if (copy.info.lifecycleStage === "deleted") return undefined; // whoever deleted it there will have meant it
  const { conflicts, ...lacking } = difference(want, bodyOf(copy), []);
  if (conflicts.length > 0) {
    throw new UserError(`run ${target} has another value of ${conflicts.join(", ")} than its source`, {
      where: to.uri,
      fix: `Delete it there, or rename the experiment.`,
    });
  }
  for (const batch of batchesOf(lacking)) await to.write(target, batch);
  const gate = createGate(4);
  const counts = { metrics: 0, artifacts: 0, bytes: 0 };
  await allOf([
    ...Object.keys(run.metrics).map((key) =>
      gate.call(async () => {
        const points = await from.metricHistory(runId, key);
        const known = Object.hasOwn(copy.metrics, key) ? await to.metricHistory(target, key) : [];
        const missing = missingPoints(points, known);
        for (let at = 0; at < missing.length; at += MOST_METRICS)
          await to.write(target, { metrics: missing.slice(at, at + MOST_METRICS) });
        counts.metrics += missing.length;
      }),
    ),
    (async () => Object.assign(counts, await copyFiles(from, runId, to, target, files)))(),
  ]);
  if (logged) await copyModelsOf(logged, run, target, from);
  const { status, endTime } = want;
  await to.write(target, { status, endTime: endTime ?? undefined });
  await to.write(target, { tags: { [COPIED]: mark } });
  return counts;
}

/** The logged models of a run whose files were copied. */
async function copyModelsOf(
  logged: NonNullable<CopyOptions["logged"]>,
  { info }: Run,
  runId: string,
  from: TrackingStore,
): Promise<void> {
  for (const model of await logged.from.ofRun(info.runId)) {
    // on a server a model has its files elsewhere; ours are those of the run's folder
    const folder = folderOf(model, info.artifactUri) ?? MODEL_FOLDER;
    if (model.status !== "READY" || (await from.listArtifacts(info.runId, folder)).length === 0) continue;
    const histories = await Promise.all(Object.keys(model.metrics).map((key) => from.metricHistory(info.runId, key)));
    const points = histories.flatMap((history) => latestPoint(history) ?? []);
    await sendModel({ model, folder, points, to: logged.to, runId, call: (action) => action() });
  }
}

/** The copy of a run whose id in the source is known. */
async function copyOf(from: TrackingStore, there: Copies, runId: string): Promise<string | undefined> {
  const direct = there.ids.get(runId);
  if (direct !== undefined) return direct;
  try {
    return there.ids.get(identityOf(await from.getRun(runId)));
  } catch (error) {
    if (concernsAll(error)) throw error;
    return undefined; // a parent that is no more
  }
}

function withoutMark(run: Run): Run {
  const { [COPIED]: _, ...tags } = run.tags;
  return { ...run, tags };
}

/** All files of a run, in all its folders. */
async function filesOf(store: TrackingStore, runId: string, path?: string): Promise<readonly ArtifactInfo[]> {
  const entries = await store.listArtifacts(runId, path);
  const lists = await Promise.all(entries.map((e) => (e.isDirectory ? filesOf(store, runId, e.path) : [e])));
  return lists.flat();
}

async function copyFiles(
  from: TrackingStore,
  runId: string,
  to: TrackingStore,
  target: string,
  files: readonly ArtifactInfo[],
): Promise<{ artifacts: number; bytes: number }> {
  const there = new Map((await filesOf(to, target)).map(({ path, size }) => [path, size]));
  const folder = await from.localArtifacts(runId);
  const counts = { artifacts: 0, bytes: 0 };
  for (const { path, size } of files) {
    if (there.get(path) === size) continue;
    if (folder !== undefined && to.uploadArtifact) {
      await to.uploadArtifact(target, path, join(folder, ...path.split("/")));
    } else await to.writeArtifact(target, path, await from.readArtifact(runId, path));
    counts.artifacts++;
    counts.bytes += size ?? 0;
  }
  return counts;
}
