import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { StepSpec } from "../../../src/core/step.ts";
import { families } from "../../../src/families/index.ts";
import { steps } from "../../../src/preparation/index.ts";
import {
  bestLabels,
  largestDifference,
  type PackagedModel,
  type Patients,
  packagePatients,
  rarePatients,
  type Spec,
  shippedPatients,
  termPatients,
  troubledPatients,
  writePackaged,
} from "../../support/serving/packaged.ts";
import { venvPython } from "../../support/venv.ts";

const step = (id: string, params: Record<string, unknown> = {}): StepSpec => ({ id, params });
const STANDARD = [step("impute"), step("encode"), step("scale")];
/** Trees that take what is missing as it is. */
const AS_IT_IS = [
  step("impute", { numeric: "none", categorical: "none", boolean: "none", multilabel: "none" }),
  step("encode", { missing: "nan" }),
];
const FAMILIES: readonly Omit<Spec, "steps">[] = [
  { family: "baseline" },
  { family: "logistic" },
  { family: "random-forest", params: { n_estimators: 30 } },
  { family: "extra-trees", params: { n_estimators: 30 } },
  { family: "naive-bayes" },
  { family: "knn" },
  { family: "svm" },
  { family: "mlp", params: { epochs: 10 } },
  { family: "transformer", params: { epochs: 10 } },
  { family: "xgboost", params: { n_estimators: 15 } },
  { family: "gbm", params: { n_estimators: 15, min_child_samples: 3 } },
];
/** Each option of each step at least once, and the steps in other orders. */
const PREPARATIONS: Readonly<Record<string, readonly StepSpec[]>> = {
  "means, most frequent level, no indicators": [
    step("impute", { numeric: "mean", categorical: "most_frequent", indicator: false }),
    step("encode", { drop: "first" }),
    step("scale", { method: "minmax" }),
  ],
  "constants, unscaled": [
    step("impute", { numeric: "constant", numeric_fill: -7.5, categorical_fill: "sierra", boolean: "constant" }),
    step("encode", { drop: "if_binary", min_frequency: 0.2 }),
  ],
  "few levels, all columns scaled": [
    step("impute", { boolean_fill: true, boolean: "constant" }),
    step("encode", { max_levels: 2 }),
    step("scale", { columns: "all", method: "robust" }),
  ],
  "scaled first, imputed last": [
    step("scale"),
    step("encode", { missing: "nan", min_frequency: 1 }),
    step("impute", { numeric: "mean" }),
  ],
  "missing lists are zeros": [step("encode"), step("impute"), step("scale", { columns: "all" })],
  "the columns that tell most": [step("impute"), step("encode"), step("scale"), step("select")],
  "principal components": [step("impute"), step("encode"), step("scale"), step("pca", { components: 4, whiten: true })],
  "linear discriminants": [step("impute"), step("encode"), step("scale"), step("lda")],
  "nearest patients": [
    step("scale", { method: "power" }),
    step("impute", { numeric: "knn", neighbours: 3 }),
    step("encode"),
  ],
  "nearest of a few patients, categories between": [
    step("impute", { numeric: "knn", donors: 20, boolean: "none", indicator: false }),
    step("encode"),
    step("impute"),
  ],
  "levels by number": [step("encode", { method: "ordinal" }), step("impute")],
  "levels by number, missing stays so": [
    step("encode", { method: "ordinal", missing: "nan", max_levels: 2 }),
    step("impute"),
  ],
  "levels by target": [step("encode", { method: "target" }), step("impute"), step("scale", { columns: "all" })],
  "one column by target, the rest as they are": [
    step("impute"),
    step("encode", { method: "target", columns: ["región"], missing: "nan" }),
    step("encode"),
    step("select", { by: "l1" }),
  ],
  products: [
    step("impute"),
    step("scale"),
    step("encode"),
    step("interactions", { k: 5 }),
    step("interactions", {
      pairs: [
        ["edad", "sexo=F"],
        ["edad", "edad"],
      ],
    }),
  ],
  "columns of a forest": [step("impute"), step("encode"), step("select", { by: "recursive", k: 5 })],
};
/** Of patients whose symptoms are HPO terms. */
const TERM_PREPARATIONS: Readonly<Record<string, readonly StepSpec[]>> = {
  "terms and what they share": [step("hpo-propagate"), step("impute"), step("encode")],
  "terms and all above": [step("impute"), step("hpo-propagate", { add: "all" }), step("scale"), step("encode")],
  "terms alone": [step("hpo-propagate", { add: "none" }), step("impute"), step("encode")],
};

const Answer = z.object({
  classes: z.array(z.string()),
  onnx: z.array(z.number()),
  label: z.array(z.string()),
  pyfunc: z.array(z.number()),
  one: z.array(z.number()),
  example: z.array(z.number()),
  inputs: z.array(z.string()),
  required: z.array(z.string()),
  outputs: z.array(z.string()),
  flavors: z.array(z.string()),
});

let root: string;
const cases: { readonly name: string; readonly patients: () => Promise<Patients>; readonly spec: Spec }[] = [];
const made = new Map<string, { readonly model: PackagedModel; readonly answer: z.infer<typeof Answer> }>();

for (const [data, target] of [
  ["heart_disease", "severity"],
  ["chronic_kidney", "class"],
  ["dermatology", "disease"],
  ["primary_tumor", "tumor_site"],
] as const) {
  const patients = () => shippedPatients(data, target);
  for (const spec of FAMILIES)
    cases.push({ name: `${spec.family} on ${data}`, patients, spec: { ...spec, steps: STANDARD } });
}
for (const spec of FAMILIES) {
  const steps = (await families[spec.family]!()).acceptsMissing ? AS_IT_IS : STANDARD;
  const name = `${spec.family} on troubled patients`;
  cases.push({ name, patients: async () => troubledPatients(false), spec: { ...spec, steps } });
  cases.push({
    name: `${name}, levels unseen`,
    patients: async () => troubledPatients(true),
    spec: { ...spec, steps },
  });
}
const POST: Readonly<Record<string, Pick<Spec, "calibrate" | "target">>> = {
  temperature: { calibrate: "temperature" },
  "isotonic curves": { calibrate: "isotonic" },
  "another prior": { target: [0.9, 0.06, 0.04] },
  "isotonic curves and another prior": { calibrate: "isotonic", target: [0.2, 0.3, 0.5] },
};
for (const [name, post] of Object.entries(POST)) {
  for (const spec of [FAMILIES[1]!, FAMILIES[2]!]) {
    cases.push({
      name: `${spec.family} with ${name}`,
      patients: async () => troubledPatients(true),
      spec: { ...spec, steps: STANDARD, ...post },
    });
  }
}
for (const metric of ["euclidean", "manhattan", "cosine"]) {
  cases.push({
    name: `knn by ${metric} distance`,
    patients: async () => troubledPatients(true),
    spec: { family: "knn", params: { k: 9, weights: "distance", metric }, steps: STANDARD },
  });
}
for (const [name, params] of Object.entries({
  linear: { kernel: "linear" },
  landmarks: { approximation: "nystroem", components: 40 },
  cosines: { approximation: "fourier", components: 50 },
})) {
  cases.push({
    name: `svm by ${name}`,
    patients: async () => troubledPatients(true),
    spec: { family: "svm", params, steps: STANDARD },
  });
  cases.push({
    name: `svm by ${name}, two classes`,
    patients: () => shippedPatients("chronic_kidney", "class"),
    spec: { family: "svm", params, steps: STANDARD },
  });
}
for (const [name, steps] of Object.entries(PREPARATIONS)) {
  for (const spec of FAMILIES.slice(1, 3)) {
    cases.push({
      name: `${spec.family}, ${name}`,
      patients: async () => troubledPatients(false),
      spec: { ...spec, steps },
    });
  }
}
for (const [name, steps] of Object.entries(TERM_PREPARATIONS)) {
  cases.push({ name, patients: async () => termPatients(), spec: { family: "logistic", steps } });
}
for (const common of ["logistic", "gbm"]) {
  for (const none of [false, true]) {
    cases.push({
      name: `combined by ${common}${none ? ", with none of these" : ""}`,
      patients: () => rarePatients(none),
      spec: { family: "combined", params: { common, n_estimators: 15, min_child_samples: 3 }, steps: AS_IT_IS },
    });
  }
}
const MEMBERS: readonly Spec[] = [
  { family: "logistic", steps: STANDARD, calibrate: "temperature" },
  { family: "gbm", params: { n_estimators: 15, min_child_samples: 3 }, steps: AS_IT_IS },
  { family: "naive-bayes", steps: [...STANDARD, step("pca", { components: 4 })] },
];
for (const params of [{ method: "vote" }, { method: "stack" }, { method: "greedy" }]) {
  cases.push({
    name: `ensemble by ${params.method}`,
    patients: async () => troubledPatients(true),
    spec: { family: "ensemble", params, steps: [], members: MEMBERS },
  });
}

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "disease-packaging-")));
  const models: PackagedModel[] = [];
  for (const [i, { patients, spec }] of cases.entries()) {
    const model = await packagePatients(await patients(), spec);
    models.push(model);
    writePackaged(join(root, String(i)), model);
  }
  const script = join(import.meta.dirname, "..", "..", "fixtures", "packaging", "predict.py");
  const folders = cases.map((_, i) => join(root, String(i)));
  const lines = execFileSync(await venvPython("onnx"), ["-W", "ignore", script, ...folders], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  lines
    .trim()
    .split("\n")
    .forEach((line, i) => {
      made.set(cases[i]!.name, {
        model: models[i]!,
        answer: Answer.parse(JSON.parse(line), { error: () => line.slice(0, 500) }),
      });
    });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each(cases.map(({ name, spec }) => [name, spec] as const))("%s", (name, spec) => {
  test("ONNX Runtime and MLflow predict what we predict, from raw patients", () => {
    const { model, answer } = made.get(name)!;
    const { patients, proba } = model;
    expect(largestDifference(answer.onnx, proba)).toBeLessThan(1e-5);
    expect(answer.label).toEqual(bestLabels(proba, patients.classes));
    expect(largestDifference(answer.pyfunc, proba)).toBeLessThan(1e-5);
    const width = patients.classes.length;
    expect(largestDifference(answer.one, proba.subarray(3 * width, 4 * width)), "a patient alone").toBeLessThan(1e-5);
  });

  test("the signature names raw columns and classes, the example predicts, flavours are as they should be", () => {
    const { model, answer } = made.get(name)!;
    const columns = model.patients.frame.columns.map((column) => column.name);
    expect(answer.inputs).toEqual(columns);
    expect(answer.required).toEqual(columns);
    expect(answer.outputs).toEqual(model.patients.classes);
    expect(answer.classes).toEqual(model.patients.classes);
    expect(answer.example).toHaveLength(model.patients.classes.length);
    const native = { xgboost: ["xgboost"], gbm: ["lightgbm"] }[spec.family] ?? [];
    expect(answer.flavors).toEqual(["onnx", "python_function", ...native]);
  });
});

test("every family and every step is among the cases", () => {
  expect(new Set(cases.map(({ spec }) => spec.family))).toEqual(new Set(Object.keys(families)));
  expect(new Set(cases.flatMap(({ spec }) => spec.steps.map(({ id }) => id)))).toEqual(new Set(Object.keys(steps)));
});

test("tables as people write them are read alike; what cannot be meant is refused by column", async () => {
  const folder = join(root, "spellings");
  writePackaged(folder, await packagePatients(troubledPatients(false), { family: "logistic", steps: STANDARD }));
  const script = join(import.meta.dirname, "..", "..", "fixtures", "packaging", "spellings.py");
  const report = JSON.parse(
    execFileSync(await venvPython("onnx"), ["-W", "ignore", script, join(folder, "model")], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  const { refused, "index kept": index, "no rows": empty, ...differences } = report;
  for (const [way, difference] of Object.entries(differences)) expect(difference, way).toBeLessThan(1e-6);
  expect(Object.keys(differences)).toHaveLength(14);
  expect(index).toEqual(["a", "b", "c", "a"]);
  expect(empty).toEqual([0, 3]);
  expect(refused).toEqual([
    "column 'edad' holds something that is not a number",
    "column 'fiebre' holds something that is not yes or no",
    "column 'fiebre' holds something that is not yes or no",
    expect.stringContaining("Model is missing inputs ['edad']"),
  ]);
});
