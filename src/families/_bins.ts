/** Columns as small integer codes, so that a tree can count instead of sort. */
import type { Matrix } from "../core/dataset.ts";

export interface BinnedColumns {
  readonly rows: number;
  readonly cols: number;
  /** [cols × rows] column-major: the bin of each cell */
  readonly codes: Uint8Array;
  /** [cols] bins of each column; 1 is a constant column */
  readonly counts: Uint16Array;
  /** [cols] lowest and highest value in each bin: equal while a column has at most 256 distinct values */
  readonly lows: readonly Float32Array[];
  readonly highs: readonly Float32Array[];
}

const MOST = 256;

/** Bins by distinct value, or by quantile where a column has more than 256 of them. */
export function binColumns(x: Matrix): BinnedColumns {
  const { rows, cols, data } = x;
  const codes = new Uint8Array(rows * cols);
  const counts = new Uint16Array(cols);
  const lows: Float32Array[] = [];
  const highs: Float32Array[] = [];
  const column = new Float32Array(rows);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i < rows; i++) column[i] = data[i * cols + j]!;
    const sorted = column.slice().sort();
    const ends = binEnds(sorted);
    const low = new Float32Array(ends.length);
    const high = new Float32Array(ends.length);
    ends.forEach((end, b) => {
      low[b] = sorted[b === 0 ? 0 : ends[b - 1]!]!;
      high[b] = sorted[end - 1]!;
    });
    for (let i = 0; i < rows; i++) codes[j * rows + i] = firstNotBelow(high, column[i]!);
    counts[j] = ends.length;
    lows.push(low);
    highs.push(high);
  }
  return { rows, cols, codes, counts, lows, highs };
}

/** Where each bin ends in the sorted values (exclusive); equal values share a bin. */
function binEnds(sorted: Float32Array): number[] {
  const distinct: number[] = [];
  for (let i = 1; i <= sorted.length; i++) if (i === sorted.length || sorted[i] !== sorted[i - 1]) distinct.push(i);
  if (distinct.length <= MOST) return distinct;
  const ends: number[] = [];
  for (const end of distinct) {
    const wanted = (sorted.length * (ends.length + 1)) / MOST;
    if (end >= wanted || end === sorted.length) ends.push(end);
  }
  return ends;
}

/** Index of the first of ascending values that is not below `value`. */
function firstNotBelow(values: Float32Array, value: number): number {
  let [from, to] = [0, values.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
