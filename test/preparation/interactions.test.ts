import { expect, test } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { boolean, categorical, cellsOf, fitStep, frame, none, numeric } from "./support.ts";

const namesOf = (made: { columns: readonly { name: string }[] }): string[] => made.columns.map(({ name }) => name);

test("named pairs become products after all other columns; of two booleans a boolean; missing stays missing", async () => {
  const train = frame(
    numeric("a", 2, none, 4),
    boolean("f", 1, 1, 0),
    boolean("g", 1, 0, none),
    categorical("c", "x", "y", "x"),
  );
  const pairs = [
    ["a", "f"],
    ["f", "g"],
    ["a", "a"],
  ];
  const made = (await fitStep("interactions", { pairs }, train)).transform(train);
  expect(made.columns.slice(4).map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    "numeric a×f",
    "boolean f×g",
    "numeric a×a",
  ]);
  expect(cellsOf(made)).toMatchObject({ "a×f": [2, null, 0], "f×g": [1, 0, null], "a×a": [4, null, 16] });
});

test("a name that is taken gets a number", async () => {
  const train = frame(numeric("a", 1, 2), numeric("a×a", 3, 4));
  expect(namesOf((await fitStep("interactions", { pairs: [["a", "a"]] }, train)).transform(train))).toEqual([
    "a",
    "a×a",
    "a×a~2",
  ]);
});

const rng = createRng(5);
const signs = (): number[] => Array.from({ length: 400 }, () => rng.next() - 0.5);
const [p, q, r, s] = [signs(), signs(), signs(), signs()];
const exclusive = Int32Array.from(p, (value, row) => Number(value > 0 !== q[row] > 0));

test.each(["f", "mutual-information"])("by %s, the pair that decides the class only together is found", async (by) => {
  const train = frame(numeric("r", ...r), numeric("p", ...p), numeric("s", ...s), numeric("q", ...q));
  const made = (await fitStep("interactions", { k: 1, by }, train, exclusive, 2)).transform(train);
  expect(namesOf(made)).toEqual(["r", "p", "s", "q", "p×q"]);
});

test("a product that repeats its better column does not push out one that adds something", async () => {
  const strong = exclusive.map((code, row) => code * 10 + (row % 2));
  const train = frame(
    numeric("strong", ...strong),
    boolean("always", ...Array(400).fill(1)),
    numeric("p", ...p),
    numeric("q", ...q),
  );
  const made = (await fitStep("interactions", { k: 1, by: "mutual-information" }, train, exclusive, 2)).transform(
    train,
  );
  expect(namesOf(made).at(-1)).not.toContain("always");
});

test("of more than 141 columns the pairs of those that tell most by themselves are tried", async () => {
  const noise = Array.from({ length: 200 }, (_, i) =>
    numeric(`n${i}`, ...Array.from({ length: 60 }, () => rng.next())),
  );
  const y = Int32Array.from({ length: 60 }, (_, row) => row % 2);
  const a = numeric("a", ...Array.from(y, (code) => code * 0.6 + rng.next()));
  const b = numeric("b", ...Array.from(y, (code) => code * 0.6 + rng.next()));
  const made = (await fitStep("interactions", { k: 1000 }, frame(...noise, a, b), y, 2)).transform(
    frame(...noise, a, b),
  );
  expect(made.columns).toHaveLength(202 + 1000);
  expect(namesOf(made).some((name) => name.includes("a×b"))).toBe(true);
});

test.each([
  [{}, frame(numeric("a", 1, none), numeric("b", 1, 2)), /"a" has missing values/, /impute/],
  [{}, frame(numeric("a", 1, 2)), /there is one numeric or boolean column to pair/, /encode/],
  [{}, frame(categorical("c", "x", "y")), /there are no numeric/, /encode/],
  [{}, frame(numeric("a", 1, Infinity), numeric("b", 1, 2)), /"a" holds infinite/, /infinite/],
  [{ pairs: [["a", "c"]] }, frame(numeric("a", 1, 2), categorical("c", "x", "y")), /"c" is categorical/, /encode/],
  [{ pairs: [["a", "d"]] }, frame(numeric("a", 1, 2)), /there is no column "d"/, /names/],
])(
  "%j: what cannot be multiplied is refused by name, with the step that mends it (%#)",
  async (params, of, what, fix) => {
    const failure = fitStep("interactions", params, of, Int32Array.of(0, 1));
    await expect(failure).rejects.toThrow(what);
    await expect(failure).rejects.toMatchObject({ fix: [expect.stringMatching(fix)] });
  },
);

test("columns that are all zero, and one class alone, do no harm", async () => {
  const train = frame(numeric("z", 0, 0, 0), numeric("a", 1, 2, 3), numeric("b", 3, 1, 2));
  expect((await fitStep("interactions", {}, train, Int32Array.of(0, 0, 0))).transform(train).columns).toHaveLength(6);
});
