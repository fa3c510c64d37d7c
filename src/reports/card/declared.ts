import { z } from "zod";
import { TRIPOD } from "./tripod.ts";

const said = z.string().trim().min(1);
const text = (description: string) => said.optional().describe(description);

const items = Object.fromEntries(
  TRIPOD.map(({ id, asks }) => [
    id,
    z
      .union([said, z.strictObject({ not_applicable: said.describe("Why") })], {
        error: "write a text, or { not_applicable: why }",
      })
      .optional()
      .describe(`What the study says of: ${asks}`),
  ]),
);

/** What people say of a model that its run cannot: experiments/cards/NAME.yaml. All of it is optional. */
export const declaredSchema = z.strictObject({
  owner: text("Who answers for the model"),
  contact: text("Where to report what is wrong with it"),
  licence: text("Under which terms the model may be used"),
  intended_use: z
    .strictObject({
      purpose: text("What its answer is for"),
      users: text("Who uses it"),
      population: text("For which patients"),
      care_pathway: text("At which point of care"),
      out_of_scope: z.array(said).optional().describe("What it must not be used for"),
    })
    .optional(),
  data: z
    .strictObject({
      origin: text("Where the data come from, and whom they represent"),
      collected: text("Dates of the first and last patient"),
      setting: text("Kind of care, number and place of centres"),
      eligibility: text("Which patients were eligible"),
      licence: text("Under which terms the data can be had, and where"),
    })
    .optional(),
  ethics: text("Ethics committee and consent, risks for patients, and what was done about them"),
  subgroups: z
    .array(
      z.union([
        said,
        z.strictObject({
          column: said.describe("A column of the data, a feature or an extra one"),
          bands: z
            .array(z.number())
            .min(1)
            .optional()
            .describe("Of a numeric column: where a band ends, e.g. [18, 65]"),
        }),
      ]),
    )
    .max(20)
    .optional()
    .describe("Columns by which performance is shown: sex, {column: age, bands: [18, 65]}"),
  limits: z.array(said).optional().describe("Known limits beside those that follow from the run"),
  recommendations: z.array(said).optional().describe("What users should do"),
  tripod: z.strictObject(items).optional().describe("TRIPOD+AI by item: a text, or {not_applicable: why}"),
});

export type Declared = z.infer<typeof declaredSchema>;
/** What is said of an item of TRIPOD+AI. */
export type Said = string | { readonly not_applicable: string };

/** JSON Schema of facts files, for completion and checks in editors. */
export function cardJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(declaredSchema, { io: "input" });
  return { $schema, title: "disease model card facts", ...schema };
}
