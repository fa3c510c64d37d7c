import { expect, test } from "vitest";
import type { Column, Frame } from "../../src/core/dataset.ts";
import { pack } from "../../src/core/formats/container.ts";
import { fitPipeline } from "../../src/preparation/_pipeline.ts";
import { stratifiedFolds } from "../../src/preparation/encode/target.ts";
import { steps } from "../../src/preparation/index.ts";
import { boolean, categorical, cellsOf, fitStep, frame, multilabel, none, numeric } from "./support.ts";

const after = async (params: Record<string, unknown>, train: Frame, other = train, y?: Int32Array, classes?: number) =>
  cellsOf((await fitStep("encode", params, train, y, classes)).transform(other));

test("ordinal: levels are numbered by name, rare ones share the last number, unknown and missing ones are -1", async () => {
  const train = frame(categorical("c", "b", "b", "a", "a", "x", "y", null));
  const params = { method: "ordinal" };
  expect(await after(params, train)).toEqual({ c: [1, 1, 0, 0, 2, 2, -1] });
  expect(await after(params, train, frame(categorical("c", "zz", "a", null)))).toEqual({ c: [-1, 0, -1] });
  expect(await after({ ...params, missing: "nan", min_frequency: 1 }, train)).toEqual({
    c: [1, 1, 0, 0, 2, 3, null],
  });
  expect(await after({ ...params, max_levels: 2 }, train)).toEqual({ c: [0, 0, 1, 1, 1, 1, -1] });
});

test("ordinal and target leave symptom lists a column a label, and drop a column without a level", async () => {
  const train = frame(categorical("empty", null, null), multilabel("s", ["tos"], ["tos", "fiebre"]));
  for (const method of ["ordinal", "target"]) {
    expect(await after({ method, min_frequency: 1 }, train)).toEqual({ "s=fiebre": [0, 1], "s=tos": [1, 1] });
  }
});

test("only the named columns are encoded, so that each may be in its own way", async () => {
  const train = frame(
    categorical("a", "p", "p", "q", "q"),
    categorical("b", "u", "v", "u", "v"),
    boolean("f", 0, 1, 0, 1),
  );
  const signal = new AbortController().signal;
  const context = { frame: train, y: Int32Array.of(0, 0, 1, 1), classes: 2, seed: 1, signal };
  const specs = [
    { id: "encode", params: { method: "ordinal", columns: ["a"] } },
    { id: "encode", params: {} },
  ];
  const made = (await fitPipeline(specs, context, (id) => steps[id]())).transform(train);
  expect(cellsOf(made)).toEqual({ a: [0, 0, 1, 1], "b=u": [1, 0, 1, 0], "b=v": [0, 1, 0, 1], f: [0, 1, 0, 1] });
  const first = await fitStep("encode", specs[0].params, train);
  expect(first.transform(train).columns.map(({ kind }) => kind)).toEqual(["numeric", "categorical", "boolean"]);
  await expect(fitStep("encode", { columns: ["ab"] }, train)).rejects.toThrow(/there is no column "ab" to encode/);
});

const hospitals = categorical("hospital", ...Array.from({ length: 60 }, (_, row) => `h${row % 20}`));
const luck = Int32Array.from({ length: 60 }, (_, row) => (row * 7919) % 3);

test("target: a training row is encoded by other rows than itself, a new one by all", async () => {
  const train = frame(hospitals, numeric("x", ...luck));
  const fitted = await fitStep("encode", { method: "target" }, train, luck, 3);
  const seen = fitted.train!;
  expect(seen.columns.map(({ name }) => name)).toEqual(["hospital:0", "hospital:1", "hospital:2", "x"]);
  expect(pack(seen)).not.toEqual(pack(fitted.transform(train)));
  // Another class of row 0 changes what every other row of its level gets, and not what it gets itself.
  const y = luck.slice();
  y[0] = (y[0] + 1) % 3;
  const folds = stratifiedFolds(luck, 3, 5, 1);
  const others = await fitStep("encode", { method: "target" }, train, y, 3);
  if (stratifiedFolds(y, 3, 5, 1).every((fold, row) => fold === folds[row])) {
    expect(cellsOf(others.train!)["hospital:0"][0]).toBe(cellsOf(seen)["hospital:0"][0]);
  }
  expect(cellsOf(others.transform(train))["hospital:0"][0]).not.toBe(cellsOf(fitted.transform(train))["hospital:0"][0]);
});

test("target: a pipeline hands the out-of-fold rows to the steps after it and to the model", async () => {
  const train = frame(hospitals);
  const context = { frame: train, y: luck, classes: 3, seed: 1, signal: new AbortController().signal };
  const specs = [
    { id: "encode", params: { method: "target" } },
    { id: "scale", params: {} },
  ];
  const pipeline = await fitPipeline(specs, { ...context, classNames: ["a", "b", "c"] }, (id) => steps[id]());
  expect(pipeline.train.columns.map(({ name }) => name)).toEqual(["hospital:a", "hospital:b", "hospital:c"]);
  const mean = (column: Column): number => ("values" in column ? column.values.reduce((a, b) => a + b, 0) / 60 : none);
  for (const column of pipeline.train.columns) expect(mean(column)).toBeCloseTo(0, 12);
  expect(pack(pipeline.train)).not.toEqual(pack(pipeline.transform(train)));
});

test("target: levels that say nothing about the class do not seem to in the rows that a model is trained on", async () => {
  const rows = 2000;
  const id = categorical("id", ...Array.from({ length: rows }, (_, row) => `p${row >> 1}`));
  const y = Int32Array.from({ length: rows }, (_, row) => Number(((row * 2654435761) >>> 7) % 2));
  const fitted = await fitStep("encode", { method: "target" }, frame(id), y, 2);
  const hits = (made: Frame): number =>
    cellsOf(made).id.filter((share, row) => Number((share as number) > 0.5) === y[row]).length / rows;
  expect(hits(fitted.transform(frame(id)))).toBeGreaterThan(0.65); // what leaking looks like
  expect(hits(fitted.train!)).toBeLessThan(0.55);
});

test("target: folds are dealt out evenly by class, as the seed says", () => {
  const y = Int32Array.from({ length: 103 }, (_, row) => (row < 3 ? 2 : row % 2));
  const folds = stratifiedFolds(y, 3, 5, 4);
  for (const code of [0, 1, 2]) {
    const counts = [0, 1, 2, 3, 4].map((fold) => folds.filter((f, row) => f === fold && y[row] === code).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  }
  expect(stratifiedFolds(y, 3, 5, 4)).toEqual(folds);
  expect(stratifiedFolds(y, 3, 5, 5)).not.toEqual(folds);
});

test("target: a class with one row, a class without any, and one class alone give finite shares", async () => {
  for (const [y, classes] of [
    [Int32Array.of(0, 0, 0, 1, 1, 2), 4],
    [Int32Array.of(0, 0, 0, 0, 0, 0), 2],
  ] as const) {
    const fitted = await fitStep(
      "encode",
      { method: "target" },
      frame(categorical("c", "a", "a", "b", "b", "c", null)),
      y,
      classes,
    );
    for (const made of [fitted.train!, fitted.transform(frame(categorical("c", "new", null)))]) {
      expect(Object.values(cellsOf(made)).flat().every(Number.isFinite)).toBe(true);
    }
  }
});

test("100,000 levels: one-hot refuses, ordinal and target take them, target refuses with advice what would not fit", async () => {
  const rows = 200_000;
  const levels = Array.from({ length: 100_000 }, (_, i) => `p${String(i).padStart(6, "0")}`);
  const id: Column = {
    kind: "categorical",
    name: "patient",
    levels,
    codes: Int32Array.from({ length: rows }, (_, i) => i % 100_000),
  };
  const of = { rows, columns: [id] };
  const y = Int32Array.from({ length: rows }, (_, i) => i % 50);
  await expect(fitStep("encode", {}, of)).rejects.toThrow(/"patient" would become 100000 columns/);
  const ordinal = (await fitStep("encode", { method: "ordinal" }, of)).transform(of).columns;
  expect(ordinal).toHaveLength(1);
  const target = await fitStep(
    "encode",
    { method: "target" },
    of,
    y.map((code) => code % 3),
    3,
  );
  expect(target.train!.columns).toHaveLength(3);
  await expect(fitStep("encode", { method: "target" }, of, y, 50)).rejects.toMatchObject({
    message: 'column "patient" has 100000 levels, too many for 50 classes',
    fix: [expect.stringContaining("Leave the column out"), expect.stringContaining("max_levels to 80000")],
  });
  expect(
    (
      await fitStep(
        "encode",
        { method: "target", max_levels: 100 },
        of,
        y.map((code) => code % 9),
        9,
      )
    ).train!.columns,
  ).toHaveLength(9);
});
