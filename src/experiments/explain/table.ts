/** Why a patient of a table has a probability. */
import type { Frame } from "../../core/dataset.ts";
import type { FittedModel } from "../../core/family.ts";
import { frameToMatrix, selectRows } from "../../core/frame.ts";
import { cellsOf, createInputReader } from "../../core/input.ts";
import type { Explained, InputColumn, RawRow } from "../../core/serving.ts";
import type { FittedPipeline } from "../../preparation/_pipeline.ts";
import { conform } from "../../preparation/_schema.ts";
import { mixedFrame, playersOf } from "./players.ts";
import { byWeight } from "./ranking.ts";
import { shapleyValues } from "./shapley.ts";

/** Probabilities are kept so far from 0 and 1 before odds are taken of them. */
const LEAST = 1e-7;

export interface Explainable {
  readonly card: { readonly classes: readonly string[] };
  readonly pipeline: FittedPipeline;
  readonly model: FittedModel;
}

/** Columns that a model takes, as those who ask it know them. */
export const inputOf = ({ input }: FittedPipeline): readonly InputColumn[] =>
  input.map(({ name, kind, levels }) => (levels === null ? { name, kind } : { name, kind, levels }));

/**
 * @param example typical patient that others are compared with
 * @returns what explains one class of one row of a frame with the model's columns
 */
export function createExplainer(
  { card, pipeline, model }: Explainable,
  example: RawRow,
): (frame: Frame, row: number, classCode: number) => Explained {
  const classes = card.classes.length;
  const columns = inputOf(pipeline);
  const { frame: reference } = createInputReader(columns).read(1, cellsOf(columns, [example]));
  const logOdds = (frame: Frame, classCode: number): Float64Array => {
    const proba = model.predictProba(frameToMatrix(pipeline.transform(frame)));
    return Float64Array.from({ length: frame.rows }, (_, row) => {
      const p = Math.min(Math.max(proba[row * classes + classCode]!, LEAST), 1 - LEAST);
      return Math.log(p / (1 - p));
    });
  };
  return (frame, row, classCode) => {
    const patient = selectRows(conform(frame, pipeline.input), Int32Array.of(row));
    const pair = { patient, reference };
    const players = playersOf(pair);
    const weights = shapleyValues(players.length, classCode, (subsets) =>
      logOdds(mixedFrame(pair, players, subsets), classCode),
    );
    return {
      method: "sampled-shapley",
      unit: "log-odds",
      base: logOdds(reference, classCode)[0]!,
      evidence: byWeight(players.map(({ feature }, j) => ({ ...feature, weight: weights[j]! }))),
    };
  };
}
