import { resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { ExitCode, UserError } from "../../core/errors.ts";
import type {
  CreateVersion,
  ModelRegistry,
  ModelVersion,
  RegisteredModel,
  RegistryChange,
} from "../../core/registry.ts";
import { checkDescription, checkModelName, checkRegistryTags, checkSource } from "../registry-limits.ts";
import { checkChange, checkExpected, checkNamed, noSuchModel, noSuchVersion } from "../registry-rules.ts";
import type { Connection } from "./connection.ts";
import { applyMoves, findMoves, moved } from "./locations.ts";
import { createLoggedModels, LOGGED_COLUMNS } from "./logged-models.ts";
import { openDatabase } from "./open.ts";
import { DELETED, type InWorkspace, REGISTRY_COLUMNS, readModels, readVersions } from "./registry-rows.ts";
import { resolveSource } from "./registry-sources.ts";
import type { EmbeddedOptions } from "./store.ts";

/**
 * The model registry and the logged models of a project, in the same `folder`/mlflow.db as its runs; MLflow reads and writes
 * them as its own.
 * @throws UserError (exit code 7) when the store cannot be opened
 */
export function openEmbeddedRegistry(options: EmbeddedOptions): ModelRegistry {
  const folder = resolve(options.folder);
  const { clock = systemClock, notify = () => {}, readOnly = false, busyTimeout = 20_000 } = options;
  const more = { ...REGISTRY_COLUMNS, ...LOGGED_COLUMNS };
  const { connection, writable, hasWorkspaces } = openDatabase({ folder, clock, notify, readOnly, busyTimeout, more });
  const moves = findMoves(connection, folder);
  const locate = (uri: string) => moved(uri, moves);
  const ours: InWorkspace = (table) => (hasWorkspaces ? `${table}.workspace = 'default'` : "1");
  if (writable && moves.length > 0) {
    try {
      applyMoves(connection, moves, notify);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  function writing<T>(action: () => T): T {
    if (!writable) {
      throw new UserError("the model registry is open for reading only", {
        exitCode: ExitCode.unreachable,
        where: connection.file,
        fix: "Upgrade disease, or write to another store.",
      });
    }
    return connection.transaction(action);
  }

  const modelNamed = (name: string): RegisteredModel | undefined => readModels(connection, ours, name)[0];
  const versionsOf = (name: string, version?: number): ModelVersion[] =>
    readVersions(connection, ours, name, locate, version);

  /** @throws UserError when it is not there */
  function needVersion(name: string, version: string): ModelVersion {
    const found = numberOf(version) === undefined ? undefined : versionsOf(name, numberOf(version))[0];
    if (found) return found;
    throw noSuchVersion(name, version, connection.file);
  }

  return {
    uri: `sqlite:///${connection.file}`,
    logged: createLoggedModels({ connection, clock, writing, locate }),

    async ensureModel(name, description = "") {
      checkModelName(name);
      checkDescription(description, `model ${name}`);
      const known = modelNamed(name);
      if (known) return known;
      return writing(() => {
        const found = modelNamed(name); // perhaps made meanwhile by another process
        if (found) return found;
        const now = clock.now();
        connection.run(
          "INSERT INTO registered_models (name, creation_time, last_updated_time, description) VALUES (?, ?, ?, ?)",
          name,
          now,
          now,
          description || null,
        );
        return modelNamed(name)!;
      });
    },

    async getModel(name) {
      return modelNamed(name);
    },

    async listModels() {
      return readModels(connection, ours);
    },

    async createVersion(version) {
      checkModelName(version.name);
      checkDescription(version.description ?? "", `model ${version.name}`);
      checkSource(version.source, `model ${version.name}`);
      checkRegistryTags(version.tags ?? {}, `model ${version.name}`);
      return writing(() => {
        if (!modelNamed(version.name)) throw noSuchModel(version.name, connection.file);
        const number = insertVersion(connection, ours, version, clock.now(), locate);
        return versionsOf(version.name, number)[0]!;
      });
    },

    async getVersion(name, version) {
      const number = numberOf(version);
      return number === undefined ? undefined : versionsOf(name, number)[0];
    },

    async listVersions(name) {
      return versionsOf(name);
    },

    async change(name, change) {
      checkChange(name, change);
      writing(() => {
        const model = modelNamed(name);
        if (!model) throw noSuchModel(name, connection.file);
        const versions = new Map(versionsOf(name).map((v) => [v.version, v]));
        checkExpected(model, versions, change.expect ?? {});
        checkNamed(name, versions, change, connection.file);
        applyChange(connection, ours, name, change, clock.now());
      });
    },

    async deleteVersion(name, version) {
      writing(() => {
        const number = Number(needVersion(name, version).version);
        const now = clock.now();
        connection.run(
          `DELETE FROM registered_model_aliases AS a WHERE a.name = ? AND a.version = ? AND ${ours("a")}`,
          name,
          number,
        );
        connection.run(
          `UPDATE model_versions AS v SET current_stage = '${DELETED}', last_updated_time = ?, description = NULL, user_id = NULL,
             source = 'REDACTED-SOURCE-PATH', storage_location = NULL, run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK',
             status_message = NULL WHERE v.name = ? AND v.version = ? AND ${ours("v")}`,
          now,
          name,
          number,
        );
        touchModel(connection, ours, name, now);
      });
    },

    async deleteVersionTag(name, version, key) {
      writing(() => {
        const number = Number(needVersion(name, version).version);
        connection.run(
          `DELETE FROM model_version_tags AS t WHERE t.name = ? AND t.version = ? AND t."key" = ? AND ${ours("t")}`,
          name,
          number,
          key,
        );
      });
    },

    close() {
      connection.close();
    },
  };
}

function numberOf(version: string): number | undefined {
  return /^\d{1,15}$/.test(version) ? Number(version) : undefined;
}

/** @returns the new version's number, which no version of the model has had before */
function insertVersion(
  connection: Connection,
  ours: InWorkspace,
  { name, source, runId, description, tags = {} }: CreateVersion,
  now: number,
  locate: (uri: string) => string,
): number {
  const resolved = resolveSource(connection, ours, source, locate);
  const highest = connection.first(
    `SELECT max(v.version) FROM model_versions v WHERE v.name = ? AND ${ours("v")}`,
    name,
  );
  const number = Number(highest?.[0] ?? 0) + 1;
  connection.run(
    `INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage, source,
       storage_location, run_id, status) VALUES (?, ?, ?, ?, ?, 'None', ?, ?, ?, 'READY')`,
    name,
    number,
    now,
    now,
    description || null,
    source,
    resolved.storage,
    runId ?? resolved.runId,
  );
  for (const [key, value] of Object.entries(tags)) {
    connection.run(
      `INSERT INTO model_version_tags ("key", value, name, version) VALUES (?, ?, ?, ?)`,
      key,
      value,
      name,
      number,
    );
  }
  touchModel(connection, ours, name, now);
  return number;
}

function touchModel(connection: Connection, ours: InWorkspace, name: string, now: number): void {
  connection.run(
    `UPDATE registered_models AS m SET last_updated_time = ? WHERE m.name = ? AND ${ours("m")}`,
    now,
    name,
  );
}

/** To be called within a transaction, after all checks. */
function applyChange(
  connection: Connection,
  ours: InWorkspace,
  name: string,
  change: RegistryChange,
  now: number,
): void {
  for (const [version, stage] of Object.entries(change.stages ?? {})) {
    connection.run(
      `UPDATE model_versions AS v SET current_stage = ?, last_updated_time = ?
       WHERE v.name = ? AND v.version = ? AND ${ours("v")}`,
      stage,
      now,
      name,
      Number(version),
    );
  }
  for (const [alias, version] of Object.entries(change.aliases ?? {})) {
    connection.run(
      `DELETE FROM registered_model_aliases AS a WHERE a.name = ? AND a.alias = ? AND ${ours("a")}`,
      name,
      alias,
    );
    if (version === null) continue;
    connection.run(
      "INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, ?, ?)",
      name,
      alias,
      Number(version),
    );
  }
  // Not ON CONFLICT: the primary key of a newer MLflow has a workspace in it.
  for (const [version, tags] of Object.entries(change.versionTags ?? {})) {
    for (const [key, value] of Object.entries(tags)) {
      const number = Number(version);
      const where = `t.name = ? AND t.version = ? AND t."key" = ? AND ${ours("t")}`;
      connection.run(`DELETE FROM model_version_tags AS t WHERE ${where}`, name, number, key);
      connection.run(
        `INSERT INTO model_version_tags ("key", value, name, version) VALUES (?, ?, ?, ?)`,
        key,
        value,
        name,
        number,
      );
    }
  }
  for (const [key, value] of Object.entries(change.modelTags ?? {})) {
    connection.run(
      `DELETE FROM registered_model_tags AS t WHERE t.name = ? AND t."key" = ? AND ${ours("t")}`,
      name,
      key,
    );
    connection.run(`INSERT INTO registered_model_tags ("key", value, name) VALUES (?, ?, ?)`, key, value, name);
  }
  if (change.stages !== undefined) touchModel(connection, ours, name, now);
}
