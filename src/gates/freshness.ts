import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import { short, verdictOf } from "./_judge.ts";

const DAY = 86_400_000;

const Params = z.strictObject({
  max_days: z.number().positive().describe("Days since the data file was last changed"),
});
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "freshness",
  title: "Data freshness",
  description: "The data are not older than so many days, by the time at which their file was last changed",
  params: Params,
  rankings: true,
  evaluate({ facts, now }, { max_days }) {
    const name = `freshness ≤ ${max_days} days`;
    if (facts.dataTime === null) {
      return [verdictOf(name, "inconclusive", {}, "It is not known when the data were last changed.", "data")];
    }
    const value = (now - facts.dataTime) / DAY;
    if (value < 0) return [verdictOf(name, "inconclusive", { value }, "The data were changed in the future.", "data")];
    const days = short(Number(value.toFixed(1)));
    const message = `The data were changed ${days} days ago; asked for is at most ${max_days}.`;
    return [verdictOf(name, value > max_days ? "fail" : "pass", { value }, message, "data")];
  },
};
