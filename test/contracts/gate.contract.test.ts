import { describe, expect, test } from "vitest";
import { z } from "zod";
import { rules } from "../../src/gates/index.ts";
import { context } from "../gates/_context.ts";

/** Params that each rule can be judged with. */
const PARAMS: Readonly<Record<string, object>> = {
  metric: { name: "f1_macro", min: 0.5 },
  "orphan-recall": { min: 0.5 },
  subgroup: { column: "sex", min: 0.5 },
  calibration: { ece_max: 0.1, slope: [0.8, 1.2] },
  cost: { max: 1, margin: 0.1 },
  "net-benefit": { classes: ["disease 0"], threshold: 0.2 },
  freshness: { max_days: 10 },
  knowledge: { exactly: { HPO: "2025-01-16" } },
  footprint: { latency_ms: 1, model_mb: 1 },
};
const sex = { kind: "boolean", name: "sex", values: Float64Array.from({ length: 200 }, (_, i) => i & 1) } as const;

describe.each(Object.keys(rules))("rule %s", (id) => {
  const params = PARAMS[id] ?? {};

  test("is named as its file, and says what it and each parameter are", async () => {
    const rule = await rules[id]();
    expect(rule.id).toBe(id);
    expect(rule.title).toMatch(/\S/);
    expect(rule.description).toMatch(/\S/);
    const { properties, additionalProperties } = z.toJSONSchema(rule.params, { io: "input" });
    expect(additionalProperties).toBe(false);
    for (const [name, field] of Object.entries(properties ?? {}))
      expect(field, name).toMatchObject({ description: expect.stringMatching(/\S/) });
  });

  test("refuses a parameter that it does not know", async () => {
    const rule = await rules[id]();
    expect(rule.params.safeParse({ ...params, nonsense: 1 }).success).toBe(false);
  });

  test("gives the same verdicts to the same context, as data that JSON keeps", async () => {
    const rule = await rules[id]();
    const given = rule.params.parse(params);
    const verdicts = rule.evaluate(context({ columns: [sex] }), given);
    expect(verdicts.length).toBeGreaterThan(0);
    expect(rule.evaluate(context({ columns: [sex] }), given)).toEqual(verdicts);
    expect(JSON.parse(JSON.stringify(verdicts))).toEqual(verdicts);
    for (const verdict of verdicts) {
      expect(verdict.rule).toMatch(/\S/);
      expect(verdict.message).toMatch(/\.$/);
      if (verdict.low !== null && verdict.high !== null) expect(verdict.low).toBeLessThanOrEqual(verdict.high);
    }
  });
});
