import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  Attr,
  type BoardChange,
  type BoardFeed,
  type FeedStatus,
  type WritableRunTable,
} from "../../core/board/board.ts";
import { breath, createTurns, mark, purge, thinned } from "../../core/board/feed.ts";
import { numberAt, textAt } from "../../core/board/run-table.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { type BoardReader, boardReader, CELL_TABLES, CHUNK } from "./board-rows.ts";
import type { Connection } from "./connection.ts";
import { Sqlite, sqliteCode } from "./faults.ts";
import { real } from "./numbers.ts";
import { openDatabase } from "./open.ts";

export interface EmbeddedBoardOptions {
  /** The mlruns folder; it may be made later. */
  readonly folder: string;
  /** Names; all experiments when absent. */
  readonly experiments?: readonly string[];
  readonly clock?: Clock;
}

/** Milliseconds that a read waits for a writer: keys wait as long. */
const BUSY = 100;
/** Milliseconds between looks at what leaves no trace in row ids: ends of runs, deleted runs, tags that were changed. */
const SCAN_EVERY = 3000;
/** Runs that are read again at once, and with each such look. */
const REREAD = 200;
const ROLL = 1000;
/** Row ids that are looked through at once for runs that changed. */
const SPAN = 20_000;
/** Points of a curve that are read at most. */
const CURVE_POINTS = 200_000;

/** Tables that grow by a row at each change: new row ids say which runs changed. */
const LOGS = ["metrics", "params", "tags"] as const;
type Marks = Record<(typeof LOGS)[number] | "runs", number>;

/** An open database and how far it was read. */
interface Session {
  readonly connection: Connection;
  readonly reader: BoardReader;
  /** Which file it is: another may be put in its place. */
  readonly file: string;
  readonly schema: unknown;
  /** All of it was read once. */
  whole: boolean;
  version: unknown;
  marks: Marks;
  readonly running: Set<string>;
  scanned: number;
  /** Something changed since the last scan. */
  scanDue: boolean;
  /** Rows that are still to be read again in turn, and the next of them. */
  rolling: number;
  next: number;
}

/**
 * The runs of an embedded store for the board. Changes are found by `PRAGMA data_version` (microseconds), then by row ids of
 * the tables that only grow, and every few seconds by a look at all runs' states; tags that others changed on runs that ended
 * are found within minutes, as some runs are read again in turn. It never writes, and a store that is not there yet, or
 * is replaced, or upgraded by MLflow meanwhile, is met at the next refresh.
 */
export function openEmbeddedBoard(options: EmbeddedBoardOptions): BoardFeed {
  const folder = resolve(options.folder);
  const file = join(folder, "mlflow.db");
  const { clock = systemClock, experiments } = options;
  let session: Session | undefined;
  let status: FeedStatus = { state: "loading" };
  let closed = false;
  const turns = createTurns();

  function fileNow(): string | undefined {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat && `${stat.dev}:${stat.ino}`;
  }

  function leave(): void {
    const { connection } = session ?? {};
    session = undefined;
    connection?.close();
  }

  /** @returns undefined while there is no store */
  function enter(): Session | undefined {
    const now = fileNow();
    if (now === undefined) return undefined;
    const opened = openDatabase({ folder, clock, notify: () => {}, readOnly: true, busyTimeout: BUSY });
    const { connection, hasWorkspaces } = opened;
    try {
      const reader = boardReader(connection, experiments, hasWorkspaces ? "AND workspace = 'default'" : "");
      session = {
        connection,
        reader,
        file: now,
        schema: pragma(connection, "schema_version"),
        whole: false,
        version: undefined,
        marks: { runs: 0, metrics: 0, params: 0, tags: 0 },
        running: new Set(),
        scanned: clock.now(),
        scanDue: false,
        rolling: 0,
        next: 0,
      };
      return session;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Reads the whole store. Rows that the table had before and the store has not are purged. */
  async function readAll(
    table: WritableRunTable,
    signal?: AbortSignal,
    onProgress?: (loaded: number, total: number | null) => void,
  ): Promise<void> {
    const known = table.rows;
    const here = enter();
    status = here ? { state: "loading" } : { state: "absent" };
    if (!here) return;
    const { connection, reader } = here;
    const going = (): boolean => !closed && !signal?.aborted && session === here;
    here.version = pragma(connection, "data_version");
    here.marks = marksOf(connection); // what is written from now on is found again by them
    const total = here.marks.runs + CELL_TABLES.reduce((sum, name) => sum + lastRow(connection, name), 0);
    const seen = new Set<string>();
    let before = 0;
    const each = async (last: number, read: (after: number) => void): Promise<void> => {
      for (let after = 0; going() && after < last; after += CHUNK) {
        read(after);
        table.commit();
        onProgress?.(before + Math.min(last, after + CHUNK), total);
        await breath();
      }
      before += last;
    };
    await each(here.marks.runs, (after) =>
      reader.runsAfter(table, after, (runId, state) => {
        if (known > 0) seen.add(runId);
        if (state === "RUNNING") here.running.add(runId);
      }),
    );
    for (const name of CELL_TABLES) {
      await each(lastRow(connection, name), (after) => reader.cellsAfter(table, name, after));
    }
    if (!going()) return;
    for (let row = 0; row < known; row++) if (!seen.has(table.runId(row))) purge(table, row);
    here.rolling = known; // cells that are gone are found in turn
    table.commit();
    here.whole = true;
    status = { state: "live" };
  }

  async function update(table: WritableRunTable, runs: readonly string[]): Promise<void> {
    const now = session && fileNow();
    const same = (one: Session): boolean =>
      one.whole && now === one.file && pragma(one.connection, "schema_version") === one.schema;
    if (session && !same(session)) leave();
    if (!session) return await readAll(table);
    status = { state: "live" };
    const here = session;
    const version = pragma(here.connection, "data_version");
    const moved = version !== here.version;
    const marks = moved ? marksOf(here.connection) : here.marks;
    if (moved) {
      here.version = version;
      here.scanDue = true;
      here.rolling = table.rows;
      // Rows were deleted at the end, and their ids are given again: they say nothing any more.
      if (Object.entries(marks).some(([name, mark]) => mark < here.marks[name as keyof Marks])) {
        leave();
        return await readAll(table);
      }
    }
    const changed = new Set(runs);
    if (moved) {
      here.reader.experiments();
      await readNew(table, here, marks, changed);
      for (const runId of here.running) changed.add(runId);
    }
    if ((here.scanDue || here.rolling > 0) && clock.now() - here.scanned >= SCAN_EVERY) {
      if (here.scanDue) await scan(table, here, changed);
      for (let n = Math.min(ROLL, here.rolling, table.rows); n > 0; n--) {
        here.rolling -= 1;
        here.next = (here.next + 1) % table.rows;
        changed.add(table.runId(here.next));
      }
      here.scanned = clock.now();
    }
    await reread(table, here, [...changed]);
  }

  /** New runs, and which of the others got rows. */
  async function readNew(table: WritableRunTable, here: Session, marks: Marks, changed: Set<string>): Promise<void> {
    const { reader } = here;
    for (let after = here.marks.runs; after < marks.runs && session === here; after += CHUNK) {
      reader.runsAfter(table, after, (runId) => changed.add(runId));
      if (marks.runs - after > CHUNK) await breath();
    }
    for (const name of LOGS) {
      for (let from = here.marks[name]; from < marks[name] && session === here; from += SPAN) {
        for (const runId of reader.touched(name, from, Math.min(marks[name], from + SPAN))) {
          if (table.rowOf(runId) !== undefined) changed.add(runId);
        }
        if (marks[name] - from > SPAN) await breath();
      }
    }
    here.marks = marks;
  }

  /** Looks at the state of all runs. */
  async function scan(table: WritableRunTable, here: Session, changed: Set<string>): Promise<void> {
    here.scanDue = false;
    const seen = new Uint8Array(table.rows);
    let rowid: number | undefined = 0;
    while (rowid !== undefined && session === here) {
      const states = here.reader.states(rowid);
      for (const [, runId, ...state] of states) {
        const row = table.rowOf(String(runId));
        if (row !== undefined && row < seen.length) seen[row] = 1;
        if (row === undefined || differs(table, row, state)) changed.add(String(runId));
      }
      rowid = states.length === 0 ? undefined : Number(states.at(-1)![0]);
      await breath();
    }
    for (let row = 0; row < seen.length && session === here; row++) if (seen[row] === 0) purge(table, row);
  }

  async function reread(table: WritableRunTable, here: Session, runIds: readonly string[]): Promise<void> {
    for (let from = 0; from < runIds.length && session === here; from += REREAD) {
      if (from > 0) await breath();
      const part = runIds.slice(from, from + REREAD);
      const states = here.reader.reread(table, part);
      for (const runId of part) {
        if (states.get(runId) === "RUNNING") here.running.add(runId);
        else here.running.delete(runId);
      }
    }
  }

  /** Does something, and turns a failure into a status. */
  async function guarded(table: WritableRunTable, action: () => Promise<void>): Promise<BoardChange> {
    const changes = mark(table);
    try {
      await action();
    } catch (error) {
      if (closed) return changes();
      if (!(error instanceof UserError)) throw error;
      const code = sqliteCode(error.cause);
      if (code !== Sqlite.busy && code !== Sqlite.locked) {
        leave(); // begin anew next time
        const since = status.state === "unreachable" ? status.since : clock.now();
        status = { state: "unreachable", since, message: messageOf(error) };
      } else if (session) session.version = undefined; // a writer had it: look again
    }
    table.commit();
    return changes();
  }

  return {
    source: file,
    get status() {
      return status;
    },

    async load(table, signal, onProgress) {
      await turns.take(() => guarded(table, () => readAll(table, signal, onProgress)));
    },

    async refresh(table, runs = []) {
      if (closed) return { added: 0, changed: 0 };
      const read = (): Promise<BoardChange> => guarded(table, () => update(table, runs));
      return runs.length > 0 ? turns.take(read) : turns.share(read);
    },

    async curve(runId, metric, points = 2000) {
      if (!session) throw new UserError("The tracking store is not there", { where: file, fix: "Try again later." });
      const { connection } = session;
      // + keeps SQLite from the index on the key, which leads to the points of all runs
      const rows = connection.all(
        `SELECT step, value, timestamp, is_nan FROM metrics WHERE run_uuid = ? AND +"key" = ?
         ORDER BY step, timestamp LIMIT ${CURVE_POINTS}`,
        runId,
        metric,
      );
      const curve = {
        steps: Float64Array.from(rows, ([step]) => Number(step)),
        values: Float64Array.from(rows, ([, value, , isNan]) => real(Number(value), isNan)),
        times: Float64Array.from(rows, ([, , time]) => Number(time)),
      };
      return thinned(curve, points);
    },

    close() {
      closed = true;
      leave();
    },
  };
}

function pragma(connection: Connection, name: "data_version" | "schema_version"): unknown {
  return connection.first(`PRAGMA ${name}`)![0];
}

function lastRow(connection: Connection, table: string): number {
  return Number(connection.first(`SELECT max(rowid) FROM ${table}`)![0] ?? 0);
}

function marksOf(connection: Connection): Marks {
  const last = (table: string): number => lastRow(connection, table);
  return { runs: last("runs"), metrics: last("metrics"), params: last("params"), tags: last("tags") };
}

/** Whether a run's state is another than the table has. */
function differs(table: WritableRunTable, row: number, [status, end, lifecycle, name]: readonly unknown[]): boolean {
  return (
    textAt(table, Attr.status, row) !== status ||
    textAt(table, Attr.lifecycle, row) !== lifecycle ||
    textAt(table, Attr.name, row) !== (name ?? "") ||
    !Object.is(numberAt(table, Attr.end, row), end === null ? Number.NaN : Number(end))
  );
}
