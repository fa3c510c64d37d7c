import { expect, test } from "vitest";
import { pruner as asha } from "../../src/search/pruning/asha.ts";
import { pruner as median } from "../../src/search/pruning/median.ts";

const options = { reduction: 3, minRounds: 9 };
const at = (losses: readonly number[], finished = true): { loss: number; finished: boolean }[] =>
  losses.map((loss) => ({ loss, finished }));

test("the rungs of successive halving grow by the reduction, those of the median rule evenly", () => {
  expect([0, 1, 2, 3].map((i) => asha.rung(i, options))).toEqual([9, 27, 81, 243]);
  expect([0, 1, 2, 3].map((i) => median.rung(i, options))).toEqual([9, 18, 27, 36]);
});

test("successive halving keeps the best third of those that came so far, ties included", () => {
  const goesOn = (loss: number, others: number[]): boolean =>
    asha.verdict({ loss, best: loss, others: at(others) }, options) === undefined;
  expect(goesOn(2, [1])).toBe(false);
  expect(goesOn(1, [1])).toBe(true);
  expect(goesOn(2, [1, 3, 4, 5])).toBe(false); // 5 come, 1 goes on
  expect(goesOn(2, [1, 3, 4, 5, 6])).toBe(true); // 6 come, 2 go on
  expect(goesOn(3.5, [1, 3, 4, 5, 6])).toBe(false);
});

test("in the end about a third of many trials passes a rung", () => {
  const seen: number[] = [];
  let passed = 0;
  for (let i = 0; i < 300; i++) {
    const loss = (i * 0.618034) % 1;
    if (asha.verdict({ loss, best: loss, others: at(seen) }, options) === undefined) passed++;
    seen.push(loss);
  }
  expect(passed).toBeGreaterThan(85);
  expect(passed).toBeLessThan(115);
});

test("the median rule waits for five finished trials, and takes the best loss so far", () => {
  const worse = { loss: 2, best: 1.5 };
  expect(median.verdict({ ...worse, others: at([1, 1, 1, 1]) }, options)).toBeUndefined();
  expect(median.verdict({ ...worse, others: at([1, 1, 1, 1, 1]) }, options)).toMatch(/median of 5 finished/);
  expect(median.verdict({ ...worse, others: at([1, 1, 1, 1, 1], false) }, options)).toBeUndefined();
  expect(median.verdict({ loss: 2, best: 1, others: at([1, 1, 1, 3, 3]) }, options)).toBeUndefined();
});
