/** What the document says of the service's routes, with examples that the model in use answers. */
import { z } from "zod";
import type { ServedModel, ServedTable } from "../../core/serving/serving.ts";
import { DiagnoseAnswer, DiagnoseQuery, DiagnoseRequest, Problem, RawCell } from "../clinical/schemas.ts";
import { ModelAnswer } from "../page/form.ts";
import { TermsAnswer, TermsQuery } from "../page/routes.ts";
import type { BodyDoc, RouteDoc } from "./doc.ts";

const Text = z.string();
const Refused = z
  .looseObject({ error_code: z.string(), message: z.string() })
  .describe("As MLflow's server writes it; never with a patient's value");

const json = (schema: z.ZodType): Readonly<Record<string, BodyDoc>> => ({ "application/json": { schema } });

/** Why a request is not answered, whatever it asks. */
const refusals = (content: Readonly<Record<string, BodyDoc>>): RouteDoc["answers"] => ({
  400: { description: "It cannot be read", content },
  401: { description: "A token is missing, unknown or expired", content },
  413: { description: "It is too large", content },
  415: { description: "It is in another format", content },
  422: { description: "It holds something that cannot be used, with its place", content },
  429: { description: "This client asks too often; Retry-After says how long to wait", content },
  503: { description: "More is asked than can be done, or the service is about to stop; Retry-After", content },
});

/** All routes but those of the page's files. */
export function describeRoutes(model: ServedModel): readonly RouteDoc[] {
  return [diagnoseDoc(model), ...(model.kind === "table" ? [invocationsDoc(model)] : []), ...PLAIN];
}

function diagnoseDoc(model: ServedModel): RouteDoc {
  const examples = model.kind === "table" ? { raw: rawExample(model) } : CASES;
  return {
    ...{ method: "post", path: "/v1/diagnose", id: "diagnose", tag: "clinical", access: "token" },
    summary: "Ranked diseases for patients, with probabilities and reasons",
    description:
      "Takes raw columns of a table model, GA4GH phenopackets, FHIR R4 bundles, or terms of the HPO: one as the body, or several in `patients`, all or none of which are answered. " +
      "Findings that stand for no column or term, and columns that are not told, are listed in `notices`.",
    query: DiagnoseQuery,
    body: {
      "application/json": { schema: DiagnoseRequest, examples },
      "application/fhir+json": { schema: z.looseObject({ resourceType: z.literal("Bundle") }) },
    },
    answers: {
      200: { description: "One answer a patient, in their order", content: json(DiagnoseAnswer) },
      ...refusals({ "application/problem+json": { schema: Problem } }),
    },
  };
}

const rawExample = ({ example }: ServedTable) => ({
  summary: "Raw columns",
  value: { patients: [example], patient_keys: ["patient-1"] },
});

const PRESENT = ["HP:0001250", "HP:0001263"];
const CASES = {
  terms: {
    summary: "Terms of the HPO",
    value: { patients: [{ present: PRESENT, excluded: ["HP:0000252"], sex: "female", age: 6.5 }] },
  },
  phenopacket: {
    summary: "GA4GH phenopacket",
    value: {
      id: "example",
      subject: { id: "patient-1", sex: "FEMALE", timeAtLastEncounter: { age: { iso8601duration: "P6Y6M" } } },
      phenotypicFeatures: [
        ...PRESENT.map((id) => ({ type: { id } })),
        { type: { id: "HP:0000252", label: "Microcephaly" }, excluded: true },
      ],
    },
  },
  bundle: {
    summary: "FHIR R4 bundle",
    value: {
      ...{ resourceType: "Bundle", type: "collection" },
      entry: [
        { resource: { resourceType: "Patient", id: "patient-1", gender: "female", birthDate: "2020-03-01" } },
        ...PRESENT.map((code) => ({
          resource: {
            resourceType: "Condition",
            code: { coding: [{ system: "http://human-phenotype-ontology.org", code }] },
          },
        })),
      ],
    },
  },
};

function invocationsDoc({ example, input, classes }: ServedTable): RouteDoc {
  const names = input.map(({ name }) => name);
  const row = names.map((name) => example[name] ?? null);
  const Records = z.array(z.record(z.string(), RawCell));
  const Scoring = z.union([
    z.object({ dataframe_split: z.object({ columns: z.array(z.string()), data: z.array(z.array(RawCell)) }) }),
    z.object({ dataframe_records: Records }),
    z.object({ instances: z.union([Records, z.array(z.array(RawCell))]) }),
    z.object({ inputs: z.record(z.string(), z.array(RawCell)) }),
  ]);
  const Probabilities = z.object(Object.fromEntries(classes.map((name) => [name, z.number().min(0).max(1)])));
  return {
    ...{ method: "post", path: "/invocations", id: "invocations", tag: "mlflow", access: "token" },
    summary: "Probabilities of every class, by MLflow's scoring protocol",
    body: {
      "application/json": {
        schema: Scoring,
        examples: {
          split: { summary: "dataframe_split", value: { dataframe_split: { columns: names, data: [row] } } },
          records: { summary: "dataframe_records", value: { dataframe_records: [example] } },
        },
      },
      "text/csv": { schema: Text },
    },
    answers: {
      200: { description: "One answer a row", content: json(z.object({ predictions: z.array(Probabilities) })) },
      ...refusals(json(Refused)),
    },
  };
}

const health = (path: string, summary: string): RouteDoc => ({
  ...{ method: "get", path, id: path.slice(1), tag: "operation", access: "health", summary },
  answers: { 200: { description: "Ready" }, 503: { description: "Not ready: it is about to stop" } },
});

const PLAIN: readonly RouteDoc[] = [
  {
    ...{ method: "get", path: "/v1/model", id: "model", tag: "clinical", access: "token" },
    summary: "The model in use, its columns and classes",
    answers: { 200: { description: "What it is", content: json(ModelAnswer) }, 401: { description: "No token" } },
  },
  {
    ...{ method: "get", path: "/v1/terms", id: "terms", tag: "clinical", access: "token" },
    summary: "Terms of the HPO by what is typed, for models that know some",
    query: TermsQuery,
    answers: {
      200: { description: "The best first", content: json(TermsAnswer) },
      400: { description: "The query cannot be read", content: json(Refused) },
    },
  },
  health("/ping", "Whether the service answers"),
  health("/health", "The same, as MLflow has it"),
  {
    ...{ method: "get", path: "/version", id: "version", tag: "operation", access: "health" },
    summary: "Version of MLflow whose protocol is spoken",
    answers: { 200: { description: "e.g. 3.17.2", content: { "application/json": { schema: Text } } } },
  },
  {
    ...{ method: "get", path: "/metrics", id: "metrics", tag: "operation", access: "metrics" },
    summary: "Counters and durations for Prometheus",
    answers: { 200: { description: "Text exposition format", content: { "text/plain": { schema: Text } } } },
  },
];
