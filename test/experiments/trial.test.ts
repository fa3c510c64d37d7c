import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readNpy } from "../../src/core/formats/npy.ts";
import { frameToMatrix, selectRows } from "../../src/core/frame.ts";
import type { Trial } from "../../src/core/trial.ts";
import type { Prepared } from "../../src/experiments/jobs/prepare.ts";
import { runTrial } from "../../src/experiments/jobs/trial.ts";
import { loadModel } from "../../src/experiments/model.ts";
import { typicalRow } from "../../src/experiments/package/example.ts";
import { loadStep } from "../../src/experiments/steps.ts";
import { readDataset } from "../../src/lake/read.ts";
import { fitPipeline } from "../../src/preparation/_pipeline.ts";

const root = mkdtempSync(join(tmpdir(), "disease-trial-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Hearts: every third patient is for validation. */
async function hearts() {
  const { frame, target } = await readDataset(join(import.meta.dirname, "..", "..", "data", "heart_disease.csv"), {
    target: "severity",
  });
  const rows = [...target.codes.keys()];
  const part = (validation: boolean) => Int32Array.from(rows.filter((row) => (row % 3 === 0) === validation));
  const [train, validation] = [part(false), part(true)];
  const codes = (of: Int32Array) => of.map((row) => target.codes[row]!);
  const signal = new AbortController().signal;
  const steps = ["impute", "scale", "encode"].map((id) => ({ id, params: {} }));
  const own = selectRows(frame, train);
  const context = { frame: own, y: codes(train), classes: target.classes.length, seed: 1, signal };
  const pipeline = await fitPipeline(steps, context, loadStep);
  const asked = selectRows(frame, validation);
  const prepared: Prepared = {
    target: "severity",
    classes: target.classes,
    train: { x: frameToMatrix(pipeline.transform(own)), y: codes(train) },
    validation: {
      x: frameToMatrix(pipeline.transform(asked)),
      y: codes(validation),
      rows: validation,
      units: validation,
    },
    preparation: pipeline.state,
    example: typicalRow(own),
  };
  return { prepared, asked };
}

async function run(prepared: Prepared, change: Partial<Trial>, unseen = false) {
  const outDir = mkdtempSync(join(root, "run-"));
  const trial: Trial = {
    key: "k",
    configKey: "c",
    pointKey: "p",
    name: "naive-bayes",
    family: "naive-bayes", // which is always too sure
    params: { var_smoothing: 1e-9, alpha: 1 },
    preparation: { name: "standard", steps: [] },
    classWeight: "none",
    resample: "none",
    calibrate: "none",
    prior: "none",
    seed: 1,
    ...change,
  };
  const payload = {
    trial,
    preparedFile: "",
    orphans: [],
    bootstrap: { resamples: 100, level: 0.95 },
    charts: false,
    threads: 1,
    outDir,
    unseen,
  };
  const signal = new AbortController().signal;
  const result = await runTrial(payload, prepared, async () => ({}), { signal, emit: () => true });
  const folder = join(outDir, "model");
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = Object.fromEntries(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1).replaceAll("\\", "/"), new Uint8Array(readFileSync(path))];
    }),
  );
  const kept = readNpy(new Uint8Array(readFileSync(join(outDir, "predictions", "validation.npy")))).data;
  return { result, files, kept: kept as Float32Array };
}

test("a calibrated model is loaded calibrated; its metrics are of predictions that were calibrated without the patient", async () => {
  const { prepared, asked } = await hearts();
  const plain = await run(prepared, {});
  expect(Object.keys(plain.files)).not.toContain("calibration.bin");
  const { result, files, kept } = await run(prepared, { calibrate: "temperature" });
  const raw = await loadModel(plain.files, "a test");
  const calibrated = await loadModel(files, "a test");
  expect(raw.predictProba(asked)).toEqual(plain.kept);
  const loaded = calibrated.predictProba(asked);
  // The sweep's own figures are a little worse than those of the calibration that has seen all of validation.
  expect(loaded).not.toEqual(plain.kept);
  expect(kept).not.toEqual(loaded);
  const loss = (proba: Float32Array): number =>
    prepared.validation.y.reduce((sum, code, i) => sum - Math.log(proba[i * prepared.classes.length + code]!), 0) /
    prepared.validation.y.length;
  expect(result.metrics.log_loss!.value).toBeCloseTo(loss(kept), 6);
  expect(loss(loaded)).toBeLessThan(loss(kept));
  expect(loss(kept)).toBeLessThan(loss(plain.kept));
  for (const predictor of [raw, calibrated]) predictor.dispose();
});

test("a calibrated model without its calibration is refused", async () => {
  const { prepared } = await hearts();
  const { files } = await run(prepared, { prior: "balanced" });
  const { "calibration.bin": _, ...rest } = files;
  await expect(loadModel(rest, "a test")).rejects.toThrow("calibration.bin is missing");
});

test("smote, class shares and isotonic curves go together", async () => {
  const { prepared, asked } = await hearts();
  const { result, files } = await run(prepared, {
    resample: "smote",
    calibrate: "isotonic",
    prior: { [prepared.classes[0]!]: 0.9 },
  });
  expect(result.notices).toEqual([]);
  const predictor = await loadModel(files, "a test");
  const proba = predictor.predictProba(asked);
  const healthy = proba.filter((_, at) => at % prepared.classes.length === 0);
  const share = prepared.validation.y.filter((code) => code === 0).length / asked.rows;
  expect(share).toBeLessThan(0.6);
  expect(healthy.reduce((a, b) => a + b) / asked.rows).toBeGreaterThan(share + 0.1);
  predictor.dispose();
});

test("classes without a training row are never predicted, where the split may leave some out; a loaded model agrees", async () => {
  const { prepared, asked } = await hearts();
  const { train, classes } = prepared;
  const rows = [...train.y.keys()].filter((row) => train.y[row] !== 4);
  const data = Float32Array.from(
    rows.flatMap((row) => [...train.x.data.slice(row * train.x.cols, (row + 1) * train.x.cols)]),
  );
  const x = { ...train.x, rows: rows.length, data };
  const lacking = { ...prepared, train: { x, y: Int32Array.from(rows, (row) => train.y[row]!) } };
  await expect(run(lacking, {})).rejects.toThrow(/no training row of class "s4"/);
  for (const change of [{}, { classWeight: "balanced", calibrate: "temperature", prior: "natural" }] as const) {
    const { result, files, kept } = await run(lacking, change, true);
    expect(result.notices[0]).toContain("1 of 5 classes have no training row");
    const last = kept.filter((_, at) => at % classes.length === 4);
    expect(last.every((p) => p > 0 && p < 0.05)).toBe(true);
    expect(result.metrics.log_loss!.value).toBeLessThan(10);
    const predictor = await loadModel(files, "a test");
    const loaded = predictor.predictProba(asked);
    predictor.dispose();
    expect(loaded.every((p) => p >= 0 && p <= 1)).toBe(true);
    if (!("calibrate" in change)) expect(loaded).toEqual(kept);
  }
  const { kept } = await run(lacking, {}, true);
  // Half a patient among those that were learned from.
  expect(kept[4]).toBeCloseTo(0.5 / (rows.length + 0.5), 6);
});
