import { describe, expect, test } from "vitest";
import type { CategoricalColumn, Column, Dataset, Split } from "../../src/core/dataset.ts";
import { createRng } from "../../src/core/rng.ts";
import { type SplitOptions, splitDataset, splitFolds } from "../../src/statistics/split.ts";
import { checkSplit } from "../../src/statistics/split-check.ts";

type Patients = Pick<Dataset, "frame" | "target" | "group">;

const OPTIONS: SplitOptions = {
  train: 0.7,
  validation: 0.2,
  test: 0.1,
  testSeed: 7,
  seed: 1,
  stratify: true,
  duplicates: "together",
};
const PARTS = ["train", "validation", "test"] as const;

/** Patients of the classes given by code, each different unless `x` says otherwise. */
function patients(y: readonly number[], groups?: readonly number[], x?: readonly number[]): Patients {
  const values = Float64Array.from(x ?? y.map((_, row) => row));
  const classes = Array.from({ length: Math.max(...y) + 1 }, (_, c) => `c${c}`);
  const group: CategoricalColumn | undefined = groups && {
    kind: "categorical",
    name: "patient",
    levels: Array.from({ length: Math.max(...groups) + 1 }, (_, g) => `p${g}`),
    codes: Int32Array.from(groups),
  };
  const frame = { rows: y.length, columns: [{ kind: "numeric", name: "x", values } satisfies Column] };
  return { frame, target: { name: "disease", classes, codes: Int32Array.from(y) }, group };
}

const repeat = (counts: readonly number[]): number[] => counts.flatMap((n, c) => Array.from({ length: n }, () => c));

const sizes = (split: Split): number[] => PARTS.map((part) => split[part].length);

const partOf = (split: Split, row: number): string | undefined => PARTS.find((part) => split[part].includes(row));

/** Patients at random: classes from common to rare, groups of unequal size, identical rows, missing groups. */
function randomPatients(seed: number): Patients {
  const rng = createRng(seed);
  const rows = 150 + rng.int(400);
  const classes = 2 + rng.int(8);
  const y = Array.from({ length: rows }, () => Math.min(rng.int(classes), rng.int(classes)));
  const x = y.map((_, row) => (rng.next() < 0.15 ? rng.int(12) : 100 + row));
  const groups = y.map(() => (rng.next() < 0.1 ? -1 : Math.floor(rng.next() ** 2 * (rows / 3))));
  return patients([...y, classes], seed % 2 === 0 ? [...groups, 0] : undefined, [...x, -1]);
}

describe.each(Array.from({ length: 40 }, (_, seed) => seed))("random patients %i", (seed) => {
  const data = randomPatients(seed);
  const rows = data.frame.rows;
  const split = splitDataset(data, { ...OPTIONS, seed });
  const of = new Map(PARTS.flatMap((part) => Array.from(split[part], (row) => [row, part] as const)));

  test("every row is in exactly one part, in ascending order", () => {
    expect(of.size).toBe(rows);
    expect(sizes(split).reduce((a, b) => a + b)).toBe(rows);
    for (const part of PARTS) expect(split[part]).toEqual(split[part].slice().sort());
  });

  test("groups and identical rows stay whole", () => {
    const together = new Map<string, Set<string>>();
    for (let row = 0; row < rows; row++) {
      const column = data.frame.columns[0]!;
      const x = column.kind === "numeric" ? column.values[row]! : 0;
      const group = data.group?.codes[row] ?? -1;
      const keys = [`row ${x} ${data.target.codes[row]}`, ...(group < 0 ? [] : [`group ${group}`])];
      for (const key of keys) together.set(key, (together.get(key) ?? new Set()).add(of.get(row)!));
    }
    for (const [key, parts] of together) expect(parts.size, key).toBe(1);
  });

  test("every class is in train, and the shares are near 70/20/10", () => {
    for (const { name, train } of split.report.classes) expect(train, name).toBeGreaterThan(0);
    const tolerance = data.group === undefined ? 0.05 : 0.08;
    const [train, validation, testing] = sizes(split).map((n) => n / rows);
    expect(Math.abs(train! - 0.7)).toBeLessThan(tolerance);
    expect(Math.abs(validation! - 0.2)).toBeLessThan(tolerance);
    expect(Math.abs(testing! - 0.1)).toBeLessThan(tolerance);
  });

  test("another seed draws another validation, never another test", () => {
    const other = splitDataset(data, { ...OPTIONS, seed: seed + 1000 });
    expect(other.test).toEqual(split.test);
    expect(other.validation).not.toEqual(split.validation);
    expect(other.hash).not.toBe(split.hash);
    expect(splitDataset(data, { ...OPTIONS, seed })).toEqual(split);
    expect(splitDataset(data, { ...OPTIONS, seed, testSeed: 8 }).test).not.toEqual(split.test);
  });

  test.each(["drop", "allow"] as const)(
    "with %s, later identical rows are left out or treated like others",
    (policy) => {
      const { report, ...parts } = splitDataset(data, { ...OPTIONS, seed, duplicates: policy });
      expect(report.duplicateRows).toBe(split.report.duplicateRows);
      expect(report.droppedRows).toBe(policy === "drop" ? report.duplicateRows : 0);
      expect(PARTS.reduce((sum, part) => sum + parts[part].length, 0)).toBe(rows - report.droppedRows);
    },
  );
});

test.each([
  [1, [1, 0, 0]],
  [2, [1, 0, 1]],
  [3, [1, 1, 1]],
  [4, [2, 1, 1]],
  [10, [7, 2, 1]],
  [50, [35, 10, 5]],
])("a class of %i patients is divided %j", (count, expected) => {
  const { report } = splitDataset(patients(repeat([60, count])), OPTIONS);
  const { train, validation, test: testing } = report.classes[1]!;
  expect([train, validation, testing]).toEqual(expected);
});

test("a class of two patients with several rows each is in train and test", () => {
  const y = [...repeat([60]), 1, 1, 1, 1, 1];
  const groups = [...repeat([60]).map((_, row) => row), 60, 60, 60, 61, 61];
  const { report } = splitDataset(patients(y, groups), OPTIONS);
  expect(report.classes[1]!.validation).toBe(0);
  expect([report.classes[1]!.train, report.classes[1]!.test].sort()).toEqual([2, 3]);
  expect(report.notices).toEqual([{ code: "rare-classes", message: "classes of two groups, not in validation: c1" }]);
});

test("classes drawn as one may be in any part, whole papers in one, and the report still tells them apart", () => {
  // 100 patients of a common disease, and 40 rare ones of one paper with two patients each.
  const y = [...repeat([100]), ...Array.from({ length: 80 }, (_, i) => 1 + (i >> 1))];
  const data = patients(
    y,
    y.map((code, row) => (code === 0 ? row : 100 + code)),
  );
  const asOne = Array.from({ length: 40 }, (_, i) => i + 1);
  const splits = [splitDataset(data, { ...OPTIONS, asOne }), ...splitFolds(data, { ...OPTIONS, asOne }, 3)];
  for (const split of splits) {
    const { classes } = split.report;
    expect(classes).toHaveLength(41);
    const rare = classes.slice(1);
    expect(rare.filter(({ train }) => train === 0).length).toBeGreaterThan(5);
    // A paper is in one part.
    expect(rare.every((one) => [one.train, one.validation, one.test].filter((n) => n > 0).length === 1)).toBe(true);
    expect(split.report.method).toContain("40 orphan classes drawn as one");
  }
  expect(splits[0]!.report.classes[0]).toMatchObject({ train: 70, validation: 20, test: 10 });
  // As classes of their own they are all in train.
  expect(splitDataset(data, OPTIONS).report.classes.every(({ train }) => train > 0)).toBe(true);
});

test("a class of few large groups is in every part", () => {
  const y = repeat([60, 50]);
  const groups = y.map((c, row) => (c === 0 ? row : 100 + (row % 5)));
  const { report } = splitDataset(patients(y, groups), OPTIONS);
  expect(report.classes[1]).toEqual({ name: "c1", train: 30, validation: 10, test: 10 });
});

test("a few large groups are divided, with and without strata", () => {
  const y = repeat([25, 25]).map((_, row) => row % 2);
  for (const stratify of [true, false]) {
    const split = splitDataset(
      patients(
        y,
        y.map((_, row) => Math.floor(row / 10)),
      ),
      { ...OPTIONS, stratify },
    );
    expect(sizes(split)).toEqual([30, 10, 10]);
  }
});

test("a group larger than validation and test is in train", () => {
  const y = repeat([60, 60]).map((_, row) => row % 2);
  const groups = y.map((_, row) => (row < 40 ? 0 : row));
  for (let seed = 0; seed < 10; seed++) {
    const split = splitDataset(patients(y, groups), { ...OPTIONS, seed, testSeed: seed });
    expect(partOf(split, 0)).toBe("train");
    expect(sizes(split)).toEqual([84, 24, 12]);
  }
});

test("without strata the whole has the shares, and every class is still in train", () => {
  for (let seed = 0; seed < 20; seed++) {
    const split = splitDataset(patients(repeat([80, 17, 2, 1])), { ...OPTIONS, stratify: false, seed, testSeed: seed });
    expect(sizes(split)).toEqual([70, 20, 10]);
    for (const { train } of split.report.classes) expect(train).toBeGreaterThan(0);
  }
});

test("identical rows join groups into one unit, and are counted with conflicts", () => {
  const y = repeat([40, 20]);
  const groups = y.map((_, row) => row);
  const x = y.map((_, row) => row);
  x[1] = 0; // identical to row 0, in another group
  x[2] = 0;
  groups[3] = 2; // row 3 follows row 2, which follows row 0
  x[59] = 5; // the features of row 5, another class
  for (let testSeed = 0; testSeed < 30; testSeed++) {
    const split = splitDataset(patients(y, groups, x), { ...OPTIONS, testSeed });
    expect(new Set([0, 1, 2, 3].map((row) => partOf(split, row))).size).toBe(1);
    expect(split.report.duplicateRows).toBe(2);
    expect(split.report.notices).toEqual([
      { code: "duplicate-rows", message: "2 rows are identical to an earlier one in every feature and the target" },
      { code: "conflicting-rows", message: "2 rows have the same features as a row of another class" },
    ]);
  }
});

test("missing values, categories and labels count when rows are compared", () => {
  const labels = (codes: number[], offsets: number[], missing: number[]): Column => ({
    kind: "multilabel",
    name: "signs",
    levels: ["a", "b"],
    codes: Int32Array.from(codes),
    offsets: Uint32Array.from(offsets),
    missing: Uint8Array.from(missing),
  });
  const columns: Column[] = [
    { kind: "numeric", name: "x", values: Float64Array.of(1, 1, Number.NaN, Number.NaN, -0, 0, 1, 1, 1) },
    { kind: "categorical", name: "s", levels: ["F"], codes: Int32Array.of(0, 0, -1, -1, 0, 0, -1, 0, 0) },
    labels([0, 1, 0, 1, 0, 0], [0, 2, 4, 4, 4, 4, 4, 5, 5, 6], [0, 0, 1, 1, 0, 0, 0, 1, 0]),
  ];
  const y = [0, 0, 0, 0, 0, 0, 0, 0, 0, ...repeat([40]).map(() => 1)];
  const padded = columns.map((column): Column => {
    const grow = <T extends Float64Array | Int32Array | Uint8Array>(array: T, into: T): T => {
      into.set(array as never);
      return into;
    };
    if (column.kind === "numeric") {
      const values = grow(
        column.values,
        Float64Array.from({ length: y.length }, (_, i) => 100 + i),
      );
      return { ...column, values };
    }
    if (column.kind === "categorical") return { ...column, codes: grow(column.codes, new Int32Array(y.length)) };
    if (column.kind !== "multilabel") return column;
    const offsets = Uint32Array.from({ length: y.length + 1 }, (_, i) => column.offsets[Math.min(i, 9)]!);
    return { ...column, offsets, missing: grow(column.missing, new Uint8Array(y.length)) };
  });
  const base = patients(y);
  const { report } = splitDataset({ ...base, frame: { rows: y.length, columns: padded } }, OPTIONS);
  expect(report.duplicateRows).toBe(3);
});

test("the report tells the method, the classes and the groups", () => {
  const data = patients(
    repeat([80, 20]),
    repeat([80, 20]).map((_, row) => row >> 1),
  );
  const { report } = splitDataset(data, OPTIONS);
  expect(report).toEqual({
    method:
      "70/20/10 by group, stratified by class; test drawn with seed 7, validation with seed 1; " +
      "a class of one unit is in train only, of two in train and test, of three in each part; identical rows kept together",
    classes: [
      { name: "c0", train: 56, validation: 16, test: 8 },
      { name: "c1", train: 14, validation: 4, test: 2 },
    ],
    groups: 50,
    duplicateRows: 0,
    duplicatePolicy: "together",
    droppedRows: 0,
    notices: [],
  });
});

describe("a predefined split", () => {
  const y = repeat([20, 10]);
  const predefined = { validation: Int32Array.of(25, 3, 4), test: Int32Array.of(1, 26) };

  test("is taken as it is, the other rows are train", () => {
    const split = splitDataset(patients(y), { ...OPTIONS, predefined });
    expect(split.validation).toEqual(Int32Array.of(3, 4, 25));
    expect(split.test).toEqual(Int32Array.of(1, 26));
    expect(split.train.length).toBe(25);
    expect(split.report.method).toBe("predefined row numbers");
  });

  test("is reported when identical rows are on both sides, and not changed", () => {
    const x = y.map((_, row) => row);
    x[1] = 0;
    const { report } = splitDataset(patients(y, undefined, x), { ...OPTIONS, duplicates: "drop", predefined });
    expect(report.notices.map(({ code }) => code)).toEqual(["duplicate-rows", "duplicates-cross"]);
    expect(report.droppedRows).toBe(0);
  });

  test("is refused when a patient crosses it, with counts", () => {
    const groups = y.map((_, row) => row);
    groups[2] = 1;
    groups[5] = 4;
    expect(() => splitDataset(patients(y, groups), { ...OPTIONS, predefined })).toThrow(
      '2 of 28 groups ("patient") cross the split, with 4 rows',
    );
  });

  test.each([
    ["a row that is not there", { validation: [3], test: [30] }, "row 30 of the test part is not in the data"],
    ["a row in two parts", { validation: [3], test: [4, 3] }, "row 3 is in validation and again in test"],
    ["a row twice", { validation: [3, 3], test: [4] }, "row 3 is in validation and again in validation"],
    [
      "an empty part",
      { validation: [], test: [4] },
      "the split leaves the validation part empty (train 29, validation 0",
    ],
    [
      "a class without train",
      { validation: [20, 21, 22, 23, 24, 25, 26, 27, 28], test: [29] },
      "1 classes do not occur in train: c1",
    ],
  ])("is refused with %s", (_, parts, message) => {
    const rows = { validation: Int32Array.from(parts.validation), test: Int32Array.from(parts.test) };
    expect(() => splitDataset(patients(y), { ...OPTIONS, predefined: rows })).toThrow(message);
  });
});

test.each([
  ["do not add up", { train: 0.8 }, "do not add up to 1"],
  ["are zero", { train: 0.9, test: 0 }, "has to be between 0 and 1"],
  ["are not numbers", { train: Number.NaN }, "has to be between 0 and 1"],
])("fractions that %s are refused", (_, fractions, message) => {
  expect(() => splitDataset(patients(repeat([20, 20])), { ...OPTIONS, ...fractions })).toThrow(message);
});

test("too few patients or groups for three parts are refused with counts", () => {
  expect(() => splitDataset(patients([0, 1]), OPTIONS)).toThrow("train 2, validation 0, test 0 rows");
  const oneGroup = patients(
    repeat([20, 20]),
    repeat([20, 20]).map(() => 0),
  );
  expect(() => splitDataset(oneGroup, OPTIONS)).toThrow("leaves the validation part empty");
});

test("any split can be checked against its data", () => {
  const data = patients(repeat([20, 10]));
  expect(checkSplit(data, splitDataset(data, OPTIONS))).toEqual([]);
  expect(() => checkSplit(patients(repeat([5, 2])), splitDataset(data, OPTIONS))).toThrow("is not in the data");
});

describe.each(Array.from({ length: 20 }, (_, seed) => seed))("folds of random patients %i", (seed) => {
  const data = randomPatients(seed);
  const k = 2 + (seed % 5);
  const folds = splitFolds(data, { ...OPTIONS, seed }, k);
  const holdOut = splitDataset(data, { ...OPTIONS, seed });

  test("test is that of the hold-out, and every other row is validation once at most", () => {
    for (const [i, fold] of folds.entries()) {
      expect(fold.fold).toBe(i);
      expect(fold.test).toEqual(holdOut.test);
      expect(sizes(fold).reduce((a, b) => a + b)).toBe(data.frame.rows);
      checkSplit(data, fold);
    }
    const validated = folds.flatMap((fold) => [...fold.validation]);
    expect(new Set(validated).size).toBe(validated.length);
  });

  test("every class is in train in every fold", () => {
    for (const fold of folds) {
      const trained = new Set([...fold.train].map((row) => data.target.codes[row]));
      expect(trained.size).toBe(data.target.classes.length);
    }
  });
});

test("folds are of equal size and have the classes in equal parts", () => {
  const data = patients(repeat([100, 50, 10, 3, 1]));
  const folds = splitFolds(data, OPTIONS, 5);
  // 164 rows less 16 of test (10, 5, 1, 0, 0) and the one of the class of one; the last fold takes what is left.
  expect(folds.reduce((sum, f) => sum + f.validation.length, 0)).toBe(146);
  for (const { validation, report } of folds) {
    expect(Math.abs(validation.length - 29)).toBeLessThanOrEqual(1);
    expect(report.classes.slice(0, 2).map((c) => c.validation)).toEqual([18, 9]);
    expect(report.classes[4]).toMatchObject({ train: 1, validation: 0 });
  }
  expect(folds[0]!.report.method).toMatch(/^5 folds; /);
});

test("a repeat with another seed has other folds and the same test rows", () => {
  const data = patients(repeat([60, 40]));
  const [a, b] = [1, 2].map((seed) => splitFolds(data, { ...OPTIONS, seed }, 3));
  expect(a!.map((f) => f.hash)).not.toEqual(b!.map((f) => f.hash));
  expect(a![0]!.test).toEqual(b![0]!.test);
  expect(splitFolds(data, OPTIONS, 3).map((f) => f.hash)).toEqual(a!.map((f) => f.hash));
});

test("more folds than patients are refused", () => {
  expect(() => splitFolds(patients(repeat([4, 3])), OPTIONS, 8)).toThrow("validation");
});
