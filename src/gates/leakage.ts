import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import { verdictOf } from "./_judge.ts";

const Params = z.strictObject({
  max_identical_rows: z
    .int()
    .min(0)
    .default(0)
    .describe("Test rows that are identical to a row of train or validation in every feature and the target"),
  max_shared_groups: z
    .int()
    .min(0)
    .default(0)
    .describe("Patients (groups) with rows in test and in train or validation"),
});
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "leakage",
  title: "Leakage",
  description: "No test patient was seen in training",
  params: Params,
  rankings: true,
  evaluate({ leakage, candidate }, { max_identical_rows, max_shared_groups }) {
    const check = (name: string, what: string, found: number, most: number) =>
      verdictOf(
        `leakage ${name} ≤ ${most}`,
        found > most ? "fail" : "pass",
        { value: found, n: candidate.scored.rows },
        `${found} ${what}; asked for is at most ${most}.`,
        "data",
      );
    const { identicalRows, sharedGroups } = leakage;
    return [
      check("rows", "test rows are identical to a row of train or validation", identicalRows, max_identical_rows),
      check("groups", "groups are in test and in train or validation", sharedGroups, max_shared_groups),
    ];
  },
};
