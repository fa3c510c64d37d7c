/** The words of `POST /v1/diagnose`, for checks and for the OpenAPI document. */
import { z } from "zod";

export const RawCell = z.union([z.number(), z.string(), z.boolean(), z.null(), z.array(z.string())]);
export const RawPatient = z
  .record(z.string(), RawCell)
  .describe("Raw columns of a table model, all of them; null where a value is not known");

export const Term = z.union([z.string(), z.object({ id: z.string().optional(), label: z.string().optional() })]);

export const TermsPatient = z
  .object({
    id: z.string().optional().describe("What you call the patient; only its keyed hash is kept"),
    present: z.array(Term).optional().describe("HPO terms that the patient has: ids, or exact names or synonyms"),
    excluded: z.array(Term).optional().describe("HPO terms that the patient is known not to have"),
    sex: z.string().nullish().describe("female, male, other or unknown; GA4GH's capitals are understood"),
    age: z.union([z.number(), z.string()]).nullish().describe("Years, or an ISO 8601 duration: P6Y3M"),
  })
  .describe("A patient in terms of the Human Phenotype Ontology");

export const Phenopacket = z
  .looseObject({
    id: z.string().optional(),
    subject: z.looseObject({}).optional(),
    phenotypicFeatures: z.array(z.looseObject({})).optional(),
    measurements: z.array(z.looseObject({})).optional(),
  })
  .describe("GA4GH phenopacket of one person, version 1 or 2");

export const Bundle = z
  .looseObject({ resourceType: z.literal("Bundle"), entry: z.array(z.looseObject({})) })
  .describe("FHIR R4 bundle of one patient: Patient, Condition, Observation are read");

export const AnyPatient = z.union([Bundle, Phenopacket, TermsPatient, RawPatient]);

export const DiagnoseRequest = z.union([
  z.strictObject({
    patients: z.array(AnyPatient).min(1).describe("Each in whichever form"),
    patient_keys: z
      .array(z.string().nullable())
      .optional()
      .describe("What you call the patients, in their order; only keyed hashes are kept"),
  }),
  z.strictObject({ phenopacket: Phenopacket }),
  Bundle,
  Phenopacket,
  TermsPatient,
]);

const MOST = 100;
export const DiagnoseQuery = z.strictObject({
  top: z.coerce.number().int().min(1).max(MOST).default(10).describe("Diseases a patient at most"),
  explain: z.coerce.number().int().min(0).max(MOST).default(3).describe("How many of them, the best first, say why"),
});
export type DiagnoseQuery = z.infer<typeof DiagnoseQuery>;

const Probability = z.number().min(0).max(1);
const Evidence = z.object({
  feature: z.string().describe("Raw column, or id of a term of the HPO"),
  label: z.string(),
  value: RawCell,
  weight: z.number().describe("How far it moved the score, in `unit`"),
});
const Reasons = z.object({
  method: z.string().describe("How it was found, e.g. tree-shap"),
  unit: z.enum(["log-odds", "probability", "score"]),
  base: z.number().describe("Of a typical patient; with all weights it makes this patient's"),
  for: z.array(Evidence).describe("What speaks for the disease, the strongest first"),
  against: z.array(Evidence),
});

const Disease = z.object({
  rank: z.int().min(1),
  id: z
    .string()
    .nullable()
    .describe("OMIM or ORPHA id of a model that ranks rare diseases; null for a class of a table"),
  name: z.string(),
  probability: Probability,
  interval: z
    .tuple([Probability, Probability])
    .nullable()
    .describe(
      "95 %: the share of patients with the disease among those given this probability; null where too few were seen",
    ),
  evidence: Reasons.nullable(),
});

const Diagnosis = z.object({
  prediction_id: z.string().describe("Name it when the outcome is known: feedback"),
  refer_to_clinician: z.boolean().describe("True: the model is not sure enough, and names no disease"),
  reason: z.string().nullable().describe("Why there is no disease"),
  diseases: z.array(Disease).describe("The likeliest first; empty when referred"),
  none_of_these: Probability.nullable().describe(
    "Probability of another disease than those looked at; null where not known",
  ),
  notices: z.array(z.string()).describe("What was not understood, and where it stands; no values"),
});
export type Diagnosis = z.infer<typeof Diagnosis>;
export type DiseaseAnswer = z.infer<typeof Disease>;

export const DiagnoseAnswer = z.object({
  request_id: z.string(),
  model: z.object({
    name: z.string().nullable().describe("In the registry; null for a model of a run or a folder"),
    version: z.string().nullable(),
    run_id: z.string().nullable(),
    hash: z.string().describe("SHA-256 of the model's files"),
    family: z.string(),
    code_version: z.string(),
  }),
  knowledge: z
    .object({ hash: z.string(), hpo: z.string(), sources: z.array(z.string()) })
    .nullable()
    .describe("Release of the knowledge base, of models that rest on one"),
  abstention: z.object({
    below: Probability.nullable().describe("No disease is named where the best one is less probable"),
    none_above: Probability.nullable().describe(
      "No disease is named where it is likelier than this that it is none of those looked at",
    ),
    source: z
      .enum(["setting", "validation", "none"])
      .describe(
        "validation: `below` was chosen for an accuracy on validation patients; none: a disease is always named",
      ),
  }),
  patients: z.array(Diagnosis).describe("In the order of the request"),
  disclaimer: z.string(),
});
export type DiagnoseAnswer = z.infer<typeof DiagnoseAnswer>;

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    request_id: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), patient: z.int().nullable(), detail: z.string() }))
      .describe("Each with the place in the request as a JSON pointer; without values"),
  })
  .describe("RFC 9457");
export type Problem = z.infer<typeof Problem>;
