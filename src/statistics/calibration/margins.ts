import type { Contributions } from "../../core/family.ts";
import type { ProbaStep } from "./steps.ts";

/**
 * What columns add to the outputs after the steps: a temperature divides margins and a correction of the prior shifts them.
 * @returns undefined where a step is not of that kind, or the outputs are no margins
 */
export function contributionsAfter(steps: readonly ProbaStep[], made: Contributions): Contributions | undefined {
  let { base, values } = made;
  for (const step of steps) {
    if (made.unit !== "margin") return undefined;
    if (step.kind === "temperature") {
      base = base.map((margin) => margin / step.temperature);
      values = values.map((value) => value / step.temperature);
    } else if (step.kind === "prior" && step.factors.every((factor) => factor > 0)) {
      const logs = step.factors.map(Math.log);
      base = base.map((margin, k) => margin + (base.length === 1 ? logs[1]! - logs[0]! : logs[k]!));
    } else return undefined;
  }
  return { ...made, base, values };
}
