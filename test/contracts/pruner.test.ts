import { describe, expect, test } from "vitest";
import type { RungContext } from "../../src/core/search.ts";
import { pruners } from "../../src/search/pruning/index.ts";

const options = { reduction: 3, minRounds: 9 };
const others = (...losses: number[]): RungContext["others"] => losses.map((loss) => ({ loss, finished: true }));

describe.each(Object.keys(pruners))("pruner %s", async (id) => {
  const pruner = await pruners[id]!();

  test("says what it is", () => {
    expect(pruner.id).toBe(id);
    expect(pruner.title).toMatch(/\S/);
    expect(pruner.description).toMatch(/\S/);
  });

  test("looks at ever later rounds, at min_rounds first", () => {
    const rungs = Array.from({ length: 5 }, (_, i) => pruner.rung(i, options));
    expect(rungs[0]).toBe(9);
    expect(rungs).toEqual([...new Set(rungs)].sort((a, b) => a - b));
    for (const rung of rungs) expect(Number.isInteger(rung)).toBe(true);
  });

  test("lets the first and the best go on, and stops the worst of many with a reason", () => {
    const many = others(0.5, 0.6, 0.7, 0.8, 0.9, 1);
    expect(pruner.verdict({ loss: 2, best: 2, others: [] }, options)).toBeUndefined();
    expect(pruner.verdict({ loss: 0.4, best: 0.4, others: many }, options)).toBeUndefined();
    expect(pruner.verdict({ loss: 2, best: 2, others: many }, options)).toMatch(/^worse than /);
  });

  test("stops what has no loss", () => {
    expect(pruner.verdict({ loss: Number.NaN, best: Number.NaN, others: [] }, options)).toBe(
      "its loss is not a number",
    );
  });
});
