import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Column, Frame } from "../../src/core/dataset.ts";
import { valuesOf } from "../../src/preparation/_projection.ts";
import { forestGains } from "../../src/preparation/select/forest.ts";
import { l1Weights } from "../../src/preparation/select/l1.ts";
import { dermatologyComplete, fitStep, numeric } from "./support.ts";

interface Reference {
  readonly l1: Readonly<Record<string, { readonly kept: readonly string[]; readonly weights: readonly number[] }>>;
  readonly gains: readonly number[];
  readonly recursive: readonly string[];
}
const reference: Reference = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "fixtures", "preparation", "select_models.json"), "utf8"),
);
const { signal } = new AbortController();
const patients = dermatologyComplete();

async function keptOf(params: Record<string, unknown>, of = patients): Promise<string[]> {
  return (await fitStep("select", params, of.frame, of.y, of.classes))
    .transform(of.frame)
    .columns.map((column) => column.name);
}

test.each(Object.entries(reference.l1))("l1 with C %s keeps the columns that scikit-learn keeps", async (C, want) => {
  const values = valuesOf(patients.frame, "select");
  const weights = await l1Weights({ ...patients, values, C: Number(C), signal });
  weights.forEach((weight, i) => {
    expect(Math.abs(weight - want.weights[i]), patients.frame.columns[i].name).toBeLessThan(0.02);
  });
  expect(await keptOf({ by: "l1", C: Number(C) })).toEqual(want.kept);
});

test("l1 keeps at most k, and refuses where nothing has a weight", async () => {
  const all = await keptOf({ by: "l1", C: 0.3 });
  const three = await keptOf({ by: "l1", C: 0.3, k: 3 });
  expect(three).toHaveLength(3);
  expect(all).toEqual(expect.arrayContaining(three));
  await expect(keptOf({ by: "l1", C: 1e-6 })).rejects.toMatchObject({
    message: expect.stringContaining("no column gets a weight"),
    fix: ["Raise its C."],
  });
});

test("a column's gain in the forest is LightGBM's own in Python", async () => {
  const gains = await forestGains({ ...patients, trees: 20, seed: 1, signal });
  gains.forEach((gain, i) => {
    expect(Math.abs(gain - reference.gains[i])).toBeLessThanOrEqual(1e-5 * reference.gains[i]);
  });
  const best = [...reference.gains.keys()].sort((a, b) => reference.gains[b] - reference.gains[a]).slice(0, 5);
  expect(await keptOf({ by: "model", k: 5 })).toEqual(
    best.sort((a, b) => a - b).map((i) => patients.frame.columns[i].name),
  );
});

test("recursive elimination leaves what scikit-learn's RFE leaves", async () => {
  expect(await keptOf({ by: "recursive", k: 7 })).toEqual(reference.recursive);
});

test("a forest takes missing values as they are; a regression asks for impute", async () => {
  const gap = (column: Column): Column => {
    if (column.kind !== "numeric") throw new Error(column.kind);
    return { ...column, values: column.values.map((value, row) => (row % 9 === 0 ? Number.NaN : value)) };
  };
  const holed = { ...patients, frame: { ...patients.frame, columns: patients.frame.columns.map(gap) } };
  expect(await keptOf({ by: "model", k: 5 }, holed)).toHaveLength(5);
  expect(await keptOf({ by: "recursive", k: 5 }, holed)).toHaveLength(5);
  await expect(keptOf({ by: "l1" }, holed)).rejects.toThrow(/"erythema" has missing values/);
});

test("columns without any spread or value are the first to go", async () => {
  const { rows, columns } = patients.frame;
  const dull: Frame = {
    rows,
    columns: [
      numeric("zero", ...new Float64Array(rows)),
      numeric("empty", ...new Float64Array(rows).fill(Number.NaN)),
      ...columns.slice(0, 4),
    ],
  };
  const names = columns.slice(0, 4).map(({ name }) => name);
  expect(await keptOf({ by: "model", k: 4 }, { ...patients, frame: dull })).toEqual(names);
  expect(await keptOf({ by: "recursive", k: 4 }, { ...patients, frame: dull })).toEqual(names);
  const complete = { ...dull, columns: dull.columns.filter(({ name }) => name !== "empty") };
  expect(await keptOf({ by: "l1" }, { ...patients, frame: complete })).not.toContain("zero");
});

test.each(["l1", "model", "recursive"])("by %s, rows of one class alone are refused", async (by) => {
  const one = { ...patients, y: new Int32Array(patients.frame.rows) };
  await expect(keptOf({ by }, one)).rejects.toThrow(/all training rows are of one class/);
});

test("by l1, a class with a single row and classes without any do no harm", async () => {
  const y = patients.y.slice();
  y[0] = 7;
  expect((await keptOf({ by: "l1", C: 0.1 }, { ...patients, y, classes: 9 })).length).toBeGreaterThan(5);
});

test.each(["l1", "model", "recursive"])("by %s, an abort while it works rejects with its reason", async (by) => {
  const reason = new Error("stopped by hand");
  const stop = new AbortController();
  setImmediate(() => stop.abort(reason));
  const { frame, y, classes } = patients;
  const params = { by, trees: 1000, C: 1e6, k: 1 };
  await expect(fitStep("select", params, frame, y, classes, stop.signal)).rejects.toBe(reason);
});
