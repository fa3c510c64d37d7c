import type { GateContext, RuleVerdict } from "../../src/core/gate.ts";
import type { Scored } from "../../src/core/metric.ts";
import { rules } from "../../src/gates/index.ts";
import { simulate } from "../support/metrics.ts";

/** What a rule looks at: 200 patients of four diseases that a fair model predicts, unless `over` says otherwise. */
export function context(
  over: Partial<Omit<GateContext, "candidate">> & { readonly scored?: Scored } = {},
): GateContext {
  const { scored = simulate({ rows: 200, classes: 4, skill: 0.5, seed: 3 }), ...rest } = over;
  return {
    candidate: { runId: "candidate", scored },
    validation: scored,
    units: Int32Array.from({ length: scored.rows }, (_, i) => i),
    columns: [],
    leakage: { identicalRows: 0, sharedGroups: 0 },
    facts: { dataTime: null, knowledge: {}, modelBytes: 1_500_000, latencyMs: () => 2 },
    now: Date.UTC(2026, 0, 31),
    bootstrap: { resamples: 200, level: 0.95, seed: 1 },
    ...rest,
  };
}

/** What a rule says, its params read as from a file. */
export async function judged(
  id: string,
  params: object,
  over?: Parameters<typeof context>[0],
): Promise<readonly RuleVerdict[]> {
  const rule = await rules[id]();
  return rule.evaluate(context(over), rule.params.parse(params));
}

/** Verdict of a rule that gives one. */
export async function verdict(id: string, params: object, over?: Parameters<typeof context>[0]): Promise<RuleVerdict> {
  const list = await judged(id, params, over);
  if (list.length !== 1) throw new Error(`${list.length} verdicts`);
  return list[0];
}
