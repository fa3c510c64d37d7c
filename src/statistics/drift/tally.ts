import type { FeatureProfile } from "../../core/monitoring/profile.ts";
import type { RawRow, RawValue } from "../../core/serving/serving.ts";
import { binOf } from "./profile.ts";

/** What was counted of one feature, in the bins or levels of a profile. */
export interface FeatureCounts {
  /** Patients. */
  readonly rows: number;
  readonly missing: number;
  /** [bins], or [levels + 1] with all other levels last */
  readonly counts: Float64Array;
  /** Of numbers; NaN without any. */
  readonly mean: number;
}

export interface Tally {
  /** Counts a patient. A column that it lacks is missing. */
  add(row: RawRow): void;
  /** In the order of the profile's features. */
  counts(): readonly FeatureCounts[];
}

/** Counts patients as they come, in the bins and levels of a profile: memory does not grow with their number. */
export function createTally(features: readonly FeatureProfile[]): Tally {
  const counters = features.map(createCounter);
  let rows = 0;
  return {
    add(row) {
      rows++;
      for (const counter of counters) counter.add(row);
    },
    counts: () => counters.map((counter) => counter.counts(rows)),
  };
}

/** A profile's own counts, in the same form. */
export function countsOf(feature: FeatureProfile): FeatureCounts {
  const { rows, missing } = feature;
  if (feature.kind !== "numeric")
    return { rows, missing, counts: Float64Array.of(...feature.counts, feature.other), mean: Number.NaN };
  return { rows, missing, counts: Float64Array.from(feature.counts), mean: feature.mean ?? Number.NaN };
}

interface Counter {
  add(row: RawRow): void;
  counts(rows: number): FeatureCounts;
}

const isMissing = (value: RawValue | undefined): value is null | undefined =>
  value === null || value === undefined || value === "" || (typeof value === "number" && Number.isNaN(value));

function createCounter(feature: FeatureProfile): Counter {
  switch (feature.kind) {
    case "numeric":
      return createNumberCounter(feature);
    case "multilabel":
      return createLabelCounter(feature);
    default:
      return createLevelCounter(feature);
  }
}

function createNumberCounter({ name, edges, sizeOf }: Extract<FeatureProfile, { kind: "numeric" }>): Counter {
  const counts = new Float64Array(edges.length + 1);
  let [known, sum] = [0, 0];
  const numberOf = (row: RawRow): number => {
    const value = row[sizeOf ?? name];
    if (isMissing(value)) return Number.NaN;
    return sizeOf === undefined ? Number(value) : listOf(value).length;
  };
  return {
    add(row) {
      const value = numberOf(row);
      if (Number.isNaN(value)) return;
      known++;
      sum += value;
      counts[binOf(edges, value)]++;
    },
    counts: (rows) => ({ rows, missing: rows - known, counts: counts.slice(), mean: sum / known }),
  };
}

function createLevelCounter({
  kind,
  name,
  levels,
}: Extract<FeatureProfile, { kind: "categorical" | "boolean" }>): Counter {
  const places = new Map(levels.map((level, i) => [level, i]));
  const counts = new Float64Array(levels.length + 1);
  let known = 0;
  const textOf = (value: RawValue): string => (kind === "boolean" ? truthOf(value) : String(value));
  return {
    add(row) {
      const value = row[name];
      if (isMissing(value)) return;
      known++;
      counts[places.get(textOf(value)) ?? levels.length]++;
    },
    counts: (rows) => ({ rows, missing: rows - known, counts: counts.slice(), mean: Number.NaN }),
  };
}

/** A boolean column's value as JSON or a table may have it. */
const truthOf = (value: RawValue): string =>
  value === 1 ? "true" : value === 0 ? "false" : String(value).toLowerCase();

function createLabelCounter({ name, levels }: Extract<FeatureProfile, { kind: "multilabel" }>): Counter {
  const places = new Map(levels.map((level, i) => [level, i]));
  const counts = new Float64Array(levels.length + 1);
  let known = 0;
  return {
    add(row) {
      const value = row[name];
      if (isMissing(value)) return;
      known++;
      // Several levels without a name of their own are one "other".
      for (const place of new Set(listOf(value).map((label) => places.get(label) ?? levels.length))) counts[place]++;
    },
    counts: (rows) => ({ rows, missing: rows - known, counts: counts.slice(), mean: Number.NaN }),
  };
}

const listOf = (value: RawValue): readonly string[] => (Array.isArray(value) ? value : [String(value)]);
