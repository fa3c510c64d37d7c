import type { BoardChange, BoardCurve, RunTable } from "./board.ts";
import { Attr, type WritableRunTable } from "./board.ts";

/** What feeds have in common. */

/** Tags that are long and tell nothing in a table. */
export const LEFT_OUT: readonly string[] = ["mlflow.log-model.history", "mlflow.loggedArtifacts"];
/** Longer texts are cut to this many characters. */
export const LONGEST_TEXT = 500;

/** Lets other work of this process go on. */
export function breath(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A point from which changes are counted. */
export function mark(table: RunTable): () => BoardChange {
  const { rows, version } = table;
  return () => {
    const added = table.rows - rows;
    const touched = table.changedSince(version)?.length ?? table.rows;
    return { added, changed: Math.max(0, touched - added) };
  };
}

export interface RunRow {
  readonly runId: string;
  readonly name: string;
  readonly experiment: string;
  readonly user: string;
  readonly status: string;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly lifecycle: string;
}

/** Writes what every run has. @returns the run's row */
export function writeRun(table: WritableRunTable, run: RunRow): number {
  const { runId, startTime, endTime } = run;
  const row = table.add(runId);
  table.setText(Attr.name, row, run.name);
  table.setText(Attr.experiment, row, run.experiment);
  table.setText(Attr.user, row, run.user);
  table.setText(Attr.status, row, run.status);
  table.setText(Attr.lifecycle, row, run.lifecycle);
  table.setNumber(Attr.start, row, startTime);
  table.setNumber(Attr.end, row, endTime ?? undefined);
  table.setNumber(Attr.duration, row, endTime === null ? undefined : (endTime - startTime) / 1000);
  return row;
}

/** Marks a run that the store no longer has. */
export function purge(table: WritableRunTable, row: number): void {
  table.setText(Attr.lifecycle, row, "purged");
}

/** Takes away the metrics, params and tags of a row that are not among the ids: someone deleted them. */
export function keepOnly(table: WritableRunTable, row: number, ids: ReadonlySet<string>): void {
  for (const id of table.columnIds) {
    if (ids.has(id) || id.startsWith("attributes.")) continue;
    if (table.column(id)!.kind === "number") table.setNumber(id, row, undefined);
    else table.setText(id, row, undefined);
  }
}

export interface CurveArrays {
  readonly steps: Float64Array;
  readonly values: Float64Array;
  readonly times: Float64Array;
}

/**
 * At most `points` of a curve: first and last, and the least and the greatest of each stretch between, so that a peak is
 * not lost.
 */
export function thinned(curve: CurveArrays, points: number, total = curve.steps.length): BoardCurve {
  const n = curve.steps.length;
  if (n <= points) return { ...curve, total };
  const kept = [0];
  const stretches = Math.max(1, Math.floor((points - 2) / 2));
  for (let s = 0; s < stretches; s++) {
    const from = 1 + Math.floor((s * (n - 2)) / stretches);
    const to = 1 + Math.floor(((s + 1) * (n - 2)) / stretches);
    let [least, greatest] = [from, from];
    for (let i = from; i < to; i++) {
      if (curve.values[i]! < curve.values[least]! || Number.isNaN(curve.values[least])) least = i;
      if (curve.values[i]! > curve.values[greatest]! || Number.isNaN(curve.values[greatest])) greatest = i;
    }
    kept.push(Math.min(least, greatest), ...(least === greatest ? [] : [Math.max(least, greatest)]));
  }
  kept.push(n - 1);
  const pick = (array: Float64Array): Float64Array => Float64Array.from(kept, (i) => array[i]!);
  return { steps: pick(curve.steps), values: pick(curve.values), times: pick(curve.times), total };
}

/** Lets one read of a feed go on at a time. */
export interface Turns {
  /** Waits for its turn. */
  take(read: () => Promise<BoardChange>): Promise<BoardChange>;
  /** The same, but shares what is going on already. */
  share(read: () => Promise<BoardChange>): Promise<BoardChange>;
}

export function createTurns(): Turns {
  let current: Promise<BoardChange> | undefined;
  async function begin(read: () => Promise<BoardChange>): Promise<BoardChange> {
    const mine = read();
    current = mine;
    try {
      return await mine;
    } finally {
      if (current === mine) current = undefined;
    }
  }
  return {
    async take(read) {
      while (current) await current;
      return begin(read);
    },
    share: (read) => current ?? begin(read),
  };
}
