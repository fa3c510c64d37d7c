import type { Matrix } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { openDistances, preparePoints } from "../../families/_distances.ts";
import { twoValued } from "../../families/_shared.ts";

/** Neighbours that a row is made up from. */
const NEIGHBOURS = 5;

/** Columns of one nominal variable: a one-hot group of which a row has at most one, or a yes/no column. */
type Nominal = Int32Array;

/** Makes `wanted` rows, [wanted × columns], of the rows of one class, of which there are two at least. */
export type Smote = (rows: Int32Array, wanted: number, rng: Rng) => Float32Array;

/**
 * SMOTE-NC (Chawla et al. 2002) as imbalanced-learn's SMOTENC makes rows: a row of the class and one of its 5 nearest of the
 * class are drawn; numbers lie between the two, nominal values are those of most of the 5 (of even ones the row's own). Two
 * rows that differ in a nominal value are half the squared median standard deviation of the class's numbers apart.
 * Nominal are columns that are 0 or 1 in every row; those that share the name before "=" are one variable where no row has
 * two of them, so that made-up rows have one at most as well. Without numbers (which imbalanced-learn refuses), what counts
 * is in how many values rows differ.
 * @throws UserError naming a column with missing values
 */
export async function createSmote(x: Matrix): Promise<Smote> {
  const missing = x.data.findIndex(Number.isNaN);
  if (missing >= 0) {
    throw new UserError("resample: smote cannot tell neighbours where values are missing", {
      where: `column ${x.names[missing % x.cols]}, training row ${Math.floor(missing / x.cols) + 1}`,
      fix: "Add the preparation step impute, or use resample: oversample.",
    });
  }
  const eachDistances = await openDistances();
  const kinds = kindsOf(x);
  const { numbers, nominals } = kinds;
  return (rows, wanted, rng) => {
    const k = Math.min(NEIGHBOURS, rows.length - 1);
    const draws = Array.from({ length: wanted }, (_, i) => ({
      i,
      base: rng.int(rows.length),
      other: rng.int(k),
      share: rng.next(),
    })).sort((a, b) => a.base - b.base || a.i - b.i);
    const bases = [...new Set(draws.map(({ base }) => base))];
    const scaled = scaledRows(x, rows, kinds);
    const asked = { rows: bases.length, cols: x.cols, data: new Float32Array(bases.length * x.cols) };
    bases.forEach((base, b) => {
      asked.data.set(scaled.data.subarray(base * x.cols, (base + 1) * x.cols), b * x.cols);
    });
    const made = new Float32Array(wanted * x.cols);
    let next = 0;
    eachDistances(preparePoints(scaled, "euclidean"), asked, (b, distances) => {
      const base = bases[b]!;
      const near = nearest(distances, k, base).map((p) => rows[p]!);
      for (; next < draws.length && draws[next]!.base === base; next++) {
        const { i, other, share } = draws[next]!;
        const row = made.subarray(i * x.cols, (i + 1) * x.cols);
        const [from, to] = [rows[base]! * x.cols, near[other]! * x.cols];
        for (const j of numbers) row[j] = x.data[from + j]! + share * (x.data[to + j]! - x.data[from + j]!);
        for (const columns of nominals) {
          const level = commonest(x, near, columns, rows[base]!);
          if (level >= 0) row[columns[level]!] = 1;
        }
      }
    });
    return made;
  };
}

interface Kinds {
  readonly numbers: Int32Array;
  readonly nominals: readonly Nominal[];
}

/** Columns of numbers, and yes/no columns, those of a one-hot group together. */
export function kindsOf(x: Matrix): Kinds {
  const { rows, cols, names, data } = x;
  const binary = twoValued(x);
  const groups = new Map<string, number[]>();
  for (let j = 0; j < cols; j++) {
    if (binary[j] === 0) continue;
    const end = names[j]!.indexOf("=");
    const key = end < 0 ? names[j]! : names[j]!.slice(0, end + 1);
    groups.set(key, [...(groups.get(key) ?? []), j]);
  }
  const nominals = [...groups.values()].flatMap((columns) => {
    for (let i = 0; i < rows; i++) {
      let ones = 0;
      for (const j of columns) ones += data[i * cols + j]!;
      if (ones > 1) return columns.map((j) => Int32Array.of(j)); // labels of which a row has several
    }
    return [Int32Array.from(columns)];
  });
  return { numbers: Int32Array.from(binary.keys()).filter((j) => binary[j] === 0), nominals };
}

/** Rows of a class such that Euclidean distances are those of SMOTE-NC. */
export function scaledRows(x: Matrix, rows: Int32Array, { numbers, nominals }: Kinds): Matrix {
  const { cols } = x;
  const deviations = Float64Array.from(numbers, (j) => deviation(x, rows, j)).sort();
  const half = deviations.length / 2;
  const median = ((deviations[Math.ceil(half) - 1] ?? 0) + (deviations[Math.floor(half)] ?? 0)) / 2;
  const apart = median > 0 ? median : 1;
  const factors = new Float64Array(cols).fill(1);
  // Rows with other levels of a group differ in two columns, those with another yes/no in one.
  for (const columns of nominals) {
    for (const j of columns) factors[j] = columns.length > 1 ? apart / 2 : apart / Math.SQRT2;
  }
  const data = new Float32Array(rows.length * cols);
  rows.forEach((row, i) => {
    for (let j = 0; j < cols; j++) data[i * cols + j] = x.data[row * cols + j]! * factors[j]!;
  });
  return { rows: rows.length, cols, names: x.names, data };
}

/** Standard deviation of a column among rows. */
function deviation({ cols, data }: Matrix, rows: Int32Array, j: number): number {
  let [sum, squares] = [0, 0];
  for (const row of rows) sum += data[row * cols + j]!;
  const mean = sum / rows.length;
  for (const row of rows) squares += (data[row * cols + j]! - mean) ** 2;
  return Math.sqrt(squares / rows.length);
}

/** The k nearest points but the row itself, nearest first; of equally near ones the earlier. */
function nearest(distances: Float64Array, k: number, self: number): number[] {
  const found: number[] = [];
  for (let p = 0; p < distances.length; p++) {
    if (p === self || (found.length === k && distances[p]! >= distances[found[k - 1]!]!)) continue;
    let at = found.length < k ? found.length : k - 1;
    for (; at > 0 && distances[found[at - 1]!]! > distances[p]!; at--) found[at] = found[at - 1]!;
    found[at] = p;
  }
  return found;
}

/** Which of a variable's columns most rows have, -1 where most have none; of even ones the row's own, else the first. */
function commonest({ cols, data }: Matrix, rows: readonly number[], columns: Nominal, own: number): number {
  const levelOf = (row: number): number => columns.findIndex((j) => data[row * cols + j] === 1);
  const counts = new Int32Array(columns.length + 1);
  for (const row of rows) counts[levelOf(row) + 1]!++;
  const most = counts.reduce((a, b) => Math.max(a, b));
  const mine = levelOf(own);
  return counts[mine + 1] === most ? mine : counts.indexOf(most) - 1;
}
