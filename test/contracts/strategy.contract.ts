import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { Observation, SearchSpace, SpacePoint, Strategy } from "../../src/core/search.ts";
import { countPoints, countValues, isActive } from "../../src/search/_space.ts";

const rbf = [{ key: "kernel", values: ["rbf"] }];

/** 2 × (3 + 3 × 5) points: a choice, whole numbers, and a dimension that only one of the choices has. */
export const FINITE: SearchSpace = {
  dimensions: [
    { kind: "choice", key: "preparation", values: ["plain", "pca"], when: [] },
    { kind: "choice", key: "kernel", values: ["linear", "rbf"], when: [] },
    { kind: "range", key: "degree", low: 1, high: 3, log: false, int: true, step: 1, when: [] },
    { kind: "range", key: "gamma", low: 0.1, high: 0.5, log: false, int: false, step: 0.1, when: rbf },
  ],
};

const ENDLESS: SearchSpace = {
  dimensions: [
    { kind: "choice", key: "kernel", values: ["linear", "rbf"], when: [] },
    { kind: "range", key: "C", low: 1e-3, high: 1e3, log: true, int: false, when: [] },
    { kind: "range", key: "depth", low: 2, high: 500, log: true, int: true, step: 1, when: [] },
    { kind: "range", key: "gamma", low: -1, high: 1, log: false, int: false, when: rbf },
    { kind: "choice", key: "layers", values: [[64], [64, 32]], when: [] },
  ],
};

/** Suggests and answers until the space is exhausted or there are `most` points; every third result is a pruned, failed or late one. */
export function search(strategy: Strategy, space: SearchSpace, most: number, seed = 7): SpacePoint[] {
  if (strategy.kind === "list") return [...strategy.points(space)].slice(0, most);
  const seen = new Set<string>();
  const history: Observation[] = [];
  while (history.length < most) {
    const isNew = (point: SpacePoint): boolean => !seen.has(JSON.stringify(point));
    const point = strategy.suggest({ space, history, seed, startup: 5, isNew });
    if (!point) break;
    seen.add(JSON.stringify(point));
    const n = history.length;
    if (n % 7 === 3) history.push({ point, state: "pruned", loss: 1, rounds: 9 });
    else if (n % 7 === 5) history.push({ point, state: "failed" });
    else if (n % 7 === 6) history.push({ point, state: "running" });
    else history.push({ point, state: "finished", loss: Math.sin(n) });
  }
  return history.map((o) => o.point);
}

function expectInside(space: SearchSpace, point: SpacePoint): void {
  const active = space.dimensions.filter((d) => isActive(d, point));
  expect(Object.keys(point)).toEqual(active.map((d) => d.key));
  for (const d of active) {
    const value = point[d.key];
    if (d.kind === "choice") expect(d.values).toContainEqual(value);
    else {
      expect(value).toBeGreaterThanOrEqual(d.low);
      expect(value).toBeLessThanOrEqual(d.high);
      if (d.step !== undefined)
        expect(((value as number) - d.low) / d.step).toBeCloseTo(Math.round(((value as number) - d.low) / d.step), 9);
    }
  }
}

export function strategyContract(id: string, strategy: Strategy): void {
  describe(`strategy ${id}`, () => {
    test("says what it is", () => {
      expect(strategy.id).toBe(id);
      expect(strategy.title).toMatch(/\S/);
      expect(strategy.description).toMatch(/\S/);
    });

    test("goes through a finite space, each point once, and says when it is exhausted", () => {
      const points = search(strategy, FINITE, 1000);
      expect(countPoints(FINITE)).toBe(36);
      expect(new Set(points.map((p) => JSON.stringify(p))).size).toBe(36);
      expect(points).toHaveLength(36);
      for (const point of points) expectInside(FINITE, point);
    });

    test("gives the same points for the same seed and results", () => {
      expect(search(strategy, FINITE, 20)).toEqual(search(strategy, FINITE, 20));
    });

    if (strategy.kind === "list") {
      test("refuses a space without end, with advice", () => {
        expect(() => strategy.points(ENDLESS)).toThrow(UserError);
        expect(() => strategy.points(ENDLESS)).toThrow(/^C: /);
      });
      return;
    }

    test("stays inside a space without end, with values for the dimensions that a point has and for no others", () => {
      const points = search(strategy, ENDLESS, 60);
      expect(points).toHaveLength(60);
      for (const point of points) expectInside(ENDLESS, point);
      for (const d of ENDLESS.dimensions) {
        const values = new Set(points.filter((p) => Object.hasOwn(p, d.key)).map((p) => JSON.stringify(p[d.key])));
        expect(values.size, d.key).toBeGreaterThanOrEqual(Math.min(countValues(d), 10));
      }
    });

    test("goes on from a history as if it had not been cut", () => {
      const whole = search(strategy, ENDLESS, 30);
      expect(search(strategy, ENDLESS, 15)).toEqual(whole.slice(0, 15));
    });

    test("gives other points for another seed", () => {
      expect(search(strategy, ENDLESS, 5, 8)).not.toEqual(search(strategy, ENDLESS, 5, 7));
    });

    test("knows a space of one point, and one of none that is new", () => {
      const one: SearchSpace = { dimensions: [{ kind: "choice", key: "a", values: [1], when: [] }] };
      expect(search(strategy, one, 5)).toEqual([{ a: 1 }]);
      expect(search(strategy, { dimensions: [] }, 5)).toEqual([{}]);
    });
  });
}
