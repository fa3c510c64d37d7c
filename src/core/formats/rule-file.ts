/** What files of rules (gates, monitors) have alike. */
import { z } from "zod";

export const ruleFileName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,99}$/u, "letters, digits, space, _ . - only, a letter or digit first")
  .optional()
  .describe("The file's name when absent");

/** Each a rule's name, or {name: {params}}; the params are checked by the rule's own schema. */
export const ruleList = (kind: "gate" | "monitor") =>
  z
    .array(z.union([z.string(), z.record(z.string(), z.unknown())]))
    .min(1, `a ${kind} without a rule would pass anything`);

export type RuleList = z.infer<ReturnType<typeof ruleList>>;
