/** Models fitted on small tables, saved and packaged, with what is needed to predict with them in Python. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Column, Dataset, Frame } from "../../src/core/dataset.ts";
import { frameToMatrix, selectRows } from "../../src/core/frame.ts";
import type { StepSpec } from "../../src/core/step.ts";
import { loadModel, saveModel } from "../../src/experiments/model.ts";
import { typicalRow } from "../../src/experiments/package/example.ts";
import { packageModel } from "../../src/experiments/package/package.ts";
import { loadStep } from "../../src/experiments/steps.ts";
import { families } from "../../src/families/index.ts";
import { readDataset } from "../../src/lake/read.ts";
import { separatorOf } from "../../src/preparation/_onnx.ts";
import { fitPipeline } from "../../src/preparation/_pipeline.ts";

export interface PackagedCase {
  readonly name: string;
  /** A CSV file, and its target. */
  readonly data: string;
  readonly target: string;
  readonly family: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepSpec[];
}

export interface Packaged {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly classes: readonly string[];
  readonly columns: readonly string[];
  /** [rows × classes] by our own program */
  readonly proba: Float32Array;
  readonly dataset: Dataset;
  /** Milliseconds. */
  readonly seconds: number;
}

/** Fits on two thirds of the rows, saves, packages, and predicts every row with what was loaded again. */
export async function packageCase({ data, target, family: id, params, steps }: PackagedCase): Promise<Packaged> {
  const dataset = await readDataset(data, { target });
  const { classes, codes } = dataset.target;
  const rows = (keep: (row: number) => boolean) => Int32Array.from(codes.keys()).filter(keep);
  const [fitted, held] = [rows((row) => row % 3 !== 2), rows((row) => row % 3 === 2)];
  const signal = new AbortController().signal;
  const frame = selectRows(dataset.frame, fitted);
  const y = fitted.map((row) => codes[row]!);
  const pipeline = await fitPipeline(steps, { frame, y, classes: classes.length, seed: 1, signal }, loadStep);
  const matrix = (part: Frame) => frameToMatrix(pipeline.transform(part));
  const family = await families[id]!();
  const model = await family.fit({
    train: { x: matrix(frame), y },
    validation: { x: matrix(selectRows(dataset.frame, held)), y: held.map((row) => codes[row]!) },
    classes: classes.length,
    params: family.params.parse(params ?? {}),
    seed: 1,
    threads: 1,
    signal,
  });
  const card = { family: id, params: params ?? {}, target, classes, codeVersion: "test", example: typicalRow(frame) };
  const saved = saveModel(card, pipeline.state, model);
  model.dispose();
  const start = performance.now();
  const packaged = await packageModel(saved, { runId: "0".repeat(32), time: 1_700_000_000_000 });
  const seconds = performance.now() - start;
  const predictor = await loadModel(saved, "test");
  const proba = predictor.predictProba(dataset.frame);
  predictor.dispose();
  const columns = dataset.frame.columns.map(({ name }) => name);
  return { files: { ...saved, ...packaged }, classes, columns, proba, dataset, seconds };
}

/** Writes model/, rows.csv and feed.json for test/fixtures/packaging/predict.py. */
export function writePackaged(folder: string, { data, target }: PackagedCase, { files, dataset }: Packaged): void {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, "model", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  const feed = dataset.frame.columns.map((column) => `${JSON.stringify(column.name)}: [${feedOf(column).join(",")}]`);
  writeFileSync(join(folder, "feed.json"), `{${feed.join(",")}}`);
  writeFileSync(join(folder, "rows.csv"), withoutColumn(readFileSync(data, "utf8"), target));
}

/** The graph's input for a column, as JSON texts. */
function feedOf(column: Column): string[] {
  switch (column.kind) {
    case "numeric":
    case "boolean":
      return Array.from(column.values, String);
    case "categorical":
      return Array.from(column.codes, (code) => JSON.stringify(column.levels[code] ?? ""));
    case "multilabel": {
      const { levels, codes, offsets, missing } = column;
      const mark = separatorOf(levels);
      return Array.from(missing, (flag, row) => {
        const labels = Array.from(codes.subarray(offsets[row], offsets[row + 1]), (code) => levels[code]);
        return JSON.stringify(flag ? "" : labels.join(mark) || mark);
      });
    }
  }
}

/** Without a column; no quoted cells. */
function withoutColumn(csv: string, name: string): string {
  const lines = csv.trim().split("\n");
  const at = lines[0]!.split(",").indexOf(name);
  return `${lines.map((line) => line.split(",").toSpliced(at, 1).join(",")).join("\n")}\n`;
}
