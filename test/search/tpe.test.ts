import { expect, test } from "vitest";
import type { Dimension, Observation, SearchSpace, SpacePoint, Strategy } from "../../src/core/search.ts";
import { strategy as random } from "../../src/search/random.ts";
import { strategy as tpe } from "../../src/search/tpe.ts";

const range = (key: string, low: number, high: number, more: object = {}): Dimension => ({
  ...{ kind: "range", key, low, high, log: false, int: false, when: [] },
  ...more,
});
const suggest = (
  strategy: Strategy,
  context: { space: SearchSpace; history: readonly Observation[]; seed: number },
): SpacePoint => {
  if (strategy.kind !== "sequence") throw new Error("not a sequence");
  const seen = new Set(context.history.map((o) => JSON.stringify(o.point)));
  return strategy.suggest({ ...context, startup: 10, isNew: (point) => !seen.has(JSON.stringify(point)) })!;
};

function minimise(
  strategy: Strategy,
  space: SearchSpace,
  loss: (point: Record<string, never>) => number,
  seed: number,
): number {
  const history: Observation[] = [];
  for (let i = 0; i < 60; i++) {
    const point = suggest(strategy, { space, history, seed });
    history.push({ point, state: "finished", loss: loss(point as Record<string, never>) });
  }
  return Math.min(...history.map((o) => (o.state === "finished" ? o.loss : Number.NaN)));
}

/** Branin's function, least 0.397887 at three places (Dixon and Szegő 1978). */
const BRANIN: SearchSpace = { dimensions: [range("x", -5, 10), range("y", 0, 15)] };
const branin = ({ x, y }: Record<string, number>): number =>
  (y! - (5.1 / (4 * Math.PI ** 2)) * x! ** 2 + (5 / Math.PI) * x! - 6) ** 2 +
  10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x!) +
  10;

const family = (name: string): Pick<Dimension, "when"> => ({ when: [{ key: "family", values: [name] }] });
const rbf = {
  when: [
    { key: "family", values: ["svm"] },
    { key: "kernel", values: ["rbf"] },
  ],
};
/** Four families with their own dimensions, one of them nested; least 0.2 for svm, rbf, C = 10, gamma = 0.01. */
const FAMILIES: SearchSpace = {
  dimensions: [
    { kind: "choice", key: "family", values: ["knn", "svm", "bayes", "trees"], when: [] },
    range("k", 1, 20, { int: true, step: 1, ...family("knn") }),
    { kind: "choice", key: "kernel", values: ["linear", "rbf"], ...family("svm") },
    range("C", 1e-3, 1e3, { log: true, ...family("svm") }),
    range("gamma", 1e-4, 1, { log: true, ...rbf }),
    range("smoothing", 0, 1, family("bayes")),
    range("depth", 1, 64, { log: true, int: true, step: 1, ...family("trees") }),
  ],
};
function families(p: Record<string, number> & { family: string; kernel: string }): number {
  if (p.family === "knn") return 0.3 + 0.02 * Math.abs(p.k! - 7);
  if (p.family === "bayes") return 0.5 + 0.3 * p.smoothing!;
  if (p.family === "trees") return 0.35 + 0.05 * Math.abs(Math.log2(p.depth! / 8));
  const off = p.kernel === "rbf" ? 0.05 * (Math.log10(p.gamma!) + 2) ** 2 : 0.3;
  return 0.2 + 0.05 * (Math.log10(p.C!) - 1) ** 2 + off;
}

// Of 20 fair coins 15 or more show heads in 2 of 100 throws.
test.each([
  ["Branin's function", BRANIN, branin],
  ["families with conditional dimensions", FAMILIES, families],
] as const)(
  "on %s it finds better points than random search does, over 20 seeds",
  (_, space, loss) => {
    const seeds = Array.from({ length: 20 }, (__, i) => i);
    const wins = seeds.filter(
      (seed) => minimise(tpe, space, loss as never, seed) < minimise(random, space, loss as never, seed),
    );
    expect(wins.length).toBeGreaterThanOrEqual(15);
  },
  60_000,
);

const HALF: SearchSpace = { dimensions: [range("x", 0, 1)] };
/** Twelve results along x; low losses near 0.2. */
const told = Array.from(
  { length: 12 },
  (_, i): Observation => ({ point: { x: i / 11 }, state: "finished", loss: Math.abs(i / 11 - 0.2) }),
);
const suggestions = (history: readonly Observation[]): number[] =>
  Array.from({ length: 40 }, (_, seed) => suggest(tpe, { space: HALF, history, seed }).x as number);
const near = (values: readonly number[], x: number): number => values.filter((v) => Math.abs(v - x) < 0.15).length;

test("suggestions gather where the loss was low", () => {
  expect(near(suggestions(told), 0.2)).toBeGreaterThan(20);
});

test("running points push the next suggestions away from themselves", () => {
  const running = [0.16, 0.18, 0.2, 0.22, 0.24].map((x): Observation => ({ point: { x }, state: "running" }));
  expect(near(suggestions([...told, ...running]), 0.2)).toBeLessThan(near(suggestions(told), 0.2));
});

test("pruned and failed points are never the good ones while one has finished", () => {
  const bad: Observation[] = [0.7, 0.75, 0.8].flatMap((x) => [
    { point: { x }, state: "pruned", loss: -100, rounds: 1000 },
    { point: { x: x + 0.01 }, state: "failed" },
  ]);
  expect(near(suggestions([...told, ...bad]), 0.75)).toBeLessThan(10);
});

test("with nothing but failures it still suggests", () => {
  const failures = told.map(({ point }): Observation => ({ point, state: "failed" }));
  expect(new Set(suggestions(failures)).size).toBeGreaterThan(20);
});
