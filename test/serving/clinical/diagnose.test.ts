import { expect, test } from "vitest";
import type { ServedCases, ValidationSummary } from "../../../src/core/serving/serving.ts";
import { ALWAYS_ANSWER, abstentionFor } from "../../../src/serving/clinical/abstention.ts";
import type { DiagnoseAnswer, Problem } from "../../../src/serving/clinical/schemas.ts";
import { DiagnoseAnswer as AnswerSchema } from "../../../src/serving/clinical/schemas.ts";
import { COLUMNS, casesModel, diagnose, startClinical } from "../../support/serving/clinical.ts";
import { ageModel } from "../../support/serving/serving.ts";

const NOTHING = {
  ...{ age: 80, sex: "F", systolic: null, "HP:0001250 Seizure": null },
  ...{ murmur: null, symptoms: null },
};

test("raw patients get the classes by probability, with the model that said so", async () => {
  await using service = startClinical();
  const { status, json } = await diagnose(service, { patients: [NOTHING, { ...NOTHING, age: 10 }] });
  expect(status).toBe(200);
  const answer = AnswerSchema.parse(json);
  expect(answer.model).toMatchObject({ name: "skin", version: "1" });
  expect(answer.abstention).toEqual({ below: null, none_above: null, source: "none" });
  const [old, young] = answer.patients;
  expect(old!.diseases.map(({ rank, name, probability }) => [rank, name, +probability.toFixed(3)])).toEqual([
    [1, "flu", 0.8],
    [2, "cold", 0.2],
  ]);
  expect(old!.diseases[0]!.evidence).toMatchObject({ unit: "probability", for: [], against: [] });
  expect(young!.diseases[0]!.name).toBe("cold");
  expect(young!.prediction_id).not.toBe(old!.prediction_id);
});

test("how many diseases are listed and explained is asked by the query", async () => {
  await using service = startClinical();
  const { json } = await diagnose(service, { patients: [NOTHING] }, { query: "?top=1&explain=0" });
  const { diseases } = (json as DiagnoseAnswer).patients[0]!;
  expect(diseases).toHaveLength(1);
  expect(diseases[0]!.evidence).toBeNull();
  const { status, json: refused } = await diagnose(service, { patients: [NOTHING] }, { query: "?top=0" });
  expect(status).toBe(400);
  expect((refused as Problem).detail).toContain("top");
});

test("a model that is not sure enough refers to a clinician and names no disease, and the log says so", async () => {
  await using service = startClinical({ settings: { abstain: { ...ALWAYS_ANSWER, below: 0.75 } } });
  const { json } = await diagnose(service, {
    patients: [NOTHING, { ...NOTHING, age: 60 }],
    patient_keys: ["first", null],
  });
  const { patients, abstention } = json as DiagnoseAnswer;
  expect(abstention).toEqual({ below: 0.75, none_above: null, source: "setting" });
  expect(patients.map(({ refer_to_clinician, diseases }) => [refer_to_clinician, diseases.length])).toEqual([
    [false, 2],
    [true, 0],
  ]);
  expect(patients[1]!.reason).toContain("below 0.75");
  await service.service.close();
  expect(service.records.map(({ id, abstained, patient }) => ({ id, abstained, patient }))).toEqual([
    { id: patients[0]!.prediction_id, abstained: false, patient: "hash of 5 characters" },
    { id: patients[1]!.prediction_id, abstained: true, patient: null },
  ]);
});

test("a threshold by accuracy is the lowest that was so accurate on validation, and the answer says where it is from", async () => {
  const validation = summarise({ sure: [30, 30], unsure: [30, 15] });
  const model = { ...ageModel({ input: COLUMNS }), validation };
  await using service = startClinical({ model, settings: { abstain: { ...ALWAYS_ANSWER, accuracy: 0.95 } } });
  const { json } = await diagnose(service, { patients: [NOTHING, { ...NOTHING, age: 60 }] });
  const { patients, abstention } = json as DiagnoseAnswer;
  expect(abstention).toEqual({ below: 0.8, none_above: null, source: "validation" });
  expect(patients.map(({ refer_to_clinician }) => refer_to_clinician)).toEqual([false, true]);
  const { told } = abstentionFor(model, { ...ALWAYS_ANSWER, accuracy: 0.95 });
  expect(told).toContain("50.0 % of the patients got an answer, and 100.0 % of these 30 were right");
});

test("a model that cannot abstain as it is asked to says why", async () => {
  const table = ageModel({ input: COLUMNS });
  const few = { ...table, validation: summarise({ sure: [19, 19], unsure: [30, 15] }) };
  expect(() => abstentionFor(table, { ...ALWAYS_ANSWER, accuracy: 0.9 })).toThrow("nothing is known of how");
  expect(() => abstentionFor(few, { ...ALWAYS_ANSWER, accuracy: 0.9 })).toThrow("with 20 patients or more");
  expect(() => abstentionFor(table, { ...ALWAYS_ANSWER, noneAbove: 0.5 })).toThrow("no probability that it is none");
  const ranker = { ...(await casesModel()), saysNone: false };
  expect(() => abstentionFor(ranker, { ...ALWAYS_ANSWER, noneAbove: 0.5 })).toThrow("no probability that it is none");
});

test("a ranking of which none is likely enough refers to a clinician", async () => {
  const ranker = await casesModel();
  const model: ServedCases = { ...ranker, saysNone: true, rank: (...of) => ({ ...ranker.rank(...of), none: 0.6 }) };
  for (const [noneAbove, refers] of [
    [0.5, true],
    [0.7, false],
  ] as const) {
    await using service = startClinical({ model, settings: { abstain: { ...ALWAYS_ANSWER, noneAbove } } });
    const { json } = await diagnose(service, { present: ["HP:0001250"] });
    const { patients, abstention } = json as DiagnoseAnswer;
    expect(abstention).toEqual({ below: null, none_above: noneAbove, source: "setting" });
    expect(patients[0]).toMatchObject({ refer_to_clinician: refers, none_of_these: 0.6 });
  }
});

/** Validation patients whose answer had a probability of 0.8, and of 0.5: how many, and how many were right. */
function summarise({ sure, unsure }: Record<"sure" | "unsure", readonly [number, number]>): ValidationSummary {
  const [rows, right] = [new Uint32Array(10), new Uint32Array(10)];
  for (const [bin, [all, hits]] of [
    [8, sure],
    [5, unsure],
  ] as const) {
    rows[bin] = all;
    right[bin] = hits;
  }
  return { answers: { rows, right }, byClass: { bins: 0, rows: new Uint32Array(0), positives: new Uint32Array(0) } };
}

test("one bad patient is named by place and field, not by value, and none is answered", async () => {
  await using service = startClinical();
  const bad = { ...NOTHING, systolic: "one hundred secret", murmur: { a: 1 } };
  const { status, type, json } = await diagnose(service, { patients: [NOTHING, bad] });
  expect(status).toBe(422);
  expect(type).toContain("application/problem+json");
  const problem = json as Problem;
  expect(problem.errors).toEqual([
    { pointer: "/patients/1/systolic", patient: 1, detail: 'column "systolic" has to be a number, not a text' },
    { pointer: "/patients/1/murmur", patient: 1, detail: 'column "murmur" has to be a text, not an object' },
  ]);
  expect(JSON.stringify(problem)).not.toContain("secret");
  expect(service.lines.join("")).not.toContain("secret");
});

test.each([
  ["a column that is absent", { patients: [{ age: 1 }] }, "/patients/0/sex"],
  ["no object", "[1]", ""],
  ["an empty list", { patients: [] }, "/patients"],
  ["a patient that is no object", { patients: [3] }, "/patients/0"],
  ["keys of another number", { patients: [NOTHING], patient_keys: [] }, "/patient_keys"],
  ["keys that are no texts", { patients: [NOTHING], patient_keys: [{}] }, "/patient_keys"],
  ["a word that is not known", { patients: [NOTHING], patient: 1 }, ""],
  ["raw columns as the body", NOTHING, ""],
  ["a FHIR resource that is no bundle", { resourceType: "Patient" }, "/resourceType"],
  ["a bundle without entries", { resourceType: "Bundle" }, "/entry"],
  ["a bundle of two patients", bundle("Patient", "Patient"), "/entry/1/resource"],
  ["a family message", { phenopacket: { proband: {}, id: "f" } }, "/phenopacket"],
  ["an age that is none", { patients: [{ present: [], age: -3 }] }, "/patients/0/age"],
  ["a sex that is none", { patients: [{ present: [], sex: "secret" }] }, "/patients/0/sex"],
  ["terms that are none", { patients: [{ present: [{ x: 1 }] }] }, "/patients/0/present/0"],
  ["more findings than anyone has", { present: Array(2001).fill("HP:0001250") }, ""],
  ["own keys of Object's prototype", '{"__proto__": {"patients": []}, "constructor": 1}', ""],
])("%s is refused with its place", async (_, body, pointer) => {
  await using service = startClinical();
  const { status, json } = await diagnose(service, body);
  expect(status).toBe(422);
  expect((json as Problem).errors[0]!.pointer).toBe(pointer);
  expect(JSON.stringify(json)).not.toContain("secret");
});

function bundle(...types: readonly string[]) {
  return { resourceType: "Bundle", entry: types.map((resourceType) => ({ resource: { resourceType } })) };
}

test.each([
  ["broken JSON", "{", "application/json", 400],
  ["another format", "age=3", "text/plain", 415],
  ["too large a body", `{"patients": "${"x".repeat(2 << 20)}"}`, "application/json", 413],
])("%s is refused as a problem too", async (_, body, type, expected) => {
  await using service = startClinical();
  const { status, type: answered, json } = await diagnose(service, body, { type });
  expect(status).toBe(expected);
  expect(answered).toContain("application/problem+json");
  expect((json as Problem).request_id).not.toBe("");
});

test("more patients than one request may have are refused", async () => {
  await using service = startClinical({ settings: { maxRows: 2 } });
  const { status, json } = await diagnose(service, { patients: [NOTHING, NOTHING, NOTHING] });
  expect(status).toBe(422);
  expect((json as Problem).detail).toContain("more than 2 patients");
});

test("terms, a phenopacket and a bundle with the same findings rank diseases alike", async () => {
  await using service = startClinical({ model: await casesModel() });
  const terms = { present: ["HP:0001250", "ataxia"], excluded: ["HP:0030148"], sex: "FEMALE", age: "P6Y" };
  const packet = {
    id: "p",
    subject: { id: "one", sex: "FEMALE" },
    phenotypicFeatures: [
      { type: { id: "HP:0001250" } },
      { type: { id: "HP:0001251" } },
      { type: { id: "HP:0030148" }, excluded: true },
    ],
  };
  const condition = (code: object, status = "confirmed") => ({
    resource: { resourceType: "Condition", code, verificationStatus: { coding: [{ code: status }] } },
  });
  const fhir = {
    resourceType: "Bundle",
    entry: [
      { resource: { resourceType: "Patient", id: "one", gender: "female" } },
      condition({ coding: [{ system: "http://human-phenotype-ontology.org", code: "HP:0001250" }] }),
      condition({ text: "Ataxia" }),
      condition({ coding: [{ code: "HP:0030148" }] }, "refuted"),
      condition({ text: "Common cold" }),
    ],
  };
  const answers = await Promise.all(
    [terms, packet, { phenopacket: packet }, fhir].map((body) => diagnose(service, body)),
  );
  const all = answers.map(({ json }) => AnswerSchema.parse(json).patients[0]!);
  expect(all.map(({ diseases }) => diseases)).toEqual(Array(4).fill(all[0]!.diseases));
  expect(all[0]!.diseases[0]).toMatchObject({ rank: 1, id: "OMIM:1", interval: null });
  expect(all[3]!.notices.join()).toContain("/entry/4/resource");
  await service.service.close();
  expect(service.records.map(({ features }) => features.present)).toEqual(Array(4).fill(["HP:0001250", "HP:0001251"]));
});

test("a ranking of symptoms that nobody knows is referred", async () => {
  await using service = startClinical({ model: await casesModel() });
  const { status, json } = await diagnose(service, { present: ["what nobody has heard of"] });
  expect(status).toBe(200);
  expect((json as DiagnoseAnswer).patients[0]).toMatchObject({ refer_to_clinician: true, diseases: [] });
});

test("terms that the HPO does not have are told by their place, and are not searched for", async () => {
  await using service = startClinical({ model: await casesModel() });
  const { json } = await diagnose(service, {
    present: ["HP:0001250", "HP:7777777", { id: "HP:0000001x", label: "fit" }],
  });
  const [one] = (json as DiagnoseAnswer).patients;
  expect(one!.diseases[0]!.id).toBe("OMIM:1");
  expect(one!.notices).toEqual([
    "neither a code of this release of the HPO nor exactly a name in it, so left out: /present/1, /present/2",
  ]);
});

test("raw columns are refused by a model that ranks", async () => {
  await using service = startClinical({ model: await casesModel() });
  const { status, json } = await diagnose(service, { patients: [{ age: 3 }] });
  expect(status).toBe(422);
  expect((json as Problem).detail).toContain("raw columns are for table models");
});
