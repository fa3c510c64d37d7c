/** Why a patient of a table has a probability. */
import type { Frame } from "../../core/dataset.ts";
import type { Background, Contributions, FittedModel } from "../../core/family.ts";
import { frameToMatrix, selectRows } from "../../core/frame.ts";
import { cellsOf, createInputReader, rawValueOf } from "../../core/serving/input.ts";
import type { Evidence, Explained, InputColumn, RawRow } from "../../core/serving/serving.ts";
import type { Origin } from "../../core/step.ts";
import type { FittedPipeline } from "../../preparation/_pipeline.ts";
import { conform } from "../../preparation/_schema.ts";
import { byWeight } from "./evidence.ts";
import { contributionsTo } from "./odds.ts";
import { mixedFrame, playersOf } from "./players.ts";
import { isExact, shapleyValues } from "./shapley.ts";

/** Probabilities are kept so far from 0 and 1 before odds are taken of them. */
const LEAST = 1e-7;

export interface Explainable {
  readonly card: { readonly classes: readonly string[] };
  readonly pipeline: FittedPipeline;
  readonly model: FittedModel;
}

export type Explain = (frame: Frame, row: number, classCode: number) => Explained;

/** Columns that a model takes, as those who ask it know them. */
export const inputOf = ({ input }: FittedPipeline): readonly InputColumn[] =>
  input.map(({ name, kind, levels }) => (levels === null ? { name, kind } : { name, kind, levels }));

/**
 * What explains one class of one row of a frame with the model's columns: exactly by what the family says of its prepared columns,
 * where each comes from one raw column; otherwise by Shapley values over raw columns.
 * @param example typical patient that others are compared with
 * @param means [prepared columns] of the training rows, where they are known
 */
export function createExplainer(
  { card, pipeline, model }: Explainable,
  example: RawRow,
  means?: Float32Array,
): Explain {
  const columns = inputOf(pipeline);
  const reference = createInputReader(columns).read(1, cellsOf(columns, [example])).frame;
  const prepared = (frame: Frame) => frameToMatrix(pipeline.transform(frame));
  const background: Background = { typical: prepared(reference).data, ...(means && { means }) };
  const origins = pipeline.origins.flatMap((origin) => origin ?? []);
  const isMixed = origins.length < pipeline.origins.length;
  const sample = createSampler({ card, pipeline, model }, reference);
  /** Several classes of one row are asked for one after the other. */
  let last: { readonly frame: Frame; readonly row: number; readonly made: Contributions | undefined } | undefined;
  return (frame, row, classCode) => {
    const patient = selectRows(conform(frame, pipeline.input), Int32Array.of(row));
    if (last?.frame !== frame || last.row !== row)
      last = { frame, row, made: isMixed ? undefined : model.contributions?.(prepared(patient), background) };
    const { made } = last;
    if (!made) return sample(patient, classCode);
    const { unit, base, values } = contributionsTo(made, classCode);
    return { method: made.method, unit, base, evidence: byWeight(gathered(patient, origins, values)) };
  };
}

/** Prepared columns put together by what they come from: a raw column, or labels of one. */
function gathered(patient: Frame, origins: readonly Origin[], values: Float64Array): readonly Evidence[] {
  const raw = new Map(patient.columns.map((column) => [column.name, column]));
  const found = new Map<string, Evidence>();
  origins.forEach(({ column: name, labels }, j) => {
    const column = raw.get(name)!;
    const value = rawValueOf(column, 0);
    const own = column.kind === "multilabel" ? labels : undefined;
    const label = own === undefined ? name : `${name}: ${own.length === 1 ? own[0] : "a rare one"}`;
    const weight = values[j]! + (found.get(label)?.weight ?? 0);
    const said = own === undefined || value === null ? value : own.some((each) => (value as string[]).includes(each));
    found.set(label, { feature: name, label, value: said, weight });
  });
  return [...found.values()];
}

/** Shapley values of the log-odds over the raw columns in which a patient differs from the reference. */
function createSampler(
  { card, pipeline, model }: Explainable,
  reference: Frame,
): (patient: Frame, classCode: number) => Explained {
  const classes = card.classes.length;
  const logOdds = (frame: Frame, classCode: number): Float64Array => {
    const proba = model.predictProba(frameToMatrix(pipeline.transform(frame)));
    return Float64Array.from({ length: frame.rows }, (_, row) => {
      const p = Math.min(Math.max(proba[row * classes + classCode]!, LEAST), 1 - LEAST);
      return Math.log(p / (1 - p));
    });
  };
  return (patient, classCode) => {
    const pair = { patient, reference };
    const players = playersOf(pair);
    const weights = shapleyValues(players.length, classCode, (subsets) =>
      logOdds(mixedFrame(pair, players, subsets), classCode),
    );
    return {
      method: isExact(players.length) ? "shapley" : "sampled-shapley",
      unit: "log-odds",
      base: logOdds(reference, classCode)[0]!,
      evidence: byWeight(players.map(({ feature }, j) => ({ ...feature, weight: weights[j]! }))),
    };
  };
}
