import { expect, test } from "vitest";
import type { Contributions } from "../../../src/core/family.ts";
import { createRng } from "../../../src/core/rng.ts";
import { contributionsTo } from "../../../src/experiments/explain/odds.ts";
import { shapleyValues } from "../../../src/experiments/explain/shapley.ts";
import { family as forest } from "../../../src/families/random-forest.ts";
import { contextFor, table } from "../../contracts/family.contract.ts";

/** A game in which pairs of columns do more together than alone. */
const game = (columns: number) => {
  const rng = createRng(3);
  const alone = Array.from({ length: columns }, () => rng.next() - 0.5);
  const together = Array.from({ length: columns - 1 }, () => rng.next() - 0.5);
  const value = (subset: Uint8Array): number =>
    alone.reduce((sum, w, j) => sum + w * subset[j]!, 0) +
    together.reduce((sum, w, j) => sum + w * subset[j]! * subset[j + 1]!, 0);
  // By hand: a pair's surplus is halved between the two.
  const fair = alone.map((w, j) => w + ((together[j] ?? 0) + (together[j - 1] ?? 0)) / 2);
  return { values: (subsets: readonly Uint8Array[]) => Float64Array.from(subsets, value), fair };
};

test("few columns: every order counts", () => {
  const { values, fair } = game(6);
  shapleyValues(6, 1, values).forEach((phi, j) => {
    expect(phi).toBeCloseTo(fair[j]!, 12);
  });
});

test("many columns: orders are drawn with their reverses, the same for a seed, and add up", () => {
  const { values, fair } = game(40);
  const phi = shapleyValues(40, 1, values);
  expect(phi).toEqual(shapleyValues(40, 1, values));
  // With an order and its reverse a pair is met in both orders once: nothing is left to chance here.
  phi.forEach((value, j) => {
    expect(value).toBeCloseTo(fair[j]!, 12);
  });
  expect(phi.reduce((a, b) => a + b)).toBeCloseTo(values([new Uint8Array(40).fill(1)])[0]!, 10);
});

test("no more than 4,096 calls are made of one patient, however many columns there are", () => {
  const { values } = game(700);
  let calls = 0;
  shapleyValues(700, 1, (subsets) => {
    calls += subsets.length;
    return values(subsets);
  });
  expect(calls).toBeLessThanOrEqual(4096);
});

test("a forest's contributions are the Shapley values of its predictions against the reference", async () => {
  const cols = 6;
  const context = contextFor(forest, { params: forest.params.parse({ n_estimators: 15 }) }, { cols, rows: 90 });
  const model = await forest.fit(context);
  const { x } = table({ cols, rows: 6, seed: 9 });
  const reference = x.data.slice(0, cols);
  for (let row = 1; row < x.rows; row++) {
    const own = x.data.slice(row * cols, (row + 1) * cols);
    const made = model.contributions!({ ...x, rows: 1, data: own }, { typical: reference })!;
    for (let k = 0; k < 3; k++) {
      const phi = shapleyValues(cols, 1, (subsets) => {
        const data = Float32Array.from(
          subsets.flatMap((s) => [...s].map((j, c) => (j === 1 ? own[c]! : reference[c]!))),
        );
        const proba = model.predictProba({ ...x, rows: subsets.length, data });
        return Float64Array.from(subsets, (_, i) => proba[i * 3 + k]!);
      });
      phi.forEach((value, j) => {
        expect(made.values[k * cols + j]).toBeCloseTo(value, 6);
      });
    }
  }
});

const margins = (classes: number, spread: number): Contributions => {
  const rng = createRng(5);
  const draw = (n: number) => Float64Array.from({ length: n }, () => spread * (rng.next() - 0.5));
  return { method: "tree-shap", unit: "margin", base: draw(classes), values: draw(classes * 7) };
};
const logOddsOf = (outputs: readonly number[], k: number): number => {
  const others = outputs.filter((_, other) => other !== k);
  const most = Math.max(...others);
  return outputs[k]! - most - Math.log(others.reduce((sum, m) => sum + Math.exp(m - most), 0));
};

test.each([0.1, 4, 1000])("margins of several classes become log-odds that add up, at any size: %d", (spread) => {
  const made = margins(5, spread);
  const sums = [...made.base].map((base, k) => made.values.subarray(k * 7, k * 7 + 7).reduce((a, b) => a + b, base));
  for (let k = 0; k < 5; k++) {
    const { base, values, unit } = contributionsTo(made, k);
    expect(unit).toBe("log-odds");
    expect(base).toBeCloseTo(logOddsOf([...made.base], k), 9);
    expect(values.reduce((a, b) => a + b, base) / spread).toBeCloseTo(logOddsOf(sums, k) / spread, 9);
  }
});

test("what all classes' margins share moves nothing", () => {
  const made = margins(4, 3);
  const shifted = { ...made, values: made.values.map((value, at) => value + (at % 7)) };
  const [plain, other] = [contributionsTo(made, 1), contributionsTo(shifted, 1)];
  plain.values.forEach((value, j) => {
    expect(other.values[j]).toBeCloseTo(value, 9);
  });
});

test("the one margin of two classes is that of the second", () => {
  const made: Contributions = {
    method: "linear",
    unit: "margin",
    base: Float64Array.of(0.5),
    values: Float64Array.of(1, -2),
  };
  expect(contributionsTo(made, 1)).toEqual({ unit: "log-odds", base: 0.5, values: Float64Array.of(1, -2) });
  expect(contributionsTo(made, 0)).toEqual({ unit: "log-odds", base: -0.5, values: Float64Array.of(-1, 2) });
});
