import type { RuleVerdict } from "../../core/gate.ts";
import type { Finding, Topic } from "./state.ts";

/** What the rules of src/monitoring/rules are about, by id. */
export const TOPIC_OF: Readonly<Record<string, Topic>> = {
  "feature-drift": "drift",
  "prediction-drift": "drift",
  "missing-rate": "data",
  "abstention-rate": "data",
  performance: "performance",
  calibration: "performance",
  "orphan-recall": "performance",
  subgroup: "performance",
};

/** What a report says of its rules. A verdict names its rule's id first. */
export function findingsOf(rules: readonly RuleVerdict[]): readonly Finding[] {
  return rules.map(({ rule, verdict, message }) => ({
    rule,
    verdict,
    message,
    topic: TOPIC_OF[rule.split(" ", 1)[0]!] ?? "data",
  }));
}
