import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { metrics } from "../../../src/metrics/index.ts";
import { type MetricCase, scoredOf } from "../../support/metrics.ts";
import { venvPython } from "../../support/venv.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/metrics");
const committed: MetricCase[] = JSON.parse(readFileSync(join(fixtures, "reference.json"), "utf8"));

describe("the installed scikit-learn", () => {
  let python = "";
  const make = (seed: number): MetricCase[] => {
    const { status, stdout, stderr } = spawnSync(python, [join(fixtures, "make.py"), String(seed)], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };

  beforeAll(async () => {
    python = await venvPython("reference");
  });

  test("still says what the fixtures say", () => {
    expect(make(7)).toEqual(
      committed.map((problem) => ({
        ...problem,
        expected: Object.fromEntries(
          Object.entries(problem.expected).map(([id, v]) => [id, v === null ? null : expect.closeTo(v, 12)]),
        ),
      })),
    );
  });

  test.each([101, 202, 303])("agrees on the random problems of seed %i", (seed) => {
    for (const problem of make(seed)) {
      const counts = problem.counts === null ? undefined : Uint16Array.from(problem.counts);
      const scored = scoredOf(problem);
      const values = Object.fromEntries(metrics.map((metric) => [metric.id, metric.bind(scored)(counts)]));
      const expected = Object.fromEntries(
        Object.entries(problem.expected).map(([id, v]) => [id, v === null ? Number.NaN : expect.closeTo(v, 9)]),
      );
      expect(values, problem.name).toEqual(expected);
    }
  });
});
