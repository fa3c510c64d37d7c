/** A patient as tokens: yes/no columns that are yes, and numbers that were measured. */
import type { Matrix } from "../../core/dataset.ts";
import type { Rng } from "../../core/rng.ts";
import type { TokenRows } from "../../engines/tensor/embed.ts";

/**
 * What each column is. A column of two values is yes or no: a token where it is the greater. Any other is a number: a token
 * where it is measured, that is not NaN and not marked by its column NAME__missing. A column of one value is never one.
 */
export interface ColumnPlan {
  /** [cols] above it a yes/no column is yes; infinite for others */
  readonly threshold: Float32Array;
  /** [cols] (x − centre) · factor is 0 or 1 of a yes/no column, mean 0 and deviation 1 of a number, 0 of others */
  readonly centre: Float32Array;
  readonly factor: Float32Array;
  /** [cols] row of the table of embeddings that a number is multiplied with; −1: no number */
  readonly slope: Int32Array;
  /** [cols] column that is yes where a number is missing, or −1 */
  readonly indicator: Int32Array;
  /** Rows of the table: 0 begins each patient, 1 + column is that of a column, numbers have another one. */
  readonly entries: number;
}

export function planColumns({ rows, cols, names, data }: Matrix): ColumnPlan {
  const threshold = new Float32Array(cols).fill(Number.POSITIVE_INFINITY);
  const [centre, factor] = [new Float32Array(cols), new Float32Array(cols)];
  const [slope, indicator] = [new Int32Array(cols).fill(-1), new Int32Array(cols).fill(-1)];
  const places = new Map(names.map((name, j) => [name, j]));
  let entries = 1 + cols;
  for (let j = 0; j < cols; j++) {
    const seen = new Set<number>();
    let [count, mean, squares] = [0, 0, 0];
    for (let i = 0; i < rows; i++) {
      const value = data[i * cols + j]!;
      if (Number.isNaN(value)) continue;
      if (seen.size < 3) seen.add(value);
      count++;
      // Welford's way, since the mean may be far from 0.
      const gap = value - mean;
      mean += gap / count;
      squares += gap * (value - mean);
    }
    if (seen.size < 2) continue;
    if (seen.size === 2) {
      const [low, high] = [...seen].sort((a, b) => a - b) as [number, number];
      threshold[j] = low + (high - low) / 2;
      centre[j] = low;
      factor[j] = 1 / (high - low);
      continue;
    }
    centre[j] = mean;
    factor[j] = 1 / Math.sqrt(squares / count);
    slope[j] = entries++;
    indicator[j] = places.get(`${names[j]}__missing`) ?? -1;
  }
  return { threshold, centre, factor, slope, indicator, entries };
}

/** Tokens of rows: those of row i are columns[starts[i]] … columns[starts[i + 1] − 1]. */
export interface Tokens {
  /** [rows + 1] */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  /** A number's; 0 of a yes/no column. */
  readonly values: Float32Array;
}

export function tokenise(plan: ColumnPlan, { rows, cols, data }: Matrix): Tokens {
  const { threshold, centre, factor, slope, indicator } = plan;
  const starts = new Int32Array(rows + 1);
  const marked = (start: number, j: number): boolean => j >= 0 && data[start + j]! > threshold[j]!;
  const isToken = (start: number, j: number): boolean => {
    const value = data[start + j]!;
    if (slope[j]! < 0) return value > threshold[j]!;
    return !Number.isNaN(value) && !marked(start, indicator[j]!);
  };
  for (let i = 0; i < rows; i++) {
    let count = 0;
    for (let j = 0; j < cols; j++) if (isToken(i * cols, j)) count++;
    starts[i + 1] = starts[i]! + count;
  }
  const [columns, values] = [new Int32Array(starts[rows]!), new Float32Array(starts[rows]!)];
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      if (!isToken(i * cols, j)) continue;
      columns[at] = j;
      if (slope[j]! >= 0) values[at] = (data[i * cols + j]! - centre[j]!) * factor[j]!;
      at++;
    }
  }
  return { starts, columns, values };
}

/** Rows as one matrix of tokens, below each other; each begins with the token that stands for the patient. */
export interface TokenBatch extends TokenRows {
  /** [rows + 1] */
  readonly starts: Int32Array;
}

/** @param dropout share of the tokens that is left out; 0: none */
export function batchOf(plan: ColumnPlan, tokens: Tokens, rows: Int32Array, dropout = 0, rng?: Rng): TokenBatch {
  const { starts: bounds, columns, values } = tokens;
  const most = rows.reduce((sum, row) => sum + 1 + bounds[row + 1]! - bounds[row]!, 0);
  const [base, slope, value] = [new Int32Array(most), new Int32Array(most).fill(-1), new Float32Array(most)];
  const starts = new Int32Array(rows.length + 1);
  let at = 0;
  rows.forEach((row, i) => {
    starts[i] = at++; // base 0 and no slope, as it is
    for (let t = bounds[row]!; t < bounds[row + 1]!; t++) {
      if (dropout > 0 && rng!.next() < dropout) continue;
      const column = columns[t]!;
      base[at] = 1 + column;
      slope[at] = plan.slope[column]!;
      value[at] = values[t]!;
      at++;
    }
  });
  starts[rows.length] = at;
  return { base: base.subarray(0, at), slope: slope.subarray(0, at), value: value.subarray(0, at), starts };
}

/** Writes scaled rows [rows.length × cols] of `data` into `out`, with 0 for what is missing. */
export function scaleRows(plan: ColumnPlan, data: Float32Array, rows: Int32Array, out: Float32Array): void {
  const { centre, factor } = plan;
  const cols = centre.length;
  rows.forEach((row, i) => {
    for (let j = 0, from = row * cols, at = i * cols; j < cols; j++, from++, at++) {
      const value = data[from]!;
      out[at] = Number.isNaN(value) ? 0 : (value - centre[j]!) * factor[j]!;
    }
  });
}
