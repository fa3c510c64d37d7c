import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** One case of test/fixtures/statistics/make_calibration.py. */
const Case = z.object({
  classes: z.int(),
  /** [rows × classes] */
  proba: z.array(z.number()),
  /** Of the rows whose number is not 2 modulo 3. */
  y: z.array(z.int()),
  /** [rows × classes] after calibration on the rows that have a y */
  isotonic: z.array(z.number()),
  temperature: z.array(z.number()),
  t: z.number(),
});
export type CalibrationCase = z.infer<typeof Case>;

const folder = join(import.meta.dirname, "..", "fixtures", "statistics");
export const calibrationScript = join(folder, "make_calibration.py");

export function parseCalibrations(json: string): [string, CalibrationCase][] {
  return Object.entries(z.record(z.string(), Case).parse(JSON.parse(json)));
}

export const calibrationCases = (): [string, CalibrationCase][] =>
  parseCalibrations(readFileSync(join(folder, "calibration.json"), "utf8"));
