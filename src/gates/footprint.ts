import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import { oneOf, short, verdictOf } from "./_judge.ts";

const Params = z
  .strictObject({
    latency_ms: z
      .number()
      .positive()
      .optional()
      .describe("Milliseconds to predict one raw patient, preparation included: the median on this machine"),
    model_mb: z.number().positive().optional().describe("Megabytes (10^6 bytes) of the saved model"),
  })
  .refine(...oneOf("latency_ms", "model_mb"));
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "footprint",
  title: "Latency and size",
  description: "Ceilings on the time of one prediction and on the size of the model",
  params: Params,
  rankings: true,
  evaluate({ facts }, { latency_ms, model_mb }) {
    const check = (name: string, unit: string, value: number, most: number) =>
      verdictOf(
        `footprint ${name} ≤ ${most} ${unit}`,
        Number.isNaN(value) ? "inconclusive" : value > most ? "fail" : "pass",
        { value },
        `${name} is ${short(value)} ${unit}; asked for is at most ${most}.`,
      );
    return [
      ...(latency_ms === undefined ? [] : [check("latency", "ms", facts.latencyMs(), latency_ms)]),
      ...(model_mb === undefined ? [] : [check("model", "MB", facts.modelBytes / 1e6, model_mb)]),
    ];
  },
};
