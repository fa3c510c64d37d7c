import { z } from "zod";

const DAY = 86_400;
const UNITS = { d: DAY, w: 7 * DAY, y: 365.25 * DAY } as const;

/** Seconds of "365d", "2w" or "5y"; a year has 365.25 days. Undefined where the text is none of them. */
export function secondsOf(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,4}|0)([dwy])$/.exec(text.trim()) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}

const duration = z.string().refine((text) => secondsOf(text) !== undefined, "write a time as 90d, 2w or 5y");
const table = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, "a table's name: small letters, digits and _");
const label = z.string().regex(/^[^|]{1,200}$/, "a name without |");
const code = z.union([z.string().min(1), z.int()]).transform(String);

const codes = z
  .union([
    z.array(code).min(1),
    z
      .record(z.string(), z.union([z.string().min(1), z.array(code).min(1)]))
      .refine((sets) => Object.keys(sets).length > 0, "name a code"),
  ])
  .describe(
    "A list of codes of any system, or by system: {snomed: [38341003], icd10: [I10*]}; {file: codes.txt} has one a line. * at the end stands for any rest",
  );

const where = z
  .record(z.string(), z.union([z.string(), z.array(z.string()).min(1)]))
  .describe("Only rows whose columns have these values: {class: AMB}");

const event = {
  table: table.describe("Table of the lake"),
  codes: codes.optional(),
  where: where.optional(),
};

const window = duration.describe("Only so long before the index").optional();
const timeless = z
  .literal(true)
  .describe("The table has no times, and all of it was known before the index: you say so")
  .optional();

const index = z.strictObject({
  first: z
    .strictObject({ ...event, from_age: z.number().min(0).max(120).optional().describe("The first from this age on") })
    .optional()
    .describe("The first such event of a patient"),
  last: z.strictObject(event).optional().describe("The last such event of a patient"),
  date: z.iso.date().optional().describe("The same day for all"),
  age: z.number().min(0).max(120).optional().describe("The birthday with this age"),
  before_label: z
    .strictObject({
      gap: duration.describe("How long before the label's first occurrence"),
      others: z
        .enum(["last_visit", "matched"])
        .default("matched")
        .describe(
          "Of patients without the label: the last visit less the gap, or the age at which one with it, drawn for each among those at whose age they were followed, has theirs",
        ),
    })
    .optional()
    .describe("Depends on the label: what is learned holds for who will be ill, not for who comes in"),
});

const labelSchema = z.strictObject({
  name: label.default("label").describe("The target's column"),
  table: table.default("conditions"),
  codes: codes.optional().describe("Patients with one of them are `yes`, the others `no`"),
  classes: z.record(label, codes).optional().describe("By class; of a patient with several the earliest counts"),
  else: label.optional().describe("Class of patients with none of `classes`; they are left out when absent"),
  column: z.string().min(1).optional().describe("A column of the table, of which a patient has one row"),
  min_patients: z.int().min(2).optional().describe("Classes with fewer patients are left out"),
  horizon: duration.optional().describe("Counts when it first occurs so long after the index; at any time when absent"),
});

const TAKE = ["last", "mean", "min", "max", "slope", "count"] as const;
export type Take = (typeof TAKE)[number];

const feature = z.strictObject({
  age: z.literal("years").optional().describe("Complete years at the index"),
  patient: z.string().optional().describe("A column of the patients: sex, race …"),
  labels: z
    .strictObject({
      ...event,
      sets: z.record(label, codes).optional().describe("Sets of codes by name; codes stand for themselves when absent"),
      min_patients: z
        .int()
        .min(1)
        .default(5)
        .describe("Codes of fewer patients before their index are left out; counted over all patients"),
      window,
    })
    .optional()
    .describe("All that a patient had, as one column of many labels"),
  count: z
    .strictObject({ ...event, window })
    .optional()
    .describe("How many"),
  days_since: z
    .strictObject({ ...event, window })
    .optional()
    .describe("Days since the last"),
  value: z
    .strictObject({
      table: table.default("observations"),
      codes,
      where: where.optional(),
      take: z
        .preprocess((take) => (typeof take === "string" ? [take] : take), z.array(z.enum(TAKE)).min(1))
        .default(["last"])
        .describe("slope: change a year, by least squares"),
      unit: z.string().optional().describe("Only values in it, converted where they can be"),
      window,
    })
    .optional()
    .describe("Numbers: laboratory values, vital signs"),
  timeless,
});

/** Where columns have other names than those of the FHIR tables. */
const columns = z.strictObject({
  patient: z.string().optional().describe("Whose row it is"),
  known: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Times that must all be before the index; every time of the row when absent"),
  code: z.string().optional(),
  system: z.string().optional(),
  value: z.string().optional(),
  unit: z.string().optional(),
});

/** What a declaration of a learning table holds: lake/NAME.yaml. */
export const declarationSchema = z.strictObject({
  description: z.string().optional(),
  patients: table.default("patients").describe("Table with one row a patient"),
  visits: table.default("encounters").describe("Table that tells how long a patient has been followed"),
  tables: z.record(table, columns).default({}).describe("Columns by table, where they are not found by their names"),
  timeless: z.literal(true).optional().describe("Nothing has a time: no index, and all that is known counts"),
  index: index.optional().describe("Moment of the prediction, one of these; nothing after it is seen"),
  label: labelSchema,
  features: z
    .record(label, feature)
    .refine((all) => Object.keys(all).length > 0, "at least one feature")
    .describe("By column"),
  exclude: z
    .strictObject({
      no_birth_date: z.boolean().default(true).describe("Patients without one, where ages are asked for"),
      age_under: z.number().min(0).optional(),
      age_over: z.number().min(0).optional(),
      history_under: duration.optional().describe("No visit so long before the index"),
      follow_up_under: duration.optional().describe("Without the label, and no visit so long after the index"),
    })
    .prefault({})
    .describe("Who is left out. Patients who had the label before the index always are"),
  group: z.string().default("patient").describe("`patient`, or a column of the patients whose rows stay together"),
});

export type Declaration = z.infer<typeof declarationSchema>;
export type Feature = Declaration["features"][string];
export type Codes = z.infer<typeof codes>;
/** Rows of a table that are asked for. */
export interface EventSpec {
  readonly table: string;
  readonly codes?: Codes;
  readonly where?: Readonly<Record<string, string | readonly string[]>>;
}

/** A problem of a declaration, by its place. */
export interface DeclarationProblem {
  readonly path: readonly string[];
  readonly message: string;
  readonly fix: string;
}

const KINDS = ["age", "patient", "labels", "count", "days_since", "value"] as const;
const INDEXES = ["first", "last", "date", "age", "before_label"] as const;

/** What the schema alone cannot tell. */
export function checkDeclaration({
  index,
  timeless,
  label,
  features,
  exclude,
}: Declaration): readonly DeclarationProblem[] {
  const problems: DeclarationProblem[] = [];
  const add = (path: readonly string[], message: string, fix: string): void =>
    void problems.push({ path, message, fix });
  const indexes = INDEXES.filter((key) => index?.[key] !== undefined);
  if (timeless && index) add(["index"], "a table without times has no index", "Leave out index, or timeless.");
  if (!timeless && indexes.length !== 1)
    add(["index"], `index: one of ${INDEXES.join(", ")} is needed, found ${indexes.length}`, "Name one of them.");
  const labels = (["codes", "classes", "column"] as const).filter((key) => label[key] !== undefined);
  if (labels.length !== 1)
    add(["label"], `label: one of codes, classes, column is needed, found ${labels.length}`, "Name one of them.");
  if (label.column !== undefined && !timeless)
    add(["label", "column"], "a label that is a column has no time", "Name codes or classes, or say timeless: true.");
  if (index?.before_label && label.horizon)
    add(["label", "horizon"], "the index is before the label anyway", "Leave out horizon, or before_label.");
  for (const [name, spec] of Object.entries(features)) {
    const kinds = KINDS.filter((key) => spec[key] !== undefined);
    if (kinds.length !== 1)
      add(["features", name], `${name}: one of ${KINDS.join(", ")} is needed, found ${kinds.length}`, "Name one.");
    if (timeless && (spec.age || spec.days_since))
      add(["features", name], `${name}: it is measured from the index`, "A table without times has none.");
  }
  if (
    timeless &&
    (exclude.history_under ?? exclude.follow_up_under ?? exclude.age_under ?? exclude.age_over) !== undefined
  )
    add(["exclude"], "exclude: ages and spans are measured from the index", "A table without times has none.");
  return problems;
}
