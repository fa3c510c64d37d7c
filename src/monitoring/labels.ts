import type { Column } from "../core/dataset.ts";
import type { RankedRows, Ranks, Scored } from "../core/metric.ts";
import type { Labelled } from "../core/monitoring/monitor.ts";
import type { MonitoringProfile } from "../core/monitoring/profile.ts";
import type { PredictionRecord, RawRow } from "../core/serving/serving.ts";

/** Collects predictions with their outcomes. */
export function createLabels(profile: MonitoringProfile): {
  add(record: PredictionRecord, outcome: string): void;
  made(): Labelled | null;
} {
  const records: { readonly record: PredictionRecord; readonly outcome: string }[] = [];
  const codes = new Map(profile.classes.map((name, code) => [name, code]));
  let outside = 0;
  return {
    add(record, outcome) {
      if (profile.input === "table" && !codes.has(outcome)) outside++;
      else records.push({ record, outcome });
    },
    made() {
      if (records.length + outside === 0) return null;
      const units = unitsOf(records.map(({ record }) => record));
      const scored = profile.input === "table" ? scoredTable(profile, records, codes) : scoredCases(records, units);
      const rows = records.map(({ record }): RawRow => record.features);
      return { scored, units, outside, column: (name) => columnOf(name, rows) };
    },
  };
}

type Known = readonly { readonly record: PredictionRecord; readonly outcome: string }[];

/** A patient's predictions are one unit; those of nobody in particular stand alone. */
function unitsOf(records: readonly PredictionRecord[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(records, ({ patient, id }) => {
    const key = patient === null ? `prediction ${id}` : patient;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}

function scoredTable(profile: MonitoringProfile, known: Known, codes: ReadonlyMap<string, number>): Scored {
  const { classes } = profile;
  const proba = new Float32Array(known.length * classes.length);
  for (const [row, { record }] of known.entries())
    for (const [name, code] of codes) proba[row * classes.length + code] = record.probabilities[name] ?? 0;
  return {
    rows: known.length,
    classes,
    y: Int32Array.from(known, ({ outcome }) => codes.get(outcome)!),
    proba,
    orphans: profile.orphans.flatMap((name) => codes.get(name) ?? []),
  };
}

/** Of rankings only the first places are known: a disease that is not among them counts as not listed. */
function scoredCases(known: Known, units: Int32Array): Scored {
  const outcomes = [...new Set(known.map(({ outcome }) => outcome))].sort();
  const codes = new Map(outcomes.map((name, code) => [name, code]));
  const rows: RankedRows = {
    rank: new Float32Array(known.length),
    groupRank: new Float32Array(known.length).fill(Number.NaN),
    answer: new Float32Array(known.length),
    first: new Float32Array(known.length),
    none: new Float32Array(known.length).fill(Number.NaN),
  };
  for (const [i, { record, outcome }] of known.entries()) {
    const p = record.probabilities[outcome];
    const all = Object.values(record.probabilities);
    // Ties count against us.
    rows.rank[i] = p === undefined ? Number.POSITIVE_INFINITY : all.filter((other) => other >= p).length;
    rows.answer[i] = p ?? Math.max(0, 1 - all.reduce((sum, q) => sum + q, 0));
    rows.first[i] = Math.max(0, ...all);
  }
  const ranks: Ranks = {
    newPatient: rows,
    allAnnotations: rows,
    trained: new Int32Array(known.length).fill(-1),
    publications: units,
  };
  return {
    rows: known.length,
    classes: outcomes,
    y: Int32Array.from(known, ({ outcome }) => codes.get(outcome)!),
    proba: new Float32Array(),
    orphans: [],
    ranks,
  };
}

/** Values of one feature as a column. */
function columnOf(name: string, rows: readonly RawRow[]): Column | undefined {
  const values = rows.map((row) => row[name] ?? null);
  const first = values.find((value) => value !== null);
  if (first === undefined) return undefined;
  if (typeof first === "number")
    return { kind: "numeric", name, values: Float64Array.from(values, (v) => (v === null ? Number.NaN : Number(v))) };
  const texts = values.map((value) => (value === null ? null : String(value)));
  const levels = [...new Set(texts.filter((text) => text !== null))].sort();
  const codes = new Map(levels.map((level, code) => [level, code]));
  return {
    kind: "categorical",
    ...{ name, levels },
    codes: Int32Array.from(texts, (text) => (text === null ? -1 : codes.get(text)!)),
  };
}
