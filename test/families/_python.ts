import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { families } from "../../src/families/index.ts";

/** One case of test/fixtures/families/make.py. */
const Case = z.object({
  family: z.string(),
  params: z.record(z.string(), z.unknown()),
  classes: z.int(),
  weighted: z.boolean(),
  columns: z.enum(["binary", "numeric"]).optional(),
  rounds: z.int().nullable(),
  /** [40 × classes] */
  proba: z.array(z.number()),
  /** [3 × outputs × (columns + 1)] SHAP values and base, of boosted trees */
  contributions: z.array(z.number()).optional(),
});
export type PythonCase = z.infer<typeof Case>;

const root = join(import.meta.dirname, "..", "..");

export function parseCases(json: string): [string, PythonCase][] {
  return Object.entries(z.record(z.string(), Case).parse(JSON.parse(json)));
}

export const fixtureCases = (): [string, PythonCase][] =>
  parseCases(readFileSync(join(root, "test", "fixtures", "families", "python.json"), "utf8"));

/** Fits our family on the same rows; the probabilities of the first 40 validation rows, and why of the first three. */
export async function fitLikePython({ family: id, params, classes, weighted, columns }: PythonCase) {
  const family = await families[id]!();
  const { data, y, cols, names, rows } = dermatology(family.acceptsMissing, classes, columns);
  const part = (validation: boolean) => {
    const chosen = Array.from({ length: rows }, (_, i) => i).filter((i) => (i % 3 === 2) === validation);
    const values = Float32Array.from(chosen.flatMap((i) => [...data.subarray(i * cols, (i + 1) * cols)]));
    return { x: { rows: chosen.length, cols, names, data: values }, y: Int32Array.from(chosen, (i) => y[i]!) };
  };
  const [train, validation] = [part(false), part(true)];
  const count = (k: number): number => train.y.filter((code) => code === k).length;
  const weights = Float32Array.from(train.y, (k) => train.y.length / (classes * count(k)));
  const model = await family.fit({
    train: weighted ? { ...train, weights } : train,
    validation,
    classes,
    params: family.params.parse(params),
    seed: 7,
    threads: 1,
    signal: new AbortController().signal,
  });
  const proba = model.predictProba(validation.x).subarray(0, 40 * classes);
  const contributions = [0, 1, 2].flatMap((row) => {
    const data = validation.x.data.subarray(row * cols, (row + 1) * cols);
    const made = model.contributions?.({ ...validation.x, rows: 1, data }, { typical: data });
    if (!made) return [];
    return [...made.base].flatMap((base, k) => [...made.values.subarray(k * cols, (k + 1) * cols), base]);
  });
  model.dispose();
  return { proba, contributions, rounds: model.rounds };
}

export function dermatology(keepMissing: boolean, classes: number, columns: PythonCase["columns"]) {
  const lines = readFileSync(join(root, "data", "dermatology.csv"), "utf8")
    .trim()
    .split("\n");
  const cells = lines.map((line) => line.split(","));
  const names = cells[0]!.slice(0, -1);
  const rows = cells.slice(1);
  const diseases = [...new Set(rows.map((row) => row.at(-1)!))].sort();
  const data = Float32Array.from(
    rows.flatMap((row) => row.slice(0, -1).map((cell) => (cell === "" ? Number.NaN : Number(cell)))),
  );
  const cols = names.length;
  for (let at = cols - 1; at < data.length; at += cols) {
    const age = data[at]! / Math.fround(100);
    data[at] = Number.isNaN(age) && !keepMissing ? 0.36 : age;
  }
  const y = rows.map((row) => (classes > 2 ? diseases.indexOf(row.at(-1)!) : Number(row.at(-1) === "psoriasis")));
  const table = { data, y, cols, names, rows: rows.length };
  if (columns === "binary") {
    return { ...table, data: data.map((value, at) => Number(value > (at % cols === cols - 1 ? 0.36 : 0))) };
  }
  if (columns === undefined) return table;
  const kept = names.map((_, j) => j).filter((j) => rows.some((row) => !["0", "1"].includes(row[j]!)));
  const values = rows.flatMap((_, i) => kept.map((j) => data[i * cols + j]!));
  return { ...table, data: Float32Array.from(values), cols: kept.length, names: kept.map((j) => names[j]!) };
}

/** Largest and mean absolute difference of two lists. */
export function differences(a: ArrayLike<number>, b: ArrayLike<number>): { most: number; mean: number } {
  const all = Array.from(a, (value, i) => Math.abs(value - b[i]!));
  return { most: Math.max(...all), mean: all.reduce((x, y) => x + y, 0) / all.length };
}
