/** Models fitted on small tables, saved and packaged, with what is needed to predict with them in Python. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CategoricalColumn, Column, Frame } from "../../../src/core/dataset.ts";
import { frameToMatrix, selectRows } from "../../../src/core/frame.ts";
import type { StepSpec } from "../../../src/core/step.ts";
import type { Calibrate } from "../../../src/core/trial.ts";
import { MEMBERS, membersStep } from "../../../src/experiments/ensemble/members.ts";
import { loadModel, openModel, saveModel } from "../../../src/experiments/model.ts";
import { typicalRow } from "../../../src/experiments/package/example.ts";
import { packageModel } from "../../../src/experiments/package/package.ts";
import { loadStep } from "../../../src/experiments/steps.ts";
import { memberOf } from "../../../src/families/ensemble/members.ts";
import { families } from "../../../src/families/index.ts";
import { loadKnowledge } from "../../../src/knowledge/base.ts";
import { readDataset } from "../../../src/lake/read.ts";
import { separatorOf } from "../../../src/preparation/_onnx.ts";
import { fitPipeline } from "../../../src/preparation/_pipeline.ts";
import { fitPost } from "../../../src/statistics/calibration/fit.ts";
import { mixedFrame, withUnseenLevels } from "../../contracts/step-frames.ts";
import { excerptKnowledge, termFrame } from "../hpo.ts";
import { EXCERPT } from "../knowledge.ts";

export interface Patients {
  readonly frame: Frame;
  /** [rows] class codes */
  readonly y: Int32Array;
  readonly classes: readonly string[];
  /** Who is predicted, as a frame and as the CSV file that Python reads. */
  readonly asked: Frame;
  readonly csv: string;
  /** Publications, where the knowledge base that ships is to be asked. */
  readonly group?: CategoricalColumn;
}

const shipped = (name: string): string => join(import.meta.dirname, "..", "..", "..", "data", `${name}.csv`);

/** A data set that ships; everyone is predicted, from the file itself. */
export async function shippedPatients(name: string, target: string): Promise<Patients> {
  const { frame, target: diseases } = await readDataset(shipped(name), { target });
  const lines = readFileSync(shipped(name), "utf8").trim().split("\n"); // no quoted cells
  const at = lines[0]!.split(",").indexOf(target);
  const csv = `${lines.map((line) => line.split(",").toSpliced(at, 1).join(",")).join("\n")}\n`;
  return { frame, y: diseases.codes, classes: diseases.classes, asked: frame, csv };
}

/**
 * Patients with every kind of column and of trouble, names that a graph has itself among them; those who are predicted have
 * categories and symptoms that training has not seen, or not.
 */
export function troubledPatients(unseen: boolean): Patients {
  const mixed = mixedFrame(90);
  const values = Float64Array.from({ length: mixed.rows }, (_, i) => (i % 7 === 0 ? Number.NaN : i % 5));
  const own = ["label", "probabilities", "v1"].map((name): Column => ({ kind: "numeric", name, values }));
  const frame = { rows: mixed.rows, columns: [...mixed.columns, ...own] };
  const asked = unseen ? withUnseenLevels(frame) : frame;
  const classes = ["gripe", "sarampión", 'x "y", z'];
  return { frame, y: Int32Array.from({ length: frame.rows }, (_, i) => i % 3), classes, asked, csv: csvOf(asked) };
}

/** Patients with common skin diseases and with rare ones. @param none whether some have none of the diseases */
export async function rarePatients(none: boolean): Promise<Patients> {
  const columns = { sex: { role: "extra" as const } };
  const read = await readDataset(`${shipped("common_and_rare")}.gz`, {
    target: "disease",
    group: "publication",
    columns,
  });
  const { frame, group } = read;
  const names = read.target.classes.map((name, code) =>
    none && /^OMIM/.test(name) && code % 3 === 0 ? "none of these" : name,
  );
  const classes = [...new Set(names)].sort();
  const y = read.target.codes.map((code) => classes.indexOf(names[code]!));
  return { frame, y, classes, asked: frame, csv: csvOf(frame), group };
}

/** Patients whose symptoms are yes/no columns named by HPO terms. */
export function termPatients(): Patients {
  const frame = termFrame(90, false);
  const y = Int32Array.from({ length: frame.rows }, (_, i) => i % 3);
  return { frame, y, classes: ["gripe", "sarampión", "tos ferina"], asked: frame, csv: csvOf(frame) };
}

export interface Spec {
  readonly family: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepSpec[];
  readonly calibrate?: Calibrate;
  /** How common the classes are among the patients that the model is for. */
  readonly target?: readonly number[];
  /** Of an ensemble: what it combines; the steps are then those of its members. */
  readonly members?: readonly Spec[];
}

export interface PackagedModel {
  readonly patients: Patients;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** [asked.rows × classes] by our own program */
  readonly proba: Float32Array;
}

/** Fits on all patients, saves, packages, and predicts with what was loaded again. */
export async function packagePatients(patients: Patients, spec: Spec): Promise<PackagedModel> {
  const saved = spec.members ? await saveEnsemble(patients, spec, spec.members) : await savePatients(patients, spec);
  const packaged = await packageModel(saved, { runId: "0".repeat(32), time: 1_700_000_000_000 });
  const predictor = await loadModel(saved, "test");
  const proba = predictor.predictProba(patients.asked);
  predictor.dispose();
  return { patients, files: { ...saved, ...packaged }, proba };
}

type Saved = Record<string, Uint8Array>;

/** An ensemble fitted on what its members say of the patients. */
async function saveEnsemble(patients: Patients, spec: Spec, members: readonly Spec[]): Promise<Saved> {
  const { frame, y, classes } = patients;
  const saved = await Promise.all(
    members.map(async (member, m) => ({
      name: `${member.family} [${m}]`,
      files: await savePatients(patients, member),
    })),
  );
  const { pipeline } = await openModel(saved[0]!.files, "test");
  const family = await families[spec.family]!();
  const step = await membersStep(openModel).load({ classes: classes.length, members: saved });
  const x = frameToMatrix(step.transform(frame));
  const model = await family.fit({
    train: { x, y },
    validation: { x: { ...x, rows: 0, data: new Float32Array() }, y: new Int32Array() },
    classes: classes.length,
    params: family.params.parse(spec.params ?? {}),
    seed: 1,
    threads: 1,
    signal: new AbortController().signal,
  });
  const used = saved.filter(({ name }) => model.uses!.some((column) => memberOf(column) === name));
  const state = { input: pipeline.input, steps: [{ id: MEMBERS, state: { classes: classes.length, members: used } }] };
  const card = { family: spec.family, params: spec.params ?? {}, target: "enfermedad", classes, codeVersion: "test" };
  return saveModel({ ...card, example: typicalRow(frame) }, state, model);
}

async function savePatients(patients: Patients, spec: Spec): Promise<Saved> {
  const { family: id, params, steps, calibrate = "none", target } = spec;
  const { frame, y, classes, group } = patients;
  const signal = new AbortController().signal;
  const knowledge = excerptKnowledge();
  const pipeline = await fitPipeline(
    steps,
    { frame, y, classes: classes.length, seed: 1, signal, knowledge },
    loadStep,
  );
  const family = await families[id]!();
  const some = Int32Array.from(y.keys()).filter((row) => row % 3 === 0);
  const model = await family.fit({
    train: { x: frameToMatrix(pipeline.transform(frame)), y },
    validation: { x: frameToMatrix(pipeline.transform(selectRows(frame, some))), y: some.map((row) => y[row]!) },
    classes: classes.length,
    params: family.params.parse(params ?? {}),
    seed: 1,
    threads: 1,
    signal,
    world: group && {
      knowledge: { ...knowledge, base: () => loadKnowledge(EXCERPT, { notify() {} }) },
      classNames: classes,
      groupNames: group.levels,
      groups: group.codes,
    },
  });
  const x = frameToMatrix(pipeline.transform(frame));
  const post = fitPost(
    {
      calibrate,
      classes,
      learned: new Float64Array(classes.length).fill(1 / classes.length),
      target: target && Float64Array.from(target),
    },
    { proba: model.predictProba(x), y, units: Int32Array.from(y.keys()) },
    1,
  );
  const card = { family: id, params: params ?? {}, target: "enfermedad", classes, codeVersion: "test" };
  const saved = saveModel({ ...card, example: typicalRow(frame) }, pipeline.state, model, post.steps);
  model.dispose();
  return saved;
}

/** Writes model/, rows.csv and feed.json for test/fixtures/packaging/predict.py. */
export function writePackaged(folder: string, { files, patients }: PackagedModel): void {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, "model", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  const feed = patients.asked.columns.map((column) => `${JSON.stringify(column.name)}: [${feedOf(column).join(",")}]`);
  writeFileSync(join(folder, "feed.json"), `{${feed.join(",")}}`);
  writeFileSync(join(folder, "rows.csv"), patients.csv);
}

/** A column as texts, "" where missing. */
function texts(column: Column, separator: string): string[] {
  switch (column.kind) {
    case "numeric":
    case "boolean":
      return Array.from(column.values, (value) => (Number.isNaN(value) ? "" : String(value)));
    case "categorical":
      return Array.from(column.codes, (code) => column.levels[code] ?? "");
    case "multilabel": {
      const { levels, codes, offsets, missing } = column;
      return Array.from(missing, (flag, row) => {
        const labels = Array.from(codes.subarray(offsets[row], offsets[row + 1]), (code) => levels[code]);
        return flag ? "" : labels.join(separator) || separator;
      });
    }
  }
}

/** The graph's input for a column, as JSON. */
function feedOf(column: Column): string[] {
  if (column.kind === "numeric" || column.kind === "boolean") return Array.from(column.values, String);
  return texts(column, separatorOf(column.levels)).map((text) => JSON.stringify(text));
}

function csvOf({ columns }: Frame): string {
  const quoted = (name: string): string => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  const cells = columns.map((column) => [quoted(column.name), ...texts(column, "; ")]);
  return `${cells[0]!.map((_, row) => cells.map((column) => column[row]).join(",")).join("\n")}\n`;
}

/** Largest absolute difference; infinite where the lengths differ. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

/** The most probable class of each row, the first where several are. */
export function bestLabels(proba: Float32Array, classes: readonly string[]): string[] {
  return Array.from({ length: proba.length / classes.length }, (_, row) => {
    const own = proba.subarray(row * classes.length, (row + 1) * classes.length);
    return classes[own.indexOf(own.reduce((a, b) => Math.max(a, b)))]!;
  });
}
