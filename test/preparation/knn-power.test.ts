import { expect, test } from "vitest";
import type { Column } from "../../src/core/dataset.ts";
import { UserError } from "../../src/core/errors.ts";
import { createRng } from "../../src/core/rng.ts";
import { boolean, categorical, cellsOf, fitStep, frame, none, numeric } from "./support.ts";

const knn = { numeric: "knn", neighbours: 2, indicator: false };

test("knn: the mean of the nearest who have the value, by what both have", async () => {
  const train = frame(
    numeric("a", 0, 1, 10, 11, none),
    numeric("b", 5, 7, 100, 200, 9),
    boolean("f", 0, 0, 1, 1, none),
  );
  const fitted = await fitStep("impute", { ...knn, boolean: "none" }, train);
  const others = frame(numeric("a", 0, 10.4, none), numeric("b", none, none, none), boolean("f", 0, none, 1));
  expect(cellsOf(fitted.transform(others))).toEqual({
    a: [0, 10.4, 10.5],
    b: [6, 150, 150],
    f: [0, null, 1],
  });
});

test("knn: who has nothing in common with anyone gets the mean; a column that all lack is dropped", async () => {
  const train = frame(numeric("a", 1, 2, 6), numeric("b", none, none, none));
  const fitted = await fitStep("impute", knn, train);
  expect(cellsOf(fitted.transform(frame(numeric("a", none), numeric("b", 5))))).toEqual({ a: [3] });
});

test("knn: fewer who have the value than neighbours asked for are all taken", async () => {
  const train = frame(numeric("a", 1, 2, 3, 4), numeric("b", none, none, 7, none));
  const fitted = await fitStep("impute", { ...knn, neighbours: 3 }, train);
  expect(cellsOf(fitted.transform(frame(numeric("a", 1), numeric("b", none))))).toEqual({ a: [1], b: [7] });
});

test("knn: of equally near ones the first are taken", async () => {
  const train = frame(numeric("a", 1, 1, 1, 1), numeric("b", 10, 20, 30, 40));
  const fitted = await fitStep("impute", knn, train);
  expect(cellsOf(fitted.transform(frame(numeric("a", 1), numeric("b", none)))).b).toEqual([15]);
});

test("knn: more neighbours than training rows are refused, and so are infinite values", async () => {
  const train = frame(numeric("a", 1, 2, 3), categorical("c", "x", "y", "x"));
  await expect(fitStep("impute", { ...knn, neighbours: 4 }, train)).rejects.toMatchObject({
    message: "impute looks for 4 neighbours among 3 training rows",
    fix: ["Set neighbours to 3 or less."],
  });
  await expect(fitStep("impute", knn, frame(numeric("edad", 1, Infinity, none)))).rejects.toThrow(
    /"edad" holds infinite/,
  );
});

test("knn: a large table keeps no more donors than said, drawn by the seed", async () => {
  const rng = createRng(3);
  const column = (name: string, gaps: number): Column => ({
    kind: "numeric",
    name,
    values: Float64Array.from({ length: 5000 }, () => (rng.next() < gaps ? none : rng.next())),
  });
  const train = frame(column("a", 0), column("b", 0.1));
  const { state } = await fitStep("impute", { ...knn, donors: 300 }, train);
  const { neighbours } = state as { neighbours: { count: number; donors: Float64Array } };
  expect([neighbours.count, neighbours.donors.length]).toEqual([300, 600]);
  const again = await fitStep("impute", { ...knn, donors: 300 }, train);
  expect(again.state).toEqual(state);
});

test("power: numbers of any size and sign get a finite scale; constants become 0, missing ones stay", async () => {
  const huge = [1e300, 2, 5, 3, 1, 4, 2, 3];
  const train = frame(
    numeric("huge", ...huge),
    numeric("both", -1e300, 1, 2, 3, 4, 5, 6, 7),
    numeric("constant", ...Array(8).fill(7)),
    numeric("zeros", ...Array(8).fill(0)),
    numeric("gap", none, 1, 10, 100, 1000, 1e4, 1e5, none),
    numeric("empty", ...Array(8).fill(none)),
  );
  const made = cellsOf((await fitStep("scale", { method: "power" }, train)).transform(train)) as Record<
    string,
    number[]
  >;
  for (const name of ["huge", "both"]) {
    expect(made[name].every(Number.isFinite), name).toBe(true);
    expect(
      made[name].reduce((a, b) => a + b, 0),
      name,
    ).toBeCloseTo(0, 8);
  }
  for (const value of [...made.constant, ...made.zeros]) expect(value).toBeCloseTo(0, 12);
  expect([made.gap[0], made.gap[7]]).toEqual([null, null]);
  expect(made.gap[3] - made.gap[2]).toBeCloseTo(made.gap[4] - made.gap[3], 1); // powers of ten become even steps
  expect(made.empty).toEqual(Array(8).fill(null));
});

test("power: infinite values, and huge ones of both signs, are refused by name", async () => {
  for (const values of [
    [1, 2, Infinity],
    [-1e308, 1e308, 3],
  ]) {
    const failure = fitStep("scale", { method: "power" }, frame(numeric("dosis", ...values)));
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toThrow(/"dosis" holds infinite or too large/);
  }
});
