import { expect } from "vitest";
import type { Scored } from "../../src/core/metric.ts";
import { calibrationSlope } from "../../src/gates/_slope.ts";
import { judged } from "./_context.ts";

/** One problem of test/fixtures/gates/make.py. */
export interface GateCase {
  readonly name: string;
  readonly classes: number;
  readonly y: readonly number[];
  readonly units: readonly number[];
  readonly proba: string;
  readonly table: readonly (readonly number[])[];
  readonly slope: number;
  readonly se: number;
  readonly cox?: number;
  readonly costs: Readonly<Record<"most-probable" | "least-cost", number>>;
  readonly netBenefits: readonly {
    readonly classes: readonly number[];
    readonly threshold: number;
    readonly model: number;
    readonly all: number;
  }[];
}

const named = (c: number): string => `disease ${c}`;

function scoredOf(problem: GateCase): Scored {
  return {
    rows: problem.y.length,
    classes: Array.from({ length: problem.classes }, (_, c) => named(c)),
    y: Int32Array.from(problem.y),
    proba: new Float32Array(Uint8Array.from(Buffer.from(problem.proba, "base64")).buffer),
    orphans: [],
  };
}

/** Compares our slope, net benefits and costs with those of the case. */
export async function expectReference(problem: GateCase): Promise<void> {
  const scored = scoredOf(problem);
  const units = Int32Array.from(problem.units);
  const slope = calibrationSlope(scored, units);
  expect(slope?.value).toBeCloseTo(problem.slope, 5);
  expect(slope?.se).toBeCloseTo(problem.se, 5);
  if (problem.cox !== undefined) expect(slope?.value).toBeCloseTo(problem.cox, 4);

  const table = Object.fromEntries(
    problem.table.map((row, c) => [named(c), Object.fromEntries(row.map((cost, said) => [named(said), cost]))]),
  );
  for (const decide of ["most-probable", "least-cost"] as const) {
    const [{ value }] = await judged("cost", { table, decide, max: 1 }, { scored, units });
    expect(value, decide).toBeCloseTo(problem.costs[decide], 9);
  }
  for (const { classes, threshold, model, all } of problem.netBenefits) {
    const params = { classes: classes.map(named), threshold, min_n: 1 };
    const [{ value }] = await judged("net-benefit", params, { scored, units });
    expect(value, `${classes} at ${threshold}`).toBeCloseTo(model - Math.max(all, 0), 9);
  }
}
