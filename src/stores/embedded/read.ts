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
  const read = (table: string, keys: readonly string[] | "all", more = "") => {
    if (keys !== "all" && keys.length === 0) return [];
    const [where, values] =
      keys === "all" ? ["", []] : [`AND "key" IN (SELECT value FROM json_each(?))`, [JSON.stringify(keys)]];
    return connection.all(
      `SELECT run_uuid, "key", value ${more} FROM ${table} WHERE run_uuid IN (SELECT value FROM json_each(?)) ${where}`,
      ids,
      ...values,
    );
  };
  const metrics = grouped(read("latest_metrics", columns.metrics, ", is_nan"), ([, , value, isNan]) =>
    real(Number(value), isNan),
  );
  const params = grouped(read("params", columns.params), ([, , value]) => String(value));
  const tags = grouped(read("tags", columns.tags), ([, , value]) => String(value ?? ""));
  const inputs = inputsOf(connection, ids);
  return infos.map((info) => ({
    info,
    metrics: metrics.get(info.runId) ?? {},
    params: params.get(info.runId) ?? {},
    tags: tags.get(info.runId) ?? {},
    inputs: inputs.get(info.runId) ?? [],
  }));
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

/** Values by key, by run, of rows [run, key, …]. */
function grouped<T>(rows: readonly Row[], value: (row: Row) => T): Map<string, Record<string, T>> {
  const runs = new Map<string, Record<string, T>>();
  for (const row of rows) {
    const run = String(row[0]);
    let entries = runs.get(run);
    if (entries === undefined) {
      entries = {};
      runs.set(run, entries);
    }
    entries[String(row[1])] = value(row);
  }
  return runs;
}

function inputsOf(connection: Connection, ids: string): Map<string, DatasetInput[]> {
  const rows = connection.all(
    `SELECT i.destination_id, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema,
       d.dataset_profile, (SELECT json_group_object(t.name, t.value) FROM input_tags t WHERE t.input_uuid = i.input_uuid)
     FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
     WHERE i.destination_type = 'RUN' AND i.source_type = 'DATASET'
       AND i.destination_id IN (SELECT value FROM json_each(?))
     ORDER BY i.rowid`,
    ids,
  );
  const runs = new Map<string, DatasetInput[]>();
  for (const [run, name, digest, sourceType, source, schema, profile, tags] of rows) {
    const input: DatasetInput = {
      name: String(name),
      digest: String(digest),
      sourceType: String(sourceType),
      source: String(source),
      ...(schema === null ? {} : { schema: String(schema) }),
      ...(profile === null ? {} : { profile: String(profile) }),
      tags: JSON.parse(String(tags)) as Record<string, string>,
    };
    runs.set(String(run), [...(runs.get(String(run)) ?? []), input]);
  }
  return runs;
}
