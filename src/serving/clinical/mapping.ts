/** Which codes, of measurements and findings, are which column of a table model: the file of `--mapping`. */
import { z } from "zod";
import { SYSTEMS, systemOf } from "../../core/fhir/codes.ts";
import { isUnit } from "../../core/units/ucum.ts";
import type { Concept } from "./patient.ts";

const Codes = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((codes) => (typeof codes === "string" ? [codes] : codes));

const Rule = z
  .strictObject({
    code: Codes.optional().describe(
      "Measurement: SYSTEM|CODE, the system a URI or LOINC, SNOMED, HPO, ICD10, ICD10-CM; several are the same thing",
    ),
    unit: z
      .string()
      .refine(isUnit, "is no unit in UCUM's notation")
      .optional()
      .describe("Of the column; values are converted to it, and left out where they cannot be"),
    molar_mass: z
      .number()
      .positive()
      .optional()
      .describe(
        "Grams a mole, where moles become grams or the other way round; not needed for the LOINC codes of common analytes",
      ),
    take: z
      .enum(["last", "first", "mean", "min", "max"])
      .default("last")
      .describe("Which of several measurements; those without a date are the oldest"),
    values: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe(
        "What the column has for a coded value, by its code or its words; for `from: sex` by female, male, other",
      ),
    present: Codes.optional().describe("Finding: true where the patient has it, false where it is excluded"),
    absent: z
      .enum(["missing", "false"])
      .default("missing")
      .describe("What `present` gives where the finding is not spoken of"),
    levels: z
      .record(z.string(), z.string())
      .optional()
      .describe("Findings of a symptom list: the column's level by SYSTEM|CODE"),
    from: z.enum(["age", "sex"]).optional().describe("What is known of the patient, for a column of another name"),
  })
  .refine(
    ({ code, present, levels, from }) =>
      [code, present, levels, from].filter((each) => each !== undefined).length === 1,
    "has to have one of code, present, levels and from",
  );

export const Mapping = z.strictObject({ columns: z.record(z.string(), Rule) });
export type Mapping = z.infer<typeof Mapping>;
export type MappingRule = z.infer<typeof Rule>;

export const NO_MAPPING: Mapping = { columns: {} };

const ALIASES: Readonly<Record<string, string>> = { ...SYSTEMS, hp: SYSTEMS.hpo, "snomed-ct": SYSTEMS.snomed };

/** Whether a concept has the code "SYSTEM|CODE" (or "CODE" in any system). */
export function hasCode({ codes }: Concept, wanted: string): boolean {
  const bar = wanted.lastIndexOf("|");
  const code = wanted.slice(bar + 1).trim();
  const named = bar < 0 ? undefined : wanted.slice(0, bar).trim();
  const key = named?.toLowerCase();
  const system = key !== undefined && Object.hasOwn(ALIASES, key) ? ALIASES[key] : named && systemOf(named);
  return codes.some((each) => each.code === code && (system === undefined || each.system === system));
}
