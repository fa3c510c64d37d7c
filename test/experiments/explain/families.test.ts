import { describe, expect, test } from "vitest";
import { frameToMatrix } from "../../../src/core/frame.ts";
import type { Explained } from "../../../src/core/serving/serving.ts";
import { columnMeans } from "../../../src/experiments/explain/summary.ts";
import { createExplainer } from "../../../src/experiments/explain/table.ts";
import { openModel, saveModel } from "../../../src/experiments/model.ts";
import { typicalRow } from "../../../src/experiments/package/example.ts";
import { loadStep } from "../../../src/experiments/steps.ts";
import { families } from "../../../src/families/index.ts";
import { fitPipeline } from "../../../src/preparation/_pipeline.ts";
import type { ProbaStep } from "../../../src/statistics/calibration/steps.ts";
import { mixedFrame } from "../../contracts/step-frames.ts";
import { packagePatients, troubledPatients } from "../../support/serving/packaged.ts";

const frame = mixedFrame(60);
const y = Int32Array.from({ length: frame.rows }, (_, i) => i % 3);
/** Those that need no other models; one network stands for both. */
const TABLE_FAMILIES = Object.keys(families).filter((id) => !["ensemble", "combined", "transformer"].includes(id));
const SMALL: Readonly<Record<string, object>> = { mlp: { epochs: 5 }, xgboost: { n_estimators: 20 } };

interface Made {
  readonly explain: (row: number, classCode: number) => Explained;
  readonly proba: Float32Array;
}

async function make(
  id: string,
  {
    classes = 3,
    params = {},
    steps = [],
    preparation = ["impute", "scale", "encode"],
  }: {
    readonly classes?: number;
    readonly params?: object;
    readonly steps?: readonly ProbaStep[];
    readonly preparation?: readonly string[];
  } = {},
): Promise<Made> {
  const codes = y.map((k) => k % classes);
  const signal = new AbortController().signal;
  const specs = preparation.map((step) => ({ id: step, params: {} }));
  const pipeline = await fitPipeline(specs, { frame, y: codes, classes, seed: 1, signal }, loadStep);
  const family = await families[id]!();
  const x = frameToMatrix(pipeline.train);
  const train = { x, y: codes };
  const settings = family.params.parse({ ...SMALL[id], ...params });
  const fitted = await family.fit({ train, validation: train, classes, params: settings, seed: 1, threads: 1, signal });
  const names = ["a", "b", "c"].slice(0, classes);
  const card = { family: id, params: {}, target: "disease", classes: names, codeVersion: "" };
  const opened = await openModel(saveModel(card, pipeline.state, fitted, steps), "here");
  const explain = createExplainer(opened, typicalRow(frame), columnMeans(x));
  return {
    explain: (row, classCode) => explain(frame, row, classCode),
    proba: opened.model.predictProba(frameToMatrix(opened.pipeline.transform(frame))),
  };
}

const sumOf = ({ base, evidence }: Explained): number => evidence.reduce((sum, { weight }) => sum + weight, base);
const inUnit = (unit: Explained["unit"], p: number): number => (unit === "probability" ? p : Math.log(p / (1 - p)));

describe.each(TABLE_FAMILIES)("%s", (id) => {
  test.each([2, 3])("base and weights come to what the patient was given: %i classes", async (classes) => {
    const { explain, proba } = await make(id, { classes });
    for (const row of [0, 1, 2, 30]) {
      for (let k = 0; k < classes; k++) {
        const p = proba[row * classes + k]!;
        if (p < 1e-4 || p > 1 - 1e-4) continue; // where single precision says little of the odds
        const explained = explain(row, k);
        expect(sumOf(explained)).toBeCloseTo(inUnit(explained.unit, p), 2);
        expect(explained).toEqual(explain(row, k));
      }
    }
  });

  test("evidence is of raw columns, the strongest first", async () => {
    const { explain } = await make(id);
    const { evidence } = explain(4, 1);
    const known = frame.columns.map(({ name }) => name);
    expect(evidence.every(({ feature, weight }) => known.includes(feature) && weight !== 0)).toBe(true);
    const sizes = evidence.map(({ weight }) => Math.abs(weight));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(new Set(evidence.map(({ label }) => label)).size).toBe(evidence.length);
  });
});

test("says how each family is explained", async () => {
  const methods = await Promise.all(
    TABLE_FAMILIES.map(async (id) => [id, (await make(id)).explain(0, 0).method.replace("sampled-", "")]),
  );
  expect(Object.fromEntries(methods)).toEqual({
    baseline: "shapley",
    "extra-trees": "tree-shap",
    gbm: "tree-shap",
    knn: "shapley",
    logistic: "linear",
    mlp: "shapley",
    "naive-bayes": "naive-bayes",
    "random-forest": "tree-shap",
    svm: "shapley",
    xgboost: "tree-shap",
  });
});

test("two linear machines of two classes are explained by their weights", async () => {
  expect((await make("svm", { classes: 2, params: { kernel: "linear" } })).explain(0, 1).method).toBe("linear");
});

test("symptoms are told one by one, those that a patient lacks too", async () => {
  const { explain } = await make("logistic");
  const told = Array.from({ length: 12 }, (_, row) => explain(row, 0).evidence).flat();
  const symptoms = told.filter(({ label }) => label.startsWith("síntomas: "));
  expect(new Set(symptoms.map(({ value }) => value))).toEqual(new Set([true, false, null]));
  expect(symptoms.every(({ feature }) => feature === "síntomas")).toBe(true);
  const names = new Set(symptoms.map(({ label }) => label.replace("síntomas: ", "")));
  expect([...names].sort()).toEqual(["ataxia", "fiebre", "infrequent", "tos"]);
});

test("columns of one category are told as one thing, with the patient's own level", async () => {
  const { explain } = await make("logistic");
  const regions = explain(3, 0).evidence.filter(({ feature }) => feature === "región");
  const region = frame.columns.find(({ name }) => name === "región");
  const level = region?.kind === "categorical" ? (region.levels[region.codes[3]!] ?? null) : undefined;
  expect(regions.map(({ value }) => value)).toEqual([level]);
});

test.each<{ readonly name: string; readonly steps: readonly ProbaStep[]; readonly method: string }>([
  { name: "a temperature", steps: [{ kind: "temperature", temperature: 2.5 }], method: "linear" },
  { name: "a prior", steps: [{ kind: "prior", factors: Float64Array.of(0.5, 1, 4) }], method: "linear" },
  {
    name: "isotonic curves",
    steps: [{ kind: "isotonic", curves: [{ x: Float64Array.of(0, 1), y: Float64Array.of(0.1, 0.8) }, null, null] }],
    method: "shapley",
  },
])("what follows the model counts: $name", async ({ steps, method }) => {
  const { explain, proba } = await make("logistic", { steps });
  for (const row of [0, 5]) {
    const explained = explain(row, 2);
    expect(explained.method.replace("sampled-", "")).toBe(method);
    expect(sumOf(explained)).toBeCloseTo(inUnit("log-odds", proba[row * 3 + 2]!), 2);
  }
});

test("a preparation that mixes columns is explained over the raw ones", async () => {
  const { explain, proba } = await make("xgboost", { preparation: ["impute", "scale", "encode", "pca"] });
  const explained = explain(7, 0);
  expect(explained.method).toMatch(/shapley$/);
  expect(sumOf(explained)).toBeCloseTo(inUnit("log-odds", proba[7 * 3]!), 2);
});

test("an ensemble is explained over the raw columns of its members", async () => {
  const patients = troubledPatients(false);
  const steps = ["impute", "scale", "encode"].map((id) => ({ id, params: {} }));
  const members = [
    { family: "logistic", steps },
    { family: "naive-bayes", steps },
  ];
  const { files, proba } = await packagePatients(patients, {
    family: "ensemble",
    params: { method: "vote" },
    steps,
    members,
  });
  const opened = await openModel(files, "here");
  const explained = createExplainer(opened, typicalRow(patients.frame))(patients.asked, 5, 0);
  expect(explained.method).toMatch(/shapley$/);
  expect(sumOf(explained)).toBeCloseTo(inUnit("log-odds", proba[5 * patients.classes.length]!), 2);
  opened.model.dispose();
});
