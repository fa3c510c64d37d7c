import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Frame } from "../../src/core/dataset.ts";
import type { FittedModel } from "../../src/core/family.ts";
import type { OnnxModel } from "../../src/core/onnx.ts";
import { loadModel } from "../../src/experiments/model.ts";
import { exampleFor, typicalRow } from "../../src/experiments/package/example.ts";
import { graphOf } from "../../src/experiments/package/graph.ts";
import { packageModel } from "../../src/experiments/package/package.ts";
import { encodeOnnx } from "../../src/experiments/package/protobuf.ts";
import { loadStep } from "../../src/experiments/steps.ts";
import { fitPipeline } from "../../src/preparation/_pipeline.ts";
import { packagePatients, troubledPatients } from "../support/serving/packaged.ts";

const STEPS = [
  { id: "impute", params: {} },
  { id: "encode", params: {} },
];
const json = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes));

test("an ONNX file is, to the byte, what the onnx package writes", () => {
  const dims = ["rows"];
  const graph: OnnxModel = {
    inputs: [
      { name: "año", type: "double", dims },
      { name: "sexo", type: "string", dims },
    ],
    outputs: [{ name: "v4", type: "int64", dims: ["rows", 3] }],
    nodes: [
      { op: "Unsqueeze", domain: "", inputs: ["año"], outputs: ["v3"], attributes: {} },
      {
        op: "LabelEncoder",
        domain: "ai.onnx.ml",
        inputs: ["sexo"],
        outputs: ["v4"],
        attributes: {
          keys_strings: ["F", "ñandú", ""],
          default_int64: 300,
          unit: "x",
          values_tensor: { dims: [2], data: Float32Array.of(1, 2) },
        },
      },
    ],
    constants: {
      v1: { dims: [1, 2], data: Float64Array.of(0.5, -1.25) },
      v2: { dims: [2], data: ["gripe", "sarampión"] },
    },
    metadata: { disease: '{"años":1}' },
  };
  const written = readFileSync(join(import.meta.dirname, "..", "fixtures", "packaging", "small.onnx"));
  expect(Buffer.from(encodeOnnx(graph, { name: "disease", version: "1.2.3" })).toString("hex")).toBe(
    written.toString("hex"),
  );
});

test("negative numbers are written as protobuf's int64", () => {
  const node = { op: "Softmax", domain: "", inputs: ["x"], outputs: ["y"] } as const;
  const bytesOf = (axis: number): string => {
    const graph: OnnxModel = {
      ...{ inputs: [], outputs: [], constants: {}, metadata: {} },
      nodes: [{ ...node, attributes: { axis } }],
    };
    return Buffer.from(encodeOnnx(graph, { name: "d", version: "1" })).toString("hex");
  };
  // AttributeProto { name: "axis", i: …, type: INT }, the value as google.protobuf writes it
  const attribute = (value: string): string => `0a0461786973${`18${value}`}a00102`;
  expect(bytesOf(-1)).toContain(attribute("ffffffffffffffffff01"));
  expect(bytesOf(-129)).toContain(attribute("fffeffffffffffffff01"));
  expect(bytesOf(300)).toContain(attribute("ac02"));
});

test("a package is the same to the byte each time, and its files say what it is", async () => {
  const { files, patients } = await packagePatients(troubledPatients(false), { family: "baseline", steps: STEPS });
  const saved = Object.fromEntries(
    Object.entries(files).filter(([name]) => /^(model\.json|preparation|family)/.test(name)),
  );
  const context = { runId: "ab".repeat(16), time: Date.UTC(2026, 0, 2, 3, 4, 5) };
  const made = await packageModel(saved, context);
  expect(await packageModel(saved, context)).toEqual(made);
  expect(Object.keys(made).sort()).toEqual([
    "MLmodel",
    "code/disease_model_v1.py",
    "conda.yaml",
    "input_example.json",
    "model.onnx",
    "python_env.yaml",
    "requirements.txt",
    "serving_input_example.json",
  ]);
  const description = parse(new TextDecoder().decode(made.MLmodel));
  expect(description).toMatchObject({
    run_id: context.runId,
    utc_time_created: "2026-01-02 03:04:05.000000",
    flavors: { onnx: { data: "model.onnx" }, python_function: { code: "code", loader_module: "disease_model_v1" } },
  });
  expect(description.model_uuid).toMatch(/^[0-9a-f]{32}$/);
  const { MLmodel, ...others } = made;
  const size = [...Object.values(saved), ...Object.values(others)].reduce((sum, file) => sum + file.length, 0);
  expect(description.model_size_bytes).toBe(size);
  const names = (text: string): string[] => JSON.parse(text).map(({ name }: { name: string }) => name);
  expect(names(description.signature.inputs)).toEqual(patients.frame.columns.map(({ name }) => name));
  expect(names(description.signature.outputs)).toEqual(patients.classes);
  expect(new TextDecoder().decode(made["requirements.txt"])).toMatch(/^(\S+==\d[\d.]*\n)+$/);
  expect(json(made["serving_input_example.json"]).dataframe_split).toEqual(json(made["input_example.json"]));
});

test("the files of a package do not keep our own program from loading the model", async () => {
  const { files, patients, proba } = await packagePatients(troubledPatients(false), { family: "gbm", steps: STEPS });
  const predictor = await loadModel(files, "a test");
  expect(predictor.predictProba(patients.asked)).toEqual(proba);
  predictor.dispose();
});

test("the example is typical column by column, and no patient", () => {
  const frame: Frame = {
    rows: 3,
    columns: [
      { kind: "numeric", name: "age", values: Float64Array.of(30, Number.NaN, 50) },
      { kind: "numeric", name: "weight", values: Float64Array.of(90, 60, 70) },
      { kind: "boolean", name: "fever", values: Float64Array.of(1, 0, 1) },
      { kind: "numeric", name: "nothing", values: new Float64Array(3).fill(Number.NaN) },
      { kind: "categorical", name: "sex", levels: ["f", "m"], codes: Int32Array.of(1, -1, 1) },
      {
        kind: "multilabel",
        name: "symptoms",
        levels: ["cough", "rash"],
        offsets: Uint32Array.of(0, 2, 2, 3),
        codes: Int32Array.of(0, 1, 1),
        missing: Uint8Array.of(0, 1, 0),
      },
    ],
  };
  expect(typicalRow(frame)).toEqual({ age: 30, weight: 70, fever: true, nothing: null, sex: "m", symptoms: "rash" });
});

test("a model saved without an example gets one of its own levels", async () => {
  const { frame, y } = troubledPatients(false);
  const signal = new AbortController().signal;
  const pipeline = await fitPipeline(STEPS, { frame, y, classes: 3, seed: 1, signal }, loadStep);
  expect(exampleFor(pipeline)).toMatchObject({ edad: null, fiebre: false, región: "costa", síntomas: "ataxia" });
});

test("a family or a step that ONNX cannot express is refused by its name", async () => {
  const { frame, y, classes } = troubledPatients(false);
  const context = { frame, y, classes: 3, seed: 1, signal: new AbortController().signal };
  const pipeline = await fitPipeline(STEPS, context, loadStep);
  const model: FittedModel = { predictProba: () => new Float32Array(0), save: () => ({}), dispose() {} };
  const parts = { family: "orphan", target: "d", classes };
  expect(() => graphOf({ ...parts, pipeline, model })).toThrow('the family "orphan" cannot be written as ONNX');
  const plain = await fitPipeline(STEPS, context, async (id) => {
    const step = await loadStep(id);
    return { ...step, fit: async (c) => ({ ...(await step.fit(c)), toOnnx: undefined }) };
  });
  const able: FittedModel = { ...model, toOnnx: (_, x) => x };
  expect(() => graphOf({ ...parts, pipeline: plain, model: able })).toThrow('the preparation step "impute" cannot be');
});
