import { expect, test } from "vitest";
import type { Column, Frame } from "../../src/core/dataset.ts";
import { pack, unpack } from "../../src/core/formats/container.ts";
import { frameToMatrix, selectRows } from "../../src/core/frame.ts";
import { loadPipeline, requireModelReady } from "../../src/preparation/_pipeline.ts";
import { steps } from "../../src/preparation/index.ts";
import { mixedFrame, readable, relabelled } from "../contracts/step-frames.ts";
import { fitOn, VARIANTS } from "./reference.ts";

const patients = mixedFrame(60);
const { standard } = VARIANTS;

const pick = (frame: Frame, change: (column: Column) => Column | undefined): Frame => ({
  rows: frame.rows,
  columns: frame.columns.flatMap((column) => change(column) ?? []),
});
const without = (name: string): Frame => pick(patients, (column) => (column.name === name ? undefined : column));
const replaced = (column: Column): Frame => pick(patients, (old) => (old.name === column.name ? column : old));

test("a raw table of every kind becomes complete numbers that a model can take", async () => {
  const pipeline = await fitOn(patients, standard);
  const made = pipeline.transform(patients);
  requireModelReady(made, false);
  expect(frameToMatrix(made).data.every(Number.isFinite)).toBe(true);
  expect(pipeline.output.map((column) => column.name)).toEqual(made.columns.map((column) => column.name));
  expect(pipeline.output.map((column) => column.name)).toEqual([
    ...["edad", "glucosa", "constante", "fiebre", "nunca"],
    ...["región=costa", "región=missing", "región=sierra", "región=ñandú", "sexo=F~2", "sexo=M"],
    ...["síntomas=ataxia", "síntomas=fiebre", "síntomas=infrequent", "síntomas=tos"],
    ...["sexo=F", "edad__missing", "edad__missing~2", "fiebre__missing", "síntomas__missing"],
  ]);
});

test("a saved pipeline transforms to the same bits", async () => {
  const pipeline = await fitOn(patients, standard);
  const again = await loadPipeline(unpack(pack(pipeline.state)), (id) => steps[id]());
  expect(pack(again.transform(patients))).toEqual(pack(pipeline.transform(patients)));
  expect(again.output).toEqual(pipeline.output);
});

test("without steps a pipeline still checks and orders the columns", async () => {
  const pipeline = await fitOn(patients, []);
  const shuffled = { rows: patients.rows, columns: patients.columns.toReversed() };
  expect(pack(pipeline.transform(shuffled))).toEqual(pack(patients));
});

test("columns in another order, more of them and other level lists change nothing", async () => {
  const pipeline = await fitOn(patients, standard);
  const extra: Column = { kind: "categorical", name: "id", levels: ["a"], codes: new Int32Array(60) };
  const messy = { rows: 60, columns: [extra, ...relabelled(patients).columns.toReversed()] };
  expect(readable(pipeline.transform(messy))).toEqual(readable(pipeline.transform(patients)));
});

test("a column that is missing is named, with the unknown one that may be it", async () => {
  const pipeline = await fitOn(patients, standard);
  const renamed = pick(patients, (column) => (column.name === "edad" ? { ...column, name: "age" } : column));
  expect(() => pipeline.transform(renamed)).toThrow(/lack column "edad".*has column "age"/);
  expect(() => pipeline.transform(without("sexo"))).toThrow(/lack column "sexo", which the model was trained on$/);
});

test("a column of another kind is refused by name", async () => {
  const pipeline = await fitOn(patients, standard);
  const text: Column = { kind: "categorical", name: "edad", levels: ["old"], codes: new Int32Array(60) };
  expect(() => pipeline.transform(replaced(text))).toThrow(/"edad" is categorical, but was numeric/);
  const numbers: Column = { kind: "numeric", name: "fiebre", values: new Float64Array(60).fill(38.5) };
  expect(() => pipeline.transform(replaced(numbers))).toThrow(/"fiebre" is numeric, but was boolean/);
});

test("kinds that a few rows make look different are put right: 0/1, single labels, empty columns", async () => {
  const pipeline = await fitOn(patients, standard);
  const one = selectRows(patients, Int32Array.of(4));
  const zero = (name: string): Column => ({ kind: "numeric", name, values: Float64Array.of(0) });
  const tos: Column = { kind: "categorical", name: "síntomas", levels: ["tos"], codes: Int32Array.of(0) };
  const empty: Column = { kind: "numeric", name: "región", values: Float64Array.of(Number.NaN) };
  const given = new Map([zero("fiebre"), zero("nunca"), tos, empty].map((column) => [column.name, column]));
  const made = readable(pipeline.transform(pick(one, (column) => given.get(column.name) ?? column)));
  expect(made).toMatchObject({
    "boolean síntomas=tos": [1],
    "boolean síntomas=ataxia": [0],
    "boolean región=missing": [1],
  });
});

test("parameters that a step does not have are refused, naming the step", async () => {
  await expect(fitOn(patients, [{ id: "impute", params: { numerik: "mean" } }])).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("numerik"),
    where: 'preparation step "impute"',
  });
});

test("an abort while steps are fitted rejects with its reason", async () => {
  const reason = new Error("stopped by hand");
  await expect(fitOn(patients, standard, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("data of which nothing is left are refused", async () => {
  const empty: Frame = {
    rows: 3,
    columns: [{ kind: "numeric", name: "x", values: new Float64Array(3).fill(Number.NaN) }],
  };
  await expect(fitOn(empty, standard)).rejects.toThrow(/no column is left after impute, encode, scale/);
});

test("what a model cannot take is named with the step that mends it", () => {
  const fix = (frame: Frame, acceptsMissing: boolean): unknown => {
    try {
      requireModelReady(frame, acceptsMissing);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const sexo = { rows: 60, columns: patients.columns.filter((column) => column.name === "sexo") };
  expect(fix(sexo, true)).toMatchObject({
    message: expect.stringContaining('"sexo"'),
    fix: [expect.stringContaining("encode")],
  });
  const edad = { rows: 60, columns: patients.columns.filter((column) => column.name === "edad") };
  expect(fix(edad, false)).toMatchObject({
    message: expect.stringContaining('"edad"'),
    fix: [expect.stringContaining("impute")],
  });
  expect(fix(edad, true)).toBeUndefined();
});
