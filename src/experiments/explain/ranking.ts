import type { Evidence, Explained } from "../../core/serving/serving.ts";
import type { Explanation } from "../../ranking/explain.ts";
import { byWeight } from "./evidence.ts";

/** Share of a disease's patients with a term that is believed at most, so that one excluded term rules nothing out. */
const SURE = 0.95;

/**
 * What the terms of a case say of a disease, as logarithms of likelihood ratios by the annotations alone: a learned ranker
 * weighs more than these, so that they need not add up to its score.
 * @param diseases candidates, which are all as likely before anything is known
 */
export function explainedDisease(explanation: Explanation, diseases: number): Explained {
  const { lacking } = explanation;
  const present = [...explanation.for, ...explanation.against].map(
    ({ id, name, factor }): Evidence => ({ feature: id, label: name, value: true, weight: Math.log(factor) }),
  );
  const excluded = lacking.map(({ id, name, frequency, background }): Evidence => {
    const weight = Math.log((1 - SURE * frequency) / (1 - SURE * background));
    return { feature: id, label: name, value: false, weight };
  });
  return {
    method: "likelihood-ratios",
    unit: "log-odds",
    base: -Math.log(Math.max(1, diseases - 1)),
    evidence: byWeight([...present, ...excluded]),
  };
}
