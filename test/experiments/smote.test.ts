import { expect, test } from "vitest";
import type { LabelledMatrix } from "../../src/core/family.ts";
import { createRng } from "../../src/core/rng.ts";
import { resampledRows } from "../../src/experiments/jobs/resample.ts";
import { kindsOf, scaledRows } from "../../src/experiments/jobs/smote.ts";

const CLASSES = ["flu", "lupus", "lepra"];

function rowsOf(
  columns: readonly string[],
  rows: readonly (readonly number[])[],
  y: readonly number[],
): LabelledMatrix {
  const data = Float32Array.from(rows.flat());
  return { x: { rows: rows.length, cols: columns.length, names: columns, data }, y: Int32Array.from(y) };
}

/** Many rows of class 0 around 0, a few of class 1 around 10; two numbers, a one-hot group, two symptoms and a yes/no. */
const COLUMNS = ["age", "crp", "sex=f", "sex=m", "region=a", "region=b", "signs=rash", "signs=cough", "smoker"];
function patients(common: number, rare: number, seed = 1): LabelledMatrix {
  const rng = createRng(seed);
  const rows = Array.from({ length: common + rare }, (_, i) => {
    const at = i < common ? 0 : 10;
    const region = rng.int(3); // none of the two is also possible
    const female = rng.int(2);
    const flags = [female, 1 - female, Number(region === 0), Number(region === 1), rng.int(2), rng.int(2), rng.int(2)];
    return [at + rng.next(), at * 3 + rng.next() * 2, ...flags];
  });
  // Some row has both symptoms: they are no one-hot group.
  rows[0]!.splice(6, 2, 1, 1);
  return rowsOf(COLUMNS, rows, [...Array(common).fill(0), ...Array(rare).fill(1)]);
}
const smote = (train: LabelledMatrix, seed = 1) => resampledRows("smote", train, CLASSES, seed);
const listOf = ({ x }: Pick<LabelledMatrix, "x">, from = 0): number[][] =>
  Array.from({ length: x.rows - from }, (_, i) => [...x.data.subarray((from + i) * x.cols, (from + i + 1) * x.cols)]);

test("classes become as large as the largest: the rows as they are first, then made-up ones", async () => {
  const train = patients(40, 9);
  const { train: made, notices } = await smote(train);
  expect(notices).toEqual([]);
  expect(made.x.rows).toBe(80);
  expect(listOf(made).slice(0, 49)).toEqual(listOf(train));
  expect([...made.y.slice(49)]).toEqual(Array(31).fill(1));
});

test("numbers of a made-up row lie on the line between two rows of its class", async () => {
  const train = patients(60, 8);
  const own = listOf(train).slice(60);
  const onLine = (row: number[]): boolean =>
    own.some((a) =>
      own.some((b) => {
        const share = (row[0]! - a[0]!) / (b[0]! - a[0]!);
        return share >= -1e-4 && share <= 1 + 1e-4 && Math.abs(a[1]! + share * (b[1]! - a[1]!) - row[1]!) < 1e-3;
      }),
    );
  const made = listOf((await smote(train)).train, 68);
  expect(made.filter(onLine)).toHaveLength(made.length);
  expect(made.filter((row) => own.some((a) => a[0] === row[0])).length).toBeLessThan(made.length / 4);
});

test("nominal values stay whole: 0 or 1, and at most one of a one-hot group", async () => {
  const made = listOf((await smote(patients(300, 60))).train, 360);
  for (const row of made) {
    expect(row.slice(2).every((value) => value === 0 || value === 1)).toBe(true);
    expect(row[2]! + row[3]!).toBe(1);
    expect(row[4]! + row[5]!).toBeLessThanOrEqual(1);
  }
  // Symptoms are each for itself: both, one and none of them occur.
  expect(new Set(made.map((row) => row[6]! + row[7]!)).size).toBe(3);
});

test("nominal values are those of most neighbours, whatever the row's own", async () => {
  // Seven of class 1 next to each other: one has the symptom, so no five of the others hold a majority with it.
  const rows = [
    ...Array.from({ length: 20 }, (_, i) => [i, 0]),
    ...[0, 1, 2, 3, 4, 5, 6].map((i) => [100 + i, Number(i === 3)]),
  ];
  const train = rowsOf(
    ["age", "signs=rash"],
    rows,
    rows.map((_, i) => Number(i >= 20)),
  );
  const made = listOf((await smote(train)).train, 27);
  expect(made).toHaveLength(13);
  expect(made.every((row) => row[1] === 0)).toBe(true);
});

test("a nominal value that differs counts as half the squared median deviation of the class's numbers", () => {
  const columns = ["age", "crp", "weight", "sex=f", "sex=m", "smoker"];
  const { x } = rowsOf(
    columns,
    [
      [0, 0, 0, 1, 0, 0],
      [0, 4, 20, 0, 1, 0],
      [9, 9, 900, 1, 0, 0], // of another class
      [2, 0, 0, 1, 0, 1],
      [2, 4, 20, 1, 0, 0],
    ],
    [0, 0, 1, 0, 0],
  );
  const kinds = kindsOf(x);
  expect(kinds).toEqual({
    numbers: Int32Array.of(0, 1, 2),
    nominals: [Int32Array.of(3, 4), Int32Array.of(5)],
  });
  const scaled = listOf({ x: scaledRows(x, Int32Array.of(0, 1, 3, 4), kinds) });
  const apart = (a: number, b: number): number => scaled[a]!.reduce((sum, v, j) => sum + (v - scaled[b]![j]!) ** 2, 0);
  // Deviations are 1, 2 and 10: their median 2.
  expect(apart(0, 1)).toBeCloseTo(4 ** 2 + 20 ** 2 + 2 ** 2 / 2, 4); // another sex
  expect(apart(0, 2)).toBeCloseTo(2 ** 2 + 2 ** 2 / 2, 4); // a smoker
  expect(apart(0, 3)).toBeCloseTo(2 ** 2 + 4 ** 2 + 20 ** 2, 4);
});

test("a class of two rows is filled between the two; one of a single row is repeated, and that is said", async () => {
  const train = rowsOf(["age"], [[0], [1], [2], [3], [50], [60], [99]], [0, 0, 0, 0, 1, 1, 2]);
  const { train: made, notices } = await smote(train);
  const ofClass = (code: number): number[] => listOf(made).flatMap((row, i) => (made.y[i] === code ? row : []));
  expect(ofClass(2)).toEqual([99, 99, 99, 99]);
  const between = ofClass(1).slice(2);
  expect(between.every((age) => age >= 50 && age <= 60)).toBe(true);
  expect(notices).toEqual(['resample: smote only repeats classes of one training row: "lepra"']);
});

test("without numbers neighbours are those that differ in the fewest values", async () => {
  const train = patients(30, 8);
  const flags = {
    ...train.x,
    cols: 7,
    names: COLUMNS.slice(2),
    data: Float32Array.from(listOf(train).flatMap((r) => r.slice(2))),
  };
  const { train: made } = await smote({ x: flags, y: train.y });
  expect(made.x.rows).toBe(60);
  for (const row of listOf(made, 38)) expect(row[0]! + row[1]!).toBe(1);
});

test("the seed decides the rows, and nothing else does", async () => {
  const train = patients(40, 9);
  expect((await smote(train, 3)).train).toEqual((await smote(train, 3)).train);
  expect((await smote(train, 4)).train).not.toEqual((await smote(train, 3)).train);
});

test("a missing value is refused by its column", async () => {
  const train = patients(40, 9);
  train.x.data[9 + 1] = Number.NaN;
  await expect(smote(train)).rejects.toMatchObject({ where: "column crp, training row 2" });
});
