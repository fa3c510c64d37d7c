import { expect, test } from "vitest";
import { type Minimisation, minimise } from "../../src/families/_lbfgs.ts";

/** Rosenbrock's valley, minimum 0 at (1, 1, …). */
const valley: Minimisation["evaluate"] = (x, gradient) => {
  gradient.fill(0);
  let value = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const [a, b] = [x[i + 1]! - x[i]! ** 2, 1 - x[i]!];
    value += 100 * a * a + b * b;
    gradient[i + 1]! += 200 * a;
    gradient[i]! -= 400 * a * x[i]! + 2 * b;
  }
  return { value, slope: Math.max(...gradient.map(Math.abs)) };
};
const problem = {
  start: Float64Array.of(-1.2, 1, -1.2, 1),
  evaluate: valley,
  tolerance: 1e-9,
  maxIterations: 200,
  pace: async () => {},
};

test("finds the minimum of a curved valley", async () => {
  const { x, value, reason, iterations } = await minimise(problem);
  expect(reason).toBe("gradient");
  expect(value).toBeLessThan(1e-15);
  for (const v of x) expect(v).toBeCloseTo(1, 8);
  expect(iterations).toBeLessThan(80);
});

test("stops at the iteration limit, and says so", async () => {
  expect(await minimise({ ...problem, maxIterations: 5 })).toMatchObject({ reason: "iterations", iterations: 5 });
});

test("stops where arithmetic ends when the tolerance cannot be reached", async () => {
  const bowl: Minimisation["evaluate"] = (x, gradient) => {
    gradient[0] = 2 * (x[0]! - 1 / 3) + 1e-3; // a gradient that is never 0
    return { value: Math.fround(1 + (x[0]! - 1 / 3) ** 2), slope: 1 };
  };
  const { x, reason } = await minimise({ ...problem, start: Float64Array.of(5), evaluate: bowl });
  expect(reason).toBe("precision");
  expect(x[0]).toBeCloseTo(1 / 3, 2);
});

test("leaves its start as it was, and stops with the error of the pace", async () => {
  const start = Float64Array.of(-1.2, 1);
  const stop = new Error("stop");
  const pace = (): Promise<void> => Promise.reject(stop);
  await expect(minimise({ ...problem, start, pace })).rejects.toBe(stop);
  expect([...start]).toEqual([-1.2, 1]);
});
