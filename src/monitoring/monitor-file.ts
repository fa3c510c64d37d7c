import { z } from "zod";
import { ruleFileName, ruleList } from "../core/formats/rule-file.ts";
import type { MonitorContext, MonitorVerdict } from "../core/monitoring/monitor.ts";

/** "7d", "24h", "2w": all predictions of that time; a number: the last so many. */
export type WindowSpec = { readonly milliseconds: number } | { readonly last: number };

const HOURS = { h: 1, d: 24, w: 168 } as const;

/** @returns undefined where the text is no window */
export function parseWindow(text: string | number): WindowSpec | undefined {
  const [, count, unit] = /^([1-9]\d{0,7})([hdw])?$/.exec(String(text).trim()) ?? [];
  if (count === undefined) return undefined;
  if (unit === undefined) return { last: Number(count) };
  return { milliseconds: Number(count) * HOURS[unit as keyof typeof HOURS] * 3_600_000 };
}

export const WINDOW_HELP = "7d, 24h or 2w for a time, 5000 for the last so many predictions";

/** What a monitor file holds; the params of each rule are checked by the rule's own schema. */
export const monitorSchema = z.strictObject({
  name: ruleFileName,
  description: z.string().optional(),
  window: z
    .union([z.string(), z.int()])
    .refine((window) => parseWindow(window) !== undefined, `write ${WINDOW_HELP}`)
    .default("7d")
    .describe(`Predictions that are looked at: ${WINDOW_HELP}`),
  baseline: z
    .enum(["profile", "window"])
    .default("profile")
    .describe("What they are held against: the training patients, or the window before"),
  min_n: z.int().min(1).default(100).describe("Patients that a rule needs to say anything"),
  subgroups: z
    .array(
      z.strictObject({
        column: z.string().min(1),
        bands: z.array(z.number()).min(1).optional().describe("For a number: where a band ends and the next begins"),
      }),
    )
    .default([])
    .describe("Features by which the report shows performance; rules have their own"),
  rollback: z
    .boolean()
    .default(false)
    .describe("Whether `monitor watch` puts the previous champion back when an alarm of performance is raised"),
  rules: ruleList("monitor").describe("Each a rule's name, or {name: {params}}"),
});

export type MonitorConfig = z.infer<typeof monitorSchema>;

/** A monitor file, read and checked. */
export interface Monitor extends Omit<MonitorConfig, "rules" | "name"> {
  readonly name: string;
  readonly file: string;
  /** SHA-256 of the text. */
  readonly hash: string;
  readonly rules: readonly {
    readonly id: string;
    /** @throws UserError with the line of the file when the rule does not fit the model */
    evaluate(context: MonitorContext): readonly MonitorVerdict[];
  }[];
}
