import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import type { LoggedModel, LoggedModels } from "../../core/registry.ts";
import { checkTags } from "../limits.ts";
import { checkLoggedModelName } from "../registry-limits.ts";
import type { Connection } from "./connection.ts";
import { pathOf } from "./locations.ts";
import { finite, real } from "./numbers.ts";
import type { Columns } from "./open.ts";
import { hasFiles } from "./registry-sources.ts";
import { activeRun } from "./write.ts";

export const LOGGED_COLUMNS: Columns = {
  logged_models: [
    ...["model_id", "experiment_id", "name", "artifact_location", "creation_timestamp_ms", "last_updated_timestamp_ms"],
    ...["status", "lifecycle_stage", "model_type", "source_run_id", "status_message"],
  ],
  logged_model_metrics: [
    ...["model_id", "metric_name", "metric_timestamp_ms", "metric_step", "metric_value", "experiment_id", "run_id"],
    ...["dataset_uuid", "dataset_name", "dataset_digest"],
  ],
  logged_model_params: ["model_id", "experiment_id", "param_key", "param_value"],
  logged_model_tags: ["model_id", "experiment_id", "tag_key", "tag_value"],
  inputs: ["input_uuid", "source_type", "source_id", "destination_type", "destination_id", "step"],
};

/** MLflow's numbers of a logged model's status. */
const STATUS = { PENDING: 1, READY: 2, FAILED: 3 } as const;

const COLUMNS =
  "model_id, experiment_id, name, source_run_id, artifact_location, status, model_type, creation_timestamp_ms";

interface Parts {
  readonly connection: Connection;
  readonly clock: Clock;
  /** Runs an action in a transaction, or refuses. */
  writing<T>(action: () => T): T;
  /** Where a location is now (after a move of the folder). */
  locate(uri: string): string;
}

/**
 * Logged models whose files stay in the folder of their run. MLflow reads them there: it looks at artifact_location alone.
 */
export function createLoggedModels({ connection, clock, writing, locate }: Parts): LoggedModels {
  const find = (condition: "model_id" | "source_run_id", value: string): LoggedModel[] =>
    readLoggedModels(connection, locate, condition, value);

  function need(modelId: string): LoggedModel {
    const found = find("model_id", modelId)[0];
    if (found) return found;
    throw new UserError(`there is no logged model ${modelId}`, { where: connection.file });
  }

  function setTags(modelId: string, tags: Readonly<Record<string, string>>): void {
    const { experimentId } = need(modelId);
    for (const [key, value] of Object.entries(tags)) {
      connection.run(
        `INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?, ?, ?, ?)
         ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value`,
        modelId,
        Number(experimentId),
        key,
        value,
      );
    }
  }

  return {
    async create({ runId, name, folder, modelType, params = {}, tags = {} }) {
      checkLoggedModelName(name);
      checkTags({ ...params, ...tags }, `logged model ${name}`);
      return writing(() => {
        const experiment = activeRun(connection, runId);
        const root = String(connection.first("SELECT artifact_uri FROM runs WHERE run_uuid = ?", runId)![0]);
        const modelId = `m-${newId()}`;
        const now = clock.now();
        connection.run(
          `INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
             last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id)
           VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?)`,
          modelId,
          experiment,
          name,
          `${root}/${folder}`,
          now,
          now,
          STATUS.PENDING,
          modelType ?? "",
          runId,
        );
        for (const [key, value] of Object.entries(params)) {
          connection.run(
            "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?, ?, ?, ?)",
            modelId,
            experiment,
            key,
            value,
          );
        }
        setTags(modelId, tags);
        return need(modelId);
      });
    },

    async finalize(modelId, status) {
      return writing(() => {
        const { artifactLocation, runId } = need(modelId);
        const folder = pathOf(artifactLocation);
        if (status === "READY" && (folder === undefined || !hasFiles(folder))) {
          throw new UserError(`logged model ${modelId} has no files`, { where: artifactLocation });
        }
        connection.run(
          "UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ? WHERE model_id = ?",
          STATUS[status],
          clock.now(),
          modelId,
        );
        if (status === "READY" && runId !== null) linkOutput(connection, runId, modelId);
        return need(modelId);
      });
    },

    async logMetrics(modelId, points) {
      writing(() => {
        const { experimentId, runId } = need(modelId);
        for (const { key, value, timestamp, step } of points) {
          // MLflow keeps NaN as 0 here, without saying that it is one: such a point is left out
          if (Number.isNaN(value)) continue;
          connection.run(
            `INSERT OR IGNORE INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value,
               experiment_id, run_id) VALUES (?, ?, ?, ?, ?, ?, ?)`,
            modelId,
            key,
            timestamp,
            step,
            finite(value),
            Number(experimentId),
            runId,
          );
        }
      });
    },

    async setTags(modelId, tags) {
      checkTags(tags, `logged model ${modelId}`);
      writing(() => setTags(modelId, tags));
    },

    async get(modelId) {
      return find("model_id", modelId)[0];
    },

    async ofRun(runId) {
      return find("source_run_id", runId);
    },
  };
}

/** The run's own list of what it made; it is there once. */
function linkOutput(connection: Connection, runId: string, modelId: string): void {
  connection.run(
    `INSERT OR IGNORE INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step)
     VALUES (?, 'RUN_OUTPUT', ?, 'MODEL_OUTPUT', ?, 0)`,
    newId(),
    runId,
    modelId,
  );
}

function newId(): string {
  return randomUUID().replaceAll("-", "");
}

/** The logged models that are not deleted, by their own id or by their run's, oldest first. */
export function readLoggedModels(
  connection: Connection,
  locate: (uri: string) => string,
  key: "model_id" | "source_run_id",
  value: string,
): LoggedModel[] {
  const pairs = (table: string, prefix: "param" | "tag", modelId: string): Record<string, string> => {
    const rows = connection.all(`SELECT ${prefix}_key, ${prefix}_value FROM ${table} WHERE model_id = ?`, modelId);
    return Object.fromEntries(rows as unknown as [string, string][]);
  };
  const latest = (modelId: string): Record<string, number> => {
    const rows = connection.all(
      `SELECT metric_name, metric_value FROM logged_model_metrics WHERE model_id = ?
       ORDER BY metric_step, metric_timestamp_ms, metric_value`,
      modelId,
    );
    return Object.fromEntries(rows.map(([name, value]) => [String(name), real(Number(value), 0)]));
  };
  return connection
    .all(
      `SELECT ${COLUMNS} FROM logged_models WHERE ${key} = ? AND lifecycle_stage = 'active'
       ORDER BY creation_timestamp_ms, model_id`,
      value,
    )
    .map(([modelId, experimentId, name, runId, location, status, modelType, created]) => ({
      modelId: String(modelId),
      experimentId: String(experimentId),
      name: String(name),
      runId: runId === null ? null : String(runId),
      artifactLocation: locate(String(location)),
      status: status === STATUS.READY ? "READY" : status === STATUS.FAILED ? "FAILED" : "PENDING",
      modelType: String(modelType ?? ""),
      creationTime: Number(created),
      params: pairs("logged_model_params", "param", String(modelId)),
      tags: pairs("logged_model_tags", "tag", String(modelId)),
      metrics: latest(String(modelId)),
    }));
}
