import { expect, test } from "vitest";
import type { Frame } from "../../src/core/dataset.ts";
import { fitOn } from "./reference.ts";
import { boolean, categorical, cellsOf, fitStep, frame, multilabel, none, numeric } from "./support.ts";

/** One step fitted on a frame and applied to it, or to another: cells by column. */
const apply = async (
  id: string,
  params: Record<string, unknown>,
  train: Frame,
  other = train,
): Promise<Record<string, unknown[]>> => cellsOf((await fitStep(id, params, train)).transform(other));

test("impute: the median of an even number of values is the mean of the middle two", async () => {
  expect(await apply("impute", {}, frame(numeric("x", 1, none, 10, 2, 3)))).toEqual({
    x: [1, 2.5, 10, 2, 3],
    x__missing: [0, 1, 0, 0, 0],
  });
});

test("impute: a column complete in train gets no indicator but is filled in new data", async () => {
  const train = frame(numeric("x", 1, 2, 3));
  expect(await apply("impute", {}, train, frame(numeric("x", none, 7)))).toEqual({ x: [2, 7] });
});

test("impute: a column without a value in train is dropped, unless a constant fills it", async () => {
  const train = frame(numeric("x", none, none), numeric("y", 1, 2));
  expect(await apply("impute", {}, train)).toEqual({ y: [1, 2] });
  expect(await apply("impute", { numeric: "constant", numeric_fill: -1, indicator: false }, train)).toEqual({
    x: [-1, -1],
    y: [1, 2],
  });
});

test("impute: missing categories become a level of their own, which is its own indicator", async () => {
  expect(await apply("impute", {}, frame(categorical("c", "b", null, "z")))).toEqual({ c: ["b", "missing", "z"] });
});

test("impute: a fill that is a real level as well is marked by an indicator", async () => {
  expect(await apply("impute", { categorical_fill: "b" }, frame(categorical("c", "b", null, "z")))).toEqual({
    c: ["b", "b", "z"],
    c__missing: [0, 1, 0],
  });
});

test("impute: ties of the most frequent go to the first level and to false", async () => {
  const train = frame(categorical("c", "z", "a", null), boolean("b", 1, 0, none));
  expect(await apply("impute", { categorical: "most_frequent", indicator: false }, train)).toEqual({
    c: ["z", "a", "a"],
    b: [1, 0, 0],
  });
});

test("impute: a missing symptom list becomes an empty one with an indicator", async () => {
  expect(await apply("impute", {}, frame(multilabel("s", ["tos"], null, [])))).toEqual({
    s: [["tos"], [], []],
    s__missing: [0, 1, 0],
  });
});

test("impute: `none` leaves a kind as it is", async () => {
  const kept = { numeric: "none", categorical: "none", boolean: "none", multilabel: "none" };
  const train = frame(
    numeric("x", 1, none),
    categorical("c", null, "a"),
    boolean("b", none, 1),
    multilabel("s", null, ["tos"]),
  );
  expect(await apply("impute", kept, train)).toEqual({
    x: [1, null],
    c: [null, "a"],
    b: [null, 1],
    s: [null, ["tos"]],
  });
});

test("encode: a level that train has not seen gives zeros", async () => {
  const train = frame(categorical("c", "a", "b", "a", "b"));
  expect(await apply("encode", {}, train, frame(categorical("c", "a", "x", "b")))).toEqual({
    "c=a": [1, 0, 0],
    "c=b": [0, 0, 1],
  });
});

test("encode: rare levels share a column, of categories and of symptoms", async () => {
  const train = frame(
    categorical("c", "a", "a", "x", "y"),
    multilabel("s", ["tos", "ataxia"], ["tos"], ["fiebre"], []),
  );
  expect(await apply("encode", { min_frequency: 2 }, train)).toEqual({
    "c=a": [1, 1, 0, 0],
    "c=infrequent": [0, 0, 1, 1],
    "s=tos": [1, 1, 0, 0],
    "s=infrequent": [1, 0, 1, 0],
  });
});

test("encode: a missing category gives zeros, or NaN when asked to", async () => {
  const train = frame(categorical("c", "a", null), multilabel("s", null, ["tos"]));
  const zeros = { "c=a": [1, 0], "s=tos": [0, 1] };
  expect(await apply("encode", { min_frequency: 1 }, train)).toEqual(zeros);
  const unknown = { "c=a": [1, null], "s=tos": [null, 1] };
  expect(await apply("encode", { min_frequency: 1, missing: "nan" }, train)).toEqual(unknown);
});

test("encode: a column with thousands of levels is refused with advice, and merged when max_levels says so", async () => {
  const id = categorical("patient", ...Array.from({ length: 6000 }, (_, i) => `p${i % 3000}`), "p7");
  await expect(fitOn(frame(id), [{ id: "encode", params: {} }])).rejects.toMatchObject({
    message: expect.stringContaining('"patient" would become 3000 columns'),
    fix: [expect.stringContaining("Leave the column out"), expect.stringContaining("min_frequency")],
  });
  expect(Object.keys(await apply("encode", { max_levels: 2 }, frame(id)))).toEqual([
    "patient=p7",
    "patient=infrequent",
  ]);
});

test("scale: a column that does not vary is only shifted, and missing values stay missing", async () => {
  expect(await apply("scale", {}, frame(numeric("x", 5, 5, 5), numeric("y", 1, none, 3)))).toEqual({
    x: [0, 0, 0],
    y: [-1, null, 1],
  });
  const rounded = await apply("scale", {}, frame(numeric("x", 3.3, 3.3, 3.3)));
  expect(Math.max(...(rounded.x as number[]))).toBeLessThan(1e-12);
});

test("scale: booleans are left alone unless all columns are asked for", async () => {
  const train = frame(numeric("x", 0, 10), boolean("b", 0, 1));
  expect(await apply("scale", { method: "minmax" }, train)).toEqual({ x: [0, 1], b: [0, 1] });
  expect(await apply("scale", { columns: "all" }, train)).toEqual({ x: [-1, 1], b: [-1, 1] });
});

test("scale: infinite values are refused, naming the column", async () => {
  await expect(fitOn(frame(numeric("x", 1, Infinity)), [{ id: "scale", params: {} }])).rejects.toThrow(
    /"x" holds infinite/,
  );
});

test("encode then scale: measured booleans are scaled as numbers, one-hot columns are not", async () => {
  const train = frame(boolean("fiebre", 0, 1), categorical("c", "a", "b"));
  const made = (
    await fitOn(train, [
      { id: "encode", params: { min_frequency: 1 } },
      { id: "scale", params: {} },
    ])
  ).transform(train);
  expect(made.columns.map((column) => "values" in column && [...column.values])).toEqual([
    [-1, 1],
    [1, 0],
    [0, 1],
  ]);
});
