import type { WritableRunTable } from "../../core/board/board.ts";
import { keepOnly, LEFT_OUT, LONGEST_TEXT, purge, writeRun } from "../../core/board/feed.ts";
import type { Connection, Row } from "./connection.ts";
import { real } from "./numbers.ts";

/** Row ids that are read at once: some milliseconds. */
export const CHUNK = 4000;

/** Tables with cells of runs, and how a board calls what is in them. */
const CELLS = {
  latest_metrics: { head: "metrics.", values: "CASE WHEN t.is_nan THEN NULL ELSE t.value END", condition: "" },
  params: { head: "params.", values: `substr(t.value, 1, ${LONGEST_TEXT})`, condition: "" },
  tags: {
    head: "tags.",
    values: `substr(t.value, 1, ${LONGEST_TEXT})`,
    condition: `AND t."key" NOT IN (${LEFT_OUT.map((key) => `'${key}'`).join(", ")})`,
  },
} as const;
type CellTable = keyof typeof CELLS;
export const CELL_TABLES = Object.keys(CELLS) as readonly CellTable[];

const RUN = "run_uuid, name, experiment_id, user_id, status, start_time, end_time, lifecycle_stage";

/** Rows of a board, read from MLflow's tables. */
export interface BoardReader {
  /** Experiments that are shown, by id; read anew. */
  experiments(): ReadonlyMap<string, string>;
  /** Runs with row ids in (after, after + CHUNK]. */
  runsAfter(table: WritableRunTable, after: number, onRun?: (runId: string, status: string) => void): void;
  cellsAfter(table: WritableRunTable, from: CellTable, after: number): void;
  /** Runs that got points, params or tags in rows with ids in (after, upTo]. */
  touched(from: "metrics" | "params" | "tags", after: number, upTo: number): readonly string[];
  /** All of some runs, of which other experiments' are left out; what they no longer have is taken away. @returns statuses */
  reread(table: WritableRunTable, runIds: readonly string[]): ReadonlyMap<string, string>;
  /** [row id, run, status, end, lifecycle, name] of shown runs after a row id. */
  states(rowid: number): readonly Row[];
}

/**
 * @param names of the experiments that are shown; all when absent
 * @param inWorkspace condition that leaves out the experiments of other workspaces
 */
export function boardReader(
  connection: Connection,
  names: readonly string[] | undefined,
  inWorkspace: string,
): BoardReader {
  let shown = new Map<string, string>();
  const ids = new Map<string, string>();
  /** By table, the keys of a run in their order: the next run has the same, as a rule, and comparing is quicker than finding. */
  const usual = { latest_metrics: [], params: [], tags: [] } as Record<CellTable, { key: string; id: string }[]>;

  /** "metrics.loss", the same text each time: equal texts that are one are found faster. */
  function idOf(from: CellTable, key: string, place: number): string {
    const guess = usual[from][place];
    if (guess?.key === key) return guess.id;
    const full = CELLS[from].head + key;
    const id = ids.get(full) ?? full;
    ids.set(full, id);
    if (place < 1000) usual[from][place] = { key, id };
    return id;
  }

  function writeCell(
    table: WritableRunTable,
    from: CellTable,
    row: number,
    key: unknown,
    value: unknown,
    place: number,
  ): string {
    const id = idOf(from, String(key), place);
    if (from === "latest_metrics") table.setNumber(id, row, value === null ? Number.NaN : real(Number(value), 0));
    else table.setText(id, row, String(value ?? ""));
    return id;
  }

  function writeRunRow(
    table: WritableRunTable,
    [runId, name, experiment, user, status, start, end, stage]: Row,
  ): boolean {
    const experimentName = shown.get(String(experiment));
    if (experimentName === undefined) return false;
    writeRun(table, {
      runId: String(runId),
      name: String(name ?? ""),
      experiment: experimentName,
      user: String(user ?? ""),
      status: String(status),
      startTime: Number(start ?? 0),
      endTime: end === null ? null : Number(end),
      lifecycle: String(stage),
    });
    return true;
  }

  const self: BoardReader = {
    experiments() {
      const rows = connection.all(`SELECT experiment_id, name FROM experiments WHERE true ${inWorkspace}`);
      const all = rows.map(([id, name]) => [String(id), String(name)] as const);
      shown = new Map(all.filter(([, name]) => names === undefined || names.includes(name)));
      return shown;
    },

    runsAfter(table, after, onRun) {
      const rows = connection.all(`SELECT ${RUN} FROM runs WHERE rowid > ? AND rowid <= ?`, after, after + CHUNK);
      for (const run of rows) if (writeRunRow(table, run)) onRun?.(String(run[0]), String(run[4]));
    },

    cellsAfter(table, from, after) {
      const { values, condition } = CELLS[from];
      const rows = connection.all(
        `SELECT t.run_uuid, t."key", ${values} FROM ${from} t WHERE t.rowid > ? AND t.rowid <= ? ${condition}`,
        after,
        after + CHUNK,
      );
      let last: unknown;
      let row: number | undefined;
      let place = 0;
      for (const [runId, key, value] of rows) {
        if (runId !== last) {
          const next = (row ?? -1) + 1; // runs follow each other, as a rule
          row = next > 0 && next < table.rows && table.runId(next) === runId ? next : table.rowOf(String(runId));
          [last, place] = [runId, 0];
        }
        if (row !== undefined) writeCell(table, from, row, key, value, place++);
      }
    },

    touched: (from, after, upTo) =>
      connection
        .all(`SELECT DISTINCT run_uuid FROM ${from} WHERE rowid > ? AND rowid <= ?`, after, upTo)
        .map(([runId]) => String(runId)),

    reread(table, runIds) {
      const list = JSON.stringify(runIds);
      const statuses = new Map<string, string>();
      const seen = new Map<string, Set<string>>();
      const runs = connection.all(`SELECT ${RUN} FROM json_each(?) r CROSS JOIN runs ON run_uuid = r.value`, list);
      const found = new Set(runs.map(([runId]) => String(runId)));
      for (const run of runs) {
        if (!writeRunRow(table, run)) continue;
        statuses.set(String(run[0]), String(run[4]));
        seen.set(String(run[0]), new Set());
      }
      for (const from of CELL_TABLES) {
        const { values, condition } = CELLS[from];
        // CROSS JOIN keeps the order of the loops: SQLite would otherwise scan all ids for every row
        const rows = connection.all(
          `SELECT t.run_uuid, t."key", ${values} FROM json_each(?) r CROSS JOIN ${from} t ON t.run_uuid = r.value ${condition}`,
          list,
        );
        let last: unknown;
        let place = 0;
        for (const [runId, key, value] of rows) {
          place = runId === last ? place + 1 : 0;
          last = runId;
          const kept = seen.get(String(runId));
          if (kept) kept.add(writeCell(table, from, table.rowOf(String(runId))!, key, value, place));
        }
      }
      for (const [runId, kept] of seen) keepOnly(table, table.rowOf(runId)!, kept);
      for (const runId of runIds) {
        const row = table.rowOf(runId);
        if (row !== undefined && !found.has(runId)) purge(table, row);
      }
      return statuses;
    },

    states: (rowid) =>
      connection.all(
        `SELECT rowid, run_uuid, status, end_time, lifecycle_stage, name FROM runs
         WHERE rowid > ? AND experiment_id IN (SELECT value FROM json_each(?)) ORDER BY rowid LIMIT ${CHUNK}`,
        rowid,
        JSON.stringify([...shown.keys()].map(Number)),
      ),
  };
  self.experiments();
  return self;
}
