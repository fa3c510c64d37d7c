import type {
  DatasetInput,
  Experiment,
  LifecycleStage,
  MetricPoint,
  Run,
  RunInfo,
  RunStatus,
  SearchRuns,
} from "../../core/store.ts";
import type { Connection, Row } from "./connection.ts";
import { real } from "./numbers.ts";

/** The columns of a run that `runInfo` expects, in its order. */
export const RUN_COLUMNS =
  "runs.run_uuid, runs.name, runs.experiment_id, runs.user_id, runs.status, runs.start_time, runs.end_time, " +
  "runs.lifecycle_stage, runs.artifact_uri";

export const EXPERIMENT_COLUMNS =
  "experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time";

/** @param locate where a location is now (after a move of the folder) */
export function runInfo(row: Row, locate: (uri: string) => string): RunInfo {
  const [runId, name, experimentId, userId, status, start, end, stage, uri] = row;
  return {
    runId: String(runId),
    runName: String(name ?? ""),
    experimentId: String(experimentId),
    userId: String(userId ?? ""),
    status: status as RunStatus,
    startTime: Number(start ?? 0),
    endTime: end === null ? null : Number(end),
    lifecycleStage: stage as LifecycleStage,
    artifactUri: locate(String(uri ?? "")),
  };
}

/** Experiments of rows of EXPERIMENT_COLUMNS, with their tags. */
export function experimentsOf(
  connection: Connection,
  rows: readonly Row[],
  locate: (uri: string) => string,
): Experiment[] {
  return rows.map(([id, name, location, stage, created, updated]) => ({
    experimentId: String(id),
    name: String(name),
    artifactLocation: locate(String(location ?? "")),
    lifecycleStage: stage as LifecycleStage,
    creationTime: Number(created ?? 0),
    lastUpdateTime: Number(updated ?? 0),
    tags: Object.fromEntries(
      connection.all(`SELECT "key", value FROM experiment_tags WHERE experiment_id = ?`, id!) as [string, string][],
    ),
  }));
}

/** The runs of `infos`, in that order, with the asked metrics, params and tags and with their datasets. */
export function runsOf(connection: Connection, infos: readonly RunInfo[], columns: SearchRuns["columns"]): Run[] {
  const ids = JSON.stringify(infos.map((info) => info.runId));
  // entries, not objects: a param may be called __proto__
  const metrics = infos.map((): [string, number][] => []);
  const params = infos.map((): [string, string][] => []);
  const tags = infos.map((): [string, string][] => []);
  const inputs = infos.map((): DatasetInput[] => []);
  const latest = cells(connection, ids, "latest_metrics", columns.metrics, "t.value, t.is_nan");
  for (const [at, key, value, isNan] of latest) {
    metrics[Number(at)]!.push([String(key), real(Number(value), isNan)]);
  }
  for (const [at, key, value] of cells(connection, ids, "params", columns.params)) {
    params[Number(at)]!.push([String(key), String(value)]);
  }
  for (const [at, key, value] of cells(connection, ids, "tags", columns.tags)) {
    tags[Number(at)]!.push([String(key), String(value ?? "")]);
  }
  for (const [at, ...input] of inputRows(connection, ids)) inputs[Number(at)]!.push(datasetInput(input));
  return infos.map((info, i) => ({
    info,
    metrics: Object.fromEntries(metrics[i]!),
    params: Object.fromEntries(params[i]!),
    tags: Object.fromEntries(tags[i]!),
    inputs: inputs[i]!,
  }));
}

/**
 * Rows (place of the run in `ids`, key, value …) of a table of (run, key, value). CROSS JOIN keeps the order of the loops:
 * SQLite would otherwise scan all ids for every row.
 */
function cells(
  connection: Connection,
  ids: string,
  table: string,
  keys: readonly string[] | "all",
  values = "t.value",
): Row[] {
  const select = `SELECT r.key, t."key", ${values} FROM json_each(?) r CROSS JOIN ${table} t ON t.run_uuid = r.value`;
  if (keys === "all") return connection.all(select, ids);
  return keys.flatMap((key) => connection.all(`${select} AND t."key" = ?`, ids, key));
}

function inputRows(connection: Connection, ids: string): Row[] {
  return connection.all(
    `SELECT r.key, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile,
       (SELECT json_group_object(t.name, t.value) FROM input_tags t WHERE t.input_uuid = i.input_uuid)
     FROM json_each(?) r CROSS JOIN inputs i ON i.destination_id = r.value
     JOIN datasets d ON d.dataset_uuid = i.source_id
     WHERE i.destination_type = 'RUN' AND i.source_type = 'DATASET' ORDER BY i.rowid`,
    ids,
  );
}

function datasetInput([name, digest, sourceType, source, schema, profile, tags]: Row): DatasetInput {
  return {
    name: String(name),
    digest: String(digest),
    sourceType: String(sourceType),
    source: String(source),
    ...(schema === null ? {} : { schema: String(schema) }),
    ...(profile === null ? {} : { profile: String(profile) }),
    tags: JSON.parse(String(tags)) as Record<string, string>,
  };
}

/** All points of a metric, in MLflow's order: by time, step, value. */
export function historyOf(connection: Connection, runId: string, key: string): MetricPoint[] {
  return connection
    .all(
      `SELECT value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ? AND "key" = ?
       ORDER BY timestamp, step, value`,
      runId,
      key,
    )
    .map(([value, timestamp, step, isNan]) => ({
      key,
      value: real(Number(value), isNan),
      timestamp: Number(timestamp),
      step: Number(step),
    }));
}
