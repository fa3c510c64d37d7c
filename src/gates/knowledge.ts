import { z } from "zod";
import type { GateRule } from "../core/gate.ts";
import { oneOf, verdictOf } from "./_judge.ts";

const releases = z.record(z.string().min(1), z.string().min(1)).optional();

const Params = z
  .strictObject({
    at_least: releases.describe("Earliest release by name, e.g. {HPO: 2025-01-16}"),
    exactly: releases.describe("The release by name"),
  })
  .refine(...oneOf("at_least", "exactly"));
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "knowledge",
  title: "Knowledge releases",
  description: "The model was trained with these releases of the knowledge base (HPO, Orphanet, OMIM)",
  params: Params,
  rankings: true,
  evaluate({ facts }, { at_least = {}, exactly = {} }) {
    const used = new Map(Object.entries(facts.knowledge ?? {}).map(([name, release]) => [name.toLowerCase(), release]));
    const check = (name: string, sign: "≥" | "=", wanted: string) => {
      const label = `knowledge ${name} ${sign} ${wanted}`;
      if (facts.knowledge === null) {
        const message = `The run does not say which releases it was trained with, so ${name} cannot be judged.`;
        return verdictOf(label, "inconclusive", {}, message, "data");
      }
      const release = used.get(name.toLowerCase());
      if (release === undefined) return verdictOf(label, "fail", {}, `The model was trained without ${name}.`, "data");
      const order = compareReleases(release, wanted);
      const met = sign === "=" ? order === 0 : order >= 0;
      const message = `${name} ${release} was used; asked for is ${sign === "=" ? "" : "at least "}${wanted}.`;
      return verdictOf(label, met ? "pass" : "fail", {}, message, "data");
    };
    return [
      ...Object.entries(at_least).map(([name, wanted]) => check(name, "≥", wanted)),
      ...Object.entries(exactly).map(([name, wanted]) => check(name, "=", wanted)),
    ];
  },
};

/** Order of two releases by the numbers in them: "v2025-01-16" is after "2024-12-31", "1.10" after "1.9". */
function compareReleases(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? -1) - (y[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return x.length > 0 || a === b ? 0 : -1;
}
