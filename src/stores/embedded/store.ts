import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Notice } from "../../core/dataset.ts";
import { ExitCode, UserError } from "../../core/errors.ts";
import type { Experiment, RunInfo, TrackingStore } from "../../core/store.ts";
import { checkBatch, checkExperimentName, checkTags } from "../limits.ts";
import { noSuchRun, usable, userName } from "../rules.ts";
import { listFolder, readFile, writeFile } from "./artifacts.ts";
import { storeFault } from "./faults.ts";
import { applyMoves, findMoves, locationOf, moved, pathOf } from "./locations.ts";
import { openDatabase } from "./open.ts";
import { EXPERIMENT_COLUMNS, experimentsOf, historyOf, RUN_COLUMNS, runInfo, runsOf } from "./read.ts";
import { searchPage } from "./search.ts";
import { activeRun, insertRun, writeBatch } from "./write.ts";

export interface EmbeddedOptions {
  /** The mlruns folder; made when it is absent. */
  readonly folder: string;
  readonly clock?: Clock;
  /** Told when the store is opened for reading only, or its folder was moved. */
  readonly notify?: (notice: Notice) => void;
  /** Refuses every write and makes nothing. */
  readonly readOnly?: boolean;
  /** Milliseconds to wait for another writer; default 20,000, as MLflow waits. */
  readonly busyTimeout?: number;
}

const EVERYTHING = { metrics: "all", params: "all", tags: "all" } as const;

/**
 * The tracking store of a project: `folder`/mlflow.db in MLflow's own schema, artifacts beside it. `mlflow ui
 * --backend-store-uri sqlite:///mlruns/mlflow.db` opens it, also while it is being written.
 * @throws UserError (exit code 7) when the store cannot be opened
 */
export function openEmbeddedStore(options: EmbeddedOptions): TrackingStore {
  const folder = resolve(options.folder);
  const { clock = systemClock, notify = () => {}, readOnly = false, busyTimeout = 20_000 } = options;
  const { connection, writable, hasWorkspaces } = openDatabase({ folder, clock, notify, readOnly, busyTimeout });
  const moves = findMoves(connection, folder);
  if (writable && moves.length > 0) {
    try {
      applyMoves(connection, moves, notify);
    } catch (error) {
      connection.close();
      throw error;
    }
  }
  const locate = (uri: string) => moved(uri, moves); // a store that may not be rewritten is read as if it were
  const inWorkspace = hasWorkspaces ? "AND workspace = 'default'" : "";

  function requireWritable(): void {
    if (writable) return;
    throw new UserError("The tracking store is open for reading only", {
      exitCode: ExitCode.unreachable,
      where: connection.file,
      fix: "Upgrade disease, or write to another store.",
    });
  }

  function writing<T>(action: () => T): T {
    requireWritable();
    return connection.transaction(action);
  }

  function experimentBy(condition: string, ...values: string[]): Experiment | undefined {
    const row = connection.first(`SELECT ${EXPERIMENT_COLUMNS} FROM experiments WHERE ${condition}`, ...values);
    return row && experimentsOf(connection, [row], locate)[0];
  }

  const experimentNamed = (name: string) => experimentBy(`name = ? ${inWorkspace}`, name);

  function infoOf(runId: string): RunInfo {
    const row = connection.first(`SELECT ${RUN_COLUMNS} FROM runs WHERE run_uuid = ?`, runId);
    if (row === undefined) throw noSuchRun(connection.file, runId);
    return runInfo(row, locate);
  }

  /** @throws UserError when the run's artifacts are not on this machine */
  function artifactsOf(runId: string): string {
    const uri = infoOf(runId).artifactUri;
    const path = pathOf(uri);
    if (path === undefined) {
      throw new UserError(`The artifacts of run ${runId} are not on this machine`, {
        where: uri,
        fix: "Read them with MLflow: mlflow artifacts download --run-id RUN.",
      });
    }
    return path;
  }

  return {
    uri: `sqlite:///${connection.file}`,

    async ensureExperiment(name) {
      checkExperimentName(name);
      const known = experimentNamed(name);
      if (known?.lifecycleStage === "active") return known;
      return writing(() => {
        const found = experimentNamed(name); // perhaps made meanwhile by another process
        if (found !== undefined) return usable(found, connection.file);
        const now = clock.now();
        const id = connection.run(
          "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time) VALUES (?, 'active', ?, ?)",
          name,
          now,
          now,
        );
        connection.run(
          "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?",
          locationOf(join(folder, "artifacts", String(id))),
          id,
        );
        return experimentNamed(name)!;
      });
    },

    async getExperimentByName(name) {
      return experimentNamed(name);
    },

    async listExperiments(view = "active") {
      const rows = connection.all(
        `SELECT ${EXPERIMENT_COLUMNS} FROM experiments WHERE ? IN ('all', lifecycle_stage)
         ORDER BY creation_time DESC, experiment_id`,
        view,
      );
      return experimentsOf(connection, rows, locate);
    },

    async createRun({ experimentId, runName, startTime, tags = {}, userId = userName() }) {
      const all = { "mlflow.user": userId, ...tags, "mlflow.runName": runName };
      checkTags(all, `run ${runName}`);
      return writing(() => {
        const experiment = experimentBy("experiment_id = ?", experimentId);
        if (experiment === undefined) {
          throw new UserError(`There is no experiment with id ${experimentId}`, { where: connection.file });
        }
        const location = usable(experiment, connection.file).artifactLocation;
        const runId = insertRun(connection, { experimentId, location, runName, userId, startTime, tags: all });
        return infoOf(runId);
      });
    },

    async write(runId, batch) {
      checkBatch(batch, `run ${runId}`);
      writing(() => writeBatch(connection, runId, batch));
    },

    async deleteTag(runId, key) {
      writing(() => {
        activeRun(connection, runId);
        connection.run(`DELETE FROM tags WHERE run_uuid = ? AND "key" = ?`, runId, key);
      });
    },

    async deleteRun(runId) {
      writing(() => {
        infoOf(runId);
        connection.run(
          "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = ? WHERE run_uuid = ?",
          clock.now(),
          runId,
        );
      });
    },

    async restoreRun(runId) {
      writing(() => {
        infoOf(runId);
        connection.run("UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL WHERE run_uuid = ?", runId);
      });
    },

    async getRun(runId) {
      return runsOf(connection, [infoOf(runId)], EVERYTHING)[0]!;
    },

    async searchRuns(search) {
      const { rows, nextPageToken } = searchPage(connection, search);
      const items = runsOf(
        connection,
        rows.map((row) => runInfo(row, locate)),
        search.columns,
      );
      return nextPageToken === undefined ? { items } : { items, nextPageToken };
    },

    async metricHistory(runId, key) {
      return historyOf(connection, runId, key);
    },

    async localArtifacts(runId) {
      const path = pathOf(infoOf(runId).artifactUri);
      if (path === undefined || !writable) return path;
      try {
        mkdirSync(path, { recursive: true });
      } catch (error) {
        throw storeFault(error, path);
      }
      return path;
    },

    async listArtifacts(runId, path) {
      return listFolder(artifactsOf(runId), path);
    },

    async readArtifact(runId, path, most) {
      return readFile(artifactsOf(runId), path, most);
    },

    async writeArtifact(runId, path, bytes) {
      requireWritable();
      activeRun(connection, runId);
      writeFile(artifactsOf(runId), path, bytes);
    },

    close() {
      connection.close();
    },
  };
}
