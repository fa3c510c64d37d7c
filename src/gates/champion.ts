import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import { versusChampion } from "./_champion.ts";
import { metricOf, metricParam, minPatients } from "./_judge.ts";

export const withoutChampion = z
  .enum(["pass", "inconclusive"])
  .default("inconclusive")
  .describe(
    "The verdict while the model has no champion; with pass, the first one is judged by the gate's other rules. A champion that is there and cannot be compared is inconclusive whatever stands here",
  );

const Params = z.strictObject({
  metric: metricParam.default("f1_macro"),
  margin: z.number().min(0).default(0.02).describe("How much worse is still good enough, in units of the metric"),
  without_champion: withoutChampion,
  min_n: minPatients(30),
});
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "champion",
  title: "No worse than the champion",
  description:
    "Paired bootstrap of candidate and champion on the same test patients: the lower end of the gain is not below −margin",
  params: Params,
  rankings: true,
  evaluate(context, { metric, margin, without_champion, min_n }) {
    const options = { margin, withoutChampion: without_champion, minN: min_n };
    return [versusChampion(`champion ${metric} ≥ −${margin}`, metricOf(metric), context, options)];
  },
};
