import { randomUUID } from "node:crypto";
import type { DatasetInput, MetricPoint, RunBatch } from "../../core/store.ts";
import { changedParam, deletedRun, noSuchRun } from "../rules.ts";
import type { Connection } from "./connection.ts";
import { finite } from "./numbers.ts";

const RUN_NAME = "mlflow.runName";

/** 32 hex digits, as MLflow makes its ids. */
function newId(): string {
  return randomUUID().replaceAll("-", "");
}

interface NewRun {
  readonly experimentId: string;
  /** Artifact location of the experiment. */
  readonly location: string;
  readonly runName: string;
  readonly userId: string;
  readonly startTime: number;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Begins a run as MLflow does; to be called within a transaction.
 * @returns the run's id
 */
export function insertRun(connection: Connection, run: NewRun): string {
  const runId = newId();
  connection.run(
    `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
       source_version, lifecycle_stage, artifact_uri, experiment_id)
     VALUES (?, ?, 'UNKNOWN', '', '', ?, 'RUNNING', ?, '', 'active', ?, ?)`,
    runId,
    run.runName,
    run.userId,
    run.startTime,
    `${run.location}/${runId}/artifacts`,
    Number(run.experimentId),
  );
  writeTags(connection, runId, run.tags);
  return runId;
}

/**
 * Writes what a flush holds; to be called within a transaction.
 * @throws UserError when the run is absent or deleted, or a param would change
 */
export function writeBatch(connection: Connection, runId: string, batch: RunBatch): void {
  const experiment = activeRun(connection, runId);
  writeParams(connection, runId, batch.params ?? {});
  writeTags(connection, runId, batch.tags ?? {});
  writeMetrics(connection, runId, batch.metrics ?? []);
  for (const input of batch.inputs ?? []) writeInput(connection, runId, experiment, input);
  if (batch.status !== undefined) connection.run("UPDATE runs SET status = ? WHERE run_uuid = ?", batch.status, runId);
  if (batch.endTime !== undefined) {
    connection.run("UPDATE runs SET end_time = ? WHERE run_uuid = ?", batch.endTime, runId);
  }
}

/**
 * @returns the id of the run's experiment
 * @throws UserError when the run is absent or deleted
 */
export function activeRun(connection: Connection, runId: string): number {
  const row = connection.first("SELECT experiment_id, lifecycle_stage FROM runs WHERE run_uuid = ?", runId);
  if (row === undefined) throw noSuchRun(connection.file, runId);
  if (row[1] !== "active") throw deletedRun(connection.file, runId);
  return Number(row[0]);
}

/** Sets tags; mlflow.runName also renames the run, as in MLflow. */
function writeTags(connection: Connection, runId: string, tags: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(tags)) {
    connection.run(
      `INSERT INTO tags ("key", value, run_uuid) VALUES (?, ?, ?)
       ON CONFLICT ("key", run_uuid) DO UPDATE SET value = excluded.value`,
      key,
      value,
      runId,
    );
  }
  const name = tags[RUN_NAME];
  if (name !== undefined) connection.run("UPDATE runs SET name = ? WHERE run_uuid = ?", name, runId);
}

function writeParams(connection: Connection, runId: string, params: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(params)) {
    const known = connection.first(`SELECT value FROM params WHERE "key" = ? AND run_uuid = ?`, key, runId);
    if (known === undefined) {
      connection.run(`INSERT INTO params ("key", value, run_uuid) VALUES (?, ?, ?)`, key, value, runId);
    } else if (known[0] !== value) {
      throw changedParam(runId, key, String(known[0]), value, connection.file);
    }
  }
}

function writeMetrics(connection: Connection, runId: string, metrics: readonly MetricPoint[]): void {
  const latest = new Map<string, [step: number, timestamp: number, value: number, isNan: number]>();
  for (const { key, value, timestamp, step } of metrics) {
    const isNan = Number.isNaN(value) ? 1 : 0;
    const stored = finite(value);
    // the same point twice is one point, as in MLflow
    connection.run(
      `INSERT OR IGNORE INTO metrics ("key", value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)`,
      key,
      stored,
      timestamp,
      runId,
      step,
      isNan,
    );
    const before = latest.get(key);
    if (before === undefined || isLater(step, timestamp, stored, before)) {
      latest.set(key, [step, timestamp, stored, isNan]);
    }
  }
  for (const [key, [step, timestamp, value, isNan]] of latest) {
    connection.run(
      `INSERT INTO latest_metrics ("key", value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT ("key", run_uuid) DO UPDATE
       SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
       WHERE (excluded.step, excluded.timestamp, excluded.value)
           > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)`,
      key,
      value,
      timestamp,
      step,
      isNan,
      runId,
    );
  }
}

/** MLflow's order of points: by step, then time, then value. */
function isLater(step: number, timestamp: number, value: number, before: readonly number[]): boolean {
  if (step !== before[0]) return step > before[0]!;
  if (timestamp !== before[1]) return timestamp > before[1]!;
  return value > before[2]!;
}

/** One row for each dataset of an experiment (by name and digest), and one edge from it to the run. */
function writeInput(connection: Connection, runId: string, experiment: number, input: DatasetInput): void {
  const known = connection.first(
    "SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?",
    experiment,
    input.name,
    input.digest,
  );
  const dataset = known === undefined ? newId() : String(known[0]);
  if (known === undefined) {
    connection.run(
      `INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source,
         dataset_schema, dataset_profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      dataset,
      experiment,
      input.name,
      input.digest,
      input.sourceType,
      input.source,
      input.schema ?? null,
      input.profile ?? null,
    );
  }
  const edge = [dataset, runId];
  const linked = connection.first(
    `SELECT 1 FROM inputs
     WHERE source_type = 'DATASET' AND source_id = ? AND destination_type = 'RUN' AND destination_id = ?`,
    ...edge,
  );
  if (linked !== undefined) return;
  const id = newId();
  connection.run(
    `INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id)
     VALUES (?, 'DATASET', ?, 'RUN', ?)`,
    id,
    ...edge,
  );
  for (const [name, value] of Object.entries(input.tags)) {
    connection.run("INSERT INTO input_tags (input_uuid, name, value) VALUES (?, ?, ?)", id, name, value);
  }
}
