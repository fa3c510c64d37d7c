import { expect, test } from "vitest";
import { createRng } from "../../src/core/rng.ts";

test("the same seed gives the same numbers, another seed others", () => {
  const take = (seed: number): number[] =>
    Array.from(
      { length: 5 },
      (
        (r) => () =>
          r.next()
      )(createRng(seed)),
    );
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
});

test("numbers are uniform: mean and variance of 100,000 draws", () => {
  const rng = createRng(1);
  let sum = 0;
  let squares = 0;
  const n = 100_000;
  for (let i = 0; i < n; i++) {
    const x = rng.next();
    sum += x;
    squares += x * x;
  }
  expect(sum / n).toBeCloseTo(0.5, 2);
  expect(squares / n - (sum / n) ** 2).toBeCloseTo(1 / 12, 2);
});

test("a shuffle keeps every element and is not the identity", () => {
  const shuffled = createRng(3).shuffle(Int32Array.from({ length: 100 }, (_, i) => i));
  expect([...shuffled]).not.toEqual([...shuffled].sort((a, b) => a - b));
  expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});
