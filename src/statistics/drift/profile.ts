import type { Column, Dataset, Frame, MultilabelColumn, Split } from "../../core/dataset.ts";
import {
  FEWEST,
  type FeatureProfile,
  type LevelsProfile,
  type MultilabelProfile,
  type NumericProfile,
  type TrainingProfile,
} from "../../core/monitoring/profile.ts";

/**
 * What is kept of the training patients of a split.
 * @param input of cases the terms are named as the prediction log names them
 */
export function profileTraining(
  { frame, target }: Pick<Dataset, "frame" | "target">,
  { train }: Pick<Split, "train">,
  input: TrainingProfile["input"],
): TrainingProfile {
  const columns = frame.columns.map((c) => (input === "cases" && c.name === "terms" ? { ...c, name: "present" } : c));
  const classes = { kind: "categorical", name: target.name, levels: target.classes, codes: target.codes } as const;
  return {
    ...{ format: 1, input, rows: train.length },
    features: profileFrame({ ...frame, columns }, train),
    target: profileLevels(classes, train),
  };
}

/** Deciles and tails. */
const QUANTILES = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
/** Patients beyond either end of the range. */
const BEYOND = 0.005;
/** Levels that are kept by name. */
const MOST_LEVELS = 50;
const MOST_LABELS = 200;

/**
 * What is kept of some patients' features; of a multilabel column the number of its levels too, as a feature of its own.
 * @param rows row numbers of the frame
 */
export function profileFrame(frame: Frame, rows: Int32Array): readonly FeatureProfile[] {
  return frame.columns.flatMap((column) => profileColumn(column, rows));
}

function profileColumn(column: Column, rows: Int32Array): FeatureProfile[] {
  const { name } = column;
  switch (column.kind) {
    case "numeric":
      return [profileNumbers(name, take(column.values, rows))];
    case "boolean":
    case "categorical":
      return [profileLevels(column, rows)];
    case "multilabel":
      return [profileLabels(column, rows), { ...profileNumbers(sizeName(name), sizesOf(column, rows)), sizeOf: name }];
  }
}

function take(values: Float64Array, rows: Int32Array): Float64Array {
  const taken = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) taken[i] = values[rows[i]];
  return taken;
}

/** Name of the feature that counts a multilabel column's levels. */
export const sizeName = (column: string): string => `${column} (number)`;

/** Values that quantiles are found in: enough to know them to half a percent. */
const SORTED = 10_000;

/** @param values one a patient, NaN is missing */
export function profileNumbers(name: string, values: Float64Array): NumericProfile {
  const known = values.filter((value) => !Number.isNaN(value));
  const n = known.length;
  const every = Math.max(1, Math.floor(n / SORTED));
  const sorted = Float64Array.from({ length: Math.floor(n / every) }, (_, i) => known[i * every]).sort();
  const beyond = Math.max(FEWEST - 1, Math.floor(BEYOND * sorted.length));
  const ends = n >= 2 * FEWEST;
  return {
    ...{ kind: "numeric", name, rows: values.length, missing: values.length - n },
    ...countBins(edgesOf(sorted), known),
    ...momentsOf(known),
    low: ends ? sorted[beyond] : null,
    high: ends ? sorted[sorted.length - 1 - beyond] : null,
  };
}

/** The quantiles of ascending values that differ. */
function edgesOf(sorted: Float64Array): number[] {
  const at = (q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  return sorted.length === 0 ? [] : [...new Set(QUANTILES.map(at))];
}

/** Bins between the edges; those with fewer than `FEWEST` values join the next, the last the one before. */
function countBins(candidates: readonly number[], values: Float64Array): Pick<NumericProfile, "edges" | "counts"> {
  const all = new Float64Array(candidates.length + 1);
  for (let i = 0; i < values.length; i++) all[binOf(candidates, values[i])]++;
  const edges: number[] = [];
  const counts: number[] = [];
  let [count, left] = [0, values.length];
  for (const [i, edge] of candidates.entries()) {
    count += all[i];
    if (count < FEWEST || left - count < FEWEST) continue;
    edges.push(edge);
    counts.push(count);
    left -= count;
    count = 0;
  }
  return { edges, counts: [...counts, left] };
}

/** Of the finite values. */
function momentsOf(values: Float64Array): Pick<NumericProfile, "mean" | "sd"> {
  const finite = values.filter(Number.isFinite);
  if (finite.length < FEWEST) return { mean: null, sd: null };
  let [sum, squares] = [0, 0];
  for (let i = 0; i < finite.length; i++) sum += finite[i];
  const mean = sum / finite.length;
  for (let i = 0; i < finite.length; i++) squares += (finite[i] - mean) ** 2;
  return { mean, sd: Math.sqrt(squares / (finite.length - 1)) };
}

/** Number of the bin that a value is in: the place of the first edge that is not below it. */
export function binOf(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Levels of a boolean column. */
const TRUTH = ["false", "true"];

/** @param rows row numbers of the column */
export function profileLevels(
  column: Extract<Column, { readonly kind: "categorical" | "boolean" }>,
  rows: Int32Array,
): LevelsProfile {
  const levels = column.kind === "boolean" ? TRUTH : column.levels;
  const codeOf = (row: number): number => (column.kind === "boolean" ? column.values[row] : column.codes[row]);
  const counts = new Float64Array(levels.length);
  let known = 0;
  for (const row of rows) {
    const code = codeOf(row);
    if (!(code >= 0)) continue;
    counts[code]++;
    known++;
  }
  const kept = mostFrequent(counts, MOST_LEVELS);
  return {
    ...{ kind: column.kind, name: column.name, rows: rows.length, missing: rows.length - known },
    levels: kept.map((code) => levels[code]),
    counts: kept.map((code) => counts[code]),
    other: known - kept.reduce((sum, code) => sum + counts[code], 0),
  };
}

function profileLabels(column: MultilabelColumn, rows: Int32Array): MultilabelProfile {
  const { levels, offsets, codes, missing } = column;
  const counts = new Float64Array(levels.length);
  let unknown = 0;
  for (const row of rows) {
    if (missing[row] === 1) unknown++;
    else for (let at = offsets[row]; at < offsets[row + 1]; at++) counts[codes[at]]++;
  }
  const kept = mostFrequent(counts, MOST_LABELS);
  const named = new Set(kept);
  const other = rows.filter((row) => codes.subarray(offsets[row], offsets[row + 1]).some((code) => !named.has(code)));
  return {
    ...{ kind: "multilabel", name: column.name, rows: rows.length, missing: unknown },
    levels: kept.map((code) => levels[code]),
    counts: kept.map((code) => counts[code]),
    other: other.length,
  };
}

/** [rows] number of levels; NaN where missing. */
function sizesOf({ offsets, missing }: MultilabelColumn, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => (missing[row] === 1 ? Number.NaN : offsets[row + 1] - offsets[row]));
}

/** Codes of the levels with `FEWEST` patients at least, the most frequent first, then by code. */
function mostFrequent(counts: Float64Array, most: number): number[] {
  return [...counts.keys()]
    .filter((code) => counts[code] >= FEWEST)
    .sort((a, b) => counts[b] - counts[a] || a - b)
    .slice(0, most);
}
