import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Clock } from "../../core/clock.ts";
import type { Notice } from "../../core/dataset.ts";
import { ExitCode, UserError } from "../../core/errors.ts";
import { type Connection, connect } from "./connection.ts";
import { Sqlite, sqliteCode, storeFault } from "./faults.ts";
import { locationOf } from "./locations.ts";
import { REVISION, SCHEMA } from "./schema.ts";

/** Tables and their columns that we read and write. */
export type Columns = Readonly<Record<string, readonly string[]>>;

/** MLflow may add columns, and a database without one of these is not for us. */
const COLUMNS: Columns = {
  experiments: ["experiment_id", "name", "artifact_location", "lifecycle_stage", "creation_time", "last_update_time"],
  experiment_tags: ["key", "value", "experiment_id"],
  runs: [
    ...["run_uuid", "name", "source_type", "source_name", "entry_point_name", "user_id", "status", "start_time"],
    ...["end_time", "source_version", "lifecycle_stage", "artifact_uri", "experiment_id", "deleted_time"],
  ],
  metrics: ["key", "value", "timestamp", "run_uuid", "step", "is_nan"],
  latest_metrics: ["key", "value", "timestamp", "step", "is_nan", "run_uuid"],
  params: ["key", "value", "run_uuid"],
  tags: ["key", "value", "run_uuid"],
  datasets: [
    ...["dataset_uuid", "experiment_id", "name", "digest", "dataset_source_type", "dataset_source"],
    ...["dataset_schema", "dataset_profile"],
  ],
  inputs: ["input_uuid", "source_type", "source_id", "destination_type", "destination_id"],
  input_tags: ["input_uuid", "name", "value"],
};

export interface Database {
  readonly connection: Connection;
  readonly writable: boolean;
  /** A newer MLflow keeps the experiments of several workspaces apart; ours are in "default". */
  readonly hasWorkspaces: boolean;
}

export interface OpenOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly notify: (notice: Notice) => void;
  readonly readOnly: boolean;
  readonly busyTimeout: number;
  /** What is needed besides experiments and runs. */
  readonly more?: Columns;
}

/**
 * Opens `folder`/mlflow.db, or makes it in the schema of MLflow 3.5.1. It is never migrated: MLflow does that itself.
 * @throws UserError when it cannot be opened, is not MLflow's, or is absent and `readOnly`
 */
export function openDatabase(options: OpenOptions): Database {
  const file = join(options.folder, "mlflow.db");
  const connection = options.readOnly
    ? connectToRead(file, options.busyTimeout)
    : connectToWrite(options.folder, file, options.busyTimeout);
  try {
    connection.script("PRAGMA case_sensitive_like = ON; PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;");
    if (!options.readOnly) create(connection, options);
    const columns = { ...COLUMNS, ...options.more };
    const lacking = lackingColumns(connection, columns);
    if (lacking.length > 0) throw notMlflow(file, lacking);
    if (!options.readOnly) switchToWal(connection); // not before: a file that is not ours stays as it is
    const unknown = options.readOnly ? [] : unknownColumns(connection, columns);
    if (unknown.length > 0) {
      options.notify({
        code: "store-read-only",
        message: `${file} was made by an MLflow that this version does not know (it needs ${unknown.join(", ")}): it is opened for reading only.`,
      });
    }
    const hasWorkspaces = columnsOf(connection, "experiments").some((c) => c.name === "workspace");
    return { connection, writable: !options.readOnly && unknown.length === 0, hasWorkspaces };
  } catch (error) {
    connection.close();
    throw error;
  }
}

function connectToWrite(folder: string, file: string, busyTimeout: number): Connection {
  try {
    mkdirSync(join(folder, "artifacts"), { recursive: true });
  } catch (error) {
    throw storeFault(error, folder);
  }
  return connect(file, file, busyTimeout, false);
}

/** Lets readers and a writer work at once. */
function switchToWal(connection: Connection): void {
  try {
    connection.script("PRAGMA journal_mode = WAL");
  } catch (error) {
    // Another process is opening it too, and changes the mode for both of us.
    if (sqliteCode(causeOf(error)) !== Sqlite.busy) throw error;
  }
}

function connectToRead(file: string, busyTimeout: number): Connection {
  try {
    statSync(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new UserError("There is no tracking store yet", { where: file, fix: "Make one: disease exp run FILE." });
    }
    throw storeFault(error, file);
  }
  const connection = connect(file, file, busyTimeout, true);
  try {
    connection.first("SELECT 1 FROM sqlite_master");
    return connection;
  } catch (error) {
    connection.close();
    const code = sqliteCode(causeOf(error));
    // In a folder that may not be written SQLite cannot make the -shm file that WAL needs; without a -wal file no other
    // process writes, and the file can be read as it is.
    if ((code !== Sqlite.cantOpen && code !== Sqlite.readOnly) || existsSync(`${file}-wal`)) throw error;
    const url = pathToFileURL(file);
    url.search = "immutable=1";
    return connect(url, file, busyTimeout, true);
  }
}

/** Makes the tables and MLflow's first rows unless they are there; two processes may try at once. */
function create(connection: Connection, { folder, clock }: OpenOptions): void {
  const tables = () => connection.all("SELECT name FROM sqlite_master WHERE type = 'table'").length;
  if (tables() > 0) return;
  connection.transaction(() => {
    if (tables() > 0) return;
    connection.script(SCHEMA);
    connection.run("INSERT INTO alembic_version (version_num) VALUES (?)", REVISION);
    const now = clock.now();
    connection.run(
      `INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
       VALUES (0, 'Default', ?, 'active', ?, ?)`,
      locationOf(join(folder, "artifacts", "0")),
      now,
      now,
    );
  });
}

interface Column {
  readonly name: string;
  /** An INSERT must give it a value. */
  readonly required: boolean;
}

function columnsOf(connection: Connection, table: string): Column[] {
  return connection
    .all('SELECT name, "notnull" AND dflt_value IS NULL FROM pragma_table_info(?)', table)
    .map(([name, required]) => ({ name: String(name), required: required === 1 }));
}

function lackingColumns(connection: Connection, columns: Columns): string[] {
  return Object.entries(columns).flatMap(([table, needed]) => {
    const present = new Set(columnsOf(connection, table).map((c) => c.name));
    return present.size === 0 ? [table] : needed.filter((n) => !present.has(n)).map((n) => `${table}.${n}`);
  });
}

function unknownColumns(connection: Connection, columns: Columns): string[] {
  return Object.entries(columns).flatMap(([table, known]) =>
    columnsOf(connection, table)
      .filter((c) => c.required && !known.includes(c.name))
      .map((c) => `${table}.${c.name}`),
  );
}

function notMlflow(file: string, lacking: readonly string[]): UserError {
  return new UserError(
    `The tracking store lacks ${lacking.slice(0, 5).join(", ")}: it is not one of an MLflow we know`,
    {
      exitCode: ExitCode.unreachable,
      where: file,
      fix: [
        "If an old MLflow made it: mlflow db upgrade sqlite:///mlruns/mlflow.db.",
        "Otherwise move it away; a new one is made when it is absent.",
      ],
    },
  );
}

function causeOf(error: unknown): unknown {
  return error instanceof UserError ? error.cause : error;
}
