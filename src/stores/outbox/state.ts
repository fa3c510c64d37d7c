import { mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { type Connection, connect } from "../embedded/connection.ts";
import { Sqlite, sqliteCode } from "../embedded/faults.ts";

/** What is known of a run on the far side. Changed in place by the outbox, which alone holds it. */
export interface Link {
  /** The run's id there; undefined until it is made. */
  remoteId: string | undefined;
  /** Of the body that was sent last; "" before. */
  digest: string;
  /** Keys of the tags that we wrote there. */
  tagKeys: readonly string[];
  /** Points sent, and the row of the last of them. */
  points: number;
  lastRow: number;
  /** Whether it is deleted there: by us, for it is deleted here; or by others, who will have meant it. */
  deleted: "no" | "ours" | "theirs";
  /** Everything was sent, of a run that has ended. */
  settled: boolean;
  /** Why it cannot be sent. */
  problem: string | null;
  /** Files sent: path → what they were like. */
  readonly files: Map<string, string>;
}

export function newLink(): Link {
  return {
    ...{ remoteId: undefined, digest: "", tagKeys: [], points: 0, lastRow: 0 },
    ...{ deleted: "no", settled: false, problem: null, files: new Map() },
  };
}

export interface Root {
  readonly runId: string;
  /** Milliseconds since the epoch: when it was given to the outbox. */
  readonly since: number;
  /** Every run of its tree is settled. */
  readonly done: boolean;
}

export type Note = "uri" | "error" | "errorTime" | "sentTime";

/**
 * What the outbox remembers from one process to the next: which runs (with all below them) are to be mirrored, and how far
 * each is. Only the list of runs is the truth; the rest is a memory of the far side that can be found out again.
 */
export interface State {
  roots(): Root[];
  addRoot(runId: string, since: number): void;
  setDone(runId: string, done: boolean): void;
  links(): Map<string, Link>;
  save(runId: string, link: Link): void;
  saveFile(runId: string, path: string, stamp: string): void;
  /** Forgets the files that were sent. */
  dropFiles(runId: string): void;
  note(key: Note): string | undefined;
  setNote(key: Note, value: string): void;
  close(): void;
}

const TABLES = `
CREATE TABLE IF NOT EXISTS roots (run_id TEXT PRIMARY KEY, since INTEGER NOT NULL, done INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
  run_id TEXT PRIMARY KEY, remote_id TEXT, digest TEXT NOT NULL, tag_keys TEXT NOT NULL, points INTEGER NOT NULL,
  last_row INTEGER NOT NULL, deleted TEXT NOT NULL, settled INTEGER NOT NULL, problem TEXT);
CREATE TABLE IF NOT EXISTS files (run_id TEXT, path TEXT, stamp TEXT NOT NULL, PRIMARY KEY (run_id, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT NOT NULL);
`;

/**
 * Opens a state file, or makes it; one that is no database is put aside.
 * @throws UserError when the disk refuses
 */
export function openState(file: string): State {
  mkdirSync(dirname(file), { recursive: true });
  try {
    return stateOf(open(file));
  } catch (error) {
    const code = sqliteCode(error instanceof Error ? error.cause : undefined);
    if (code !== Sqlite.notADatabase && code !== Sqlite.corrupt) throw error;
    renameSync(file, `${file}.broken`);
    return stateOf(open(file));
  }
}

/** A state that lives as long as the process: for a disk that refuses. */
export function stateInMemory(): State {
  return stateOf(open(":memory:"));
}

/** Milliseconds to wait for another process that takes notes. Short, for waiting holds up the program. */
const PATIENCE = 100;

function open(file: string): Connection {
  const connection = connect(file, file, PATIENCE, false);
  try {
    connection.script(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${TABLES}`);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function stateOf(connection: Connection): State {
  return {
    roots: () =>
      connection
        .all("SELECT run_id, since, done FROM roots ORDER BY since, rowid")
        .map(([runId, since, done]) => ({ runId: String(runId), since: Number(since), done: done === 1 })),
    addRoot: (runId, since) => {
      connection.run(
        "INSERT INTO roots (run_id, since, done) VALUES (?, ?, 0) ON CONFLICT (run_id) DO UPDATE SET done = 0",
        runId,
        since,
      );
    },
    setDone: (runId, done) => {
      connection.run("UPDATE roots SET done = ? WHERE run_id = ?", done ? 1 : 0, runId);
    },
    links() {
      const links = new Map<string, Link>();
      const rows = connection.all(
        "SELECT run_id, remote_id, digest, tag_keys, points, last_row, deleted, settled, problem FROM runs",
      );
      for (const [runId, remoteId, digest, tagKeys, points, lastRow, deleted, settled, problem] of rows) {
        links.set(String(runId), {
          remoteId: remoteId === null ? undefined : String(remoteId),
          digest: String(digest),
          tagKeys: JSON.parse(String(tagKeys)) as string[],
          points: Number(points),
          lastRow: Number(lastRow),
          deleted: deleted as Link["deleted"],
          settled: settled === 1,
          problem: problem === null ? null : String(problem),
          files: new Map(),
        });
      }
      for (const [runId, path, stamp] of connection.all("SELECT run_id, path, stamp FROM files")) {
        links.get(String(runId))?.files.set(String(path), String(stamp));
      }
      return links;
    },
    save: (runId, link) => {
      connection.run(
        `INSERT OR REPLACE INTO runs (run_id, remote_id, digest, tag_keys, points, last_row, deleted, settled, problem)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        runId,
        link.remoteId ?? null,
        link.digest,
        JSON.stringify(link.tagKeys),
        link.points,
        link.lastRow,
        link.deleted,
        link.settled ? 1 : 0,
        link.problem,
      );
    },
    saveFile: (runId, path, stamp) => {
      connection.run("INSERT OR REPLACE INTO files (run_id, path, stamp) VALUES (?, ?, ?)", runId, path, stamp);
    },
    dropFiles: (runId) => {
      connection.run("DELETE FROM files WHERE run_id = ?", runId);
    },
    note: (key) => connection.first("SELECT value FROM notes WHERE key = ?", key)?.[0] as string | undefined,
    setNote: (key, value) => {
      connection.run("INSERT OR REPLACE INTO notes (key, value) VALUES (?, ?)", key, value);
    },
    close: () => connection.close(),
  };
}
