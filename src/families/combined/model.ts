/** The fitted model: a table for common classes, scores for orphan ones, and what tells the two apart. Needs no knowledge any more. */
import type { Matrix } from "../../core/dataset.ts";
import type { FittedModel, Importances } from "../../core/family.ts";
import { checkColumns } from "../_shared.ts";
import { inGraph } from "./graph.ts";
import { presentTerms } from "./knowledge.ts";
import { logSum, sharesOf } from "./shares.ts";
import { type Parts, type State, UNKNOWN } from "./state.ts";

export const EVIDENCE = "evidence for an orphan class";

/** Some columns of a matrix; missing values are filled where `fills` are given. */
export function pickColumns(x: Matrix, columns: Int32Array, fills?: Float32Array): Matrix {
  const cols = columns.length;
  const data = new Float32Array(x.rows * cols);
  for (let row = 0; row < x.rows; row++)
    columns.forEach((j, i) => {
      const value = x.data[row * x.cols + j];
      data[row * cols + i] = fills && Number.isNaN(value) ? fills[j] : value;
    });
  return { rows: x.rows, cols, names: Array.from(columns, (j) => x.names[j]), data };
}

/** [rows] scores [orphans] of what is present in each row */
export function scoresOf(
  { slotOf, ratios, orphans }: Pick<State, "slotOf" | "ratios" | "orphans">,
  x: Matrix,
): Float64Array[] {
  const terms = new Uint32Array(ratios.length / Math.max(1, orphans.length));
  return Array.from({ length: x.rows }, (_, row) => {
    const scores = new Float64Array(orphans.length);
    presentTerms({ slotOf, terms }, x, row).forEach((present, slot) => {
      if (present === 0) return;
      for (let k = 0; k < scores.length; k++) scores[k] += ratios[slot * scores.length + k];
    });
    return scores;
  });
}

/** How much likelier the mean orphan class makes a row's terms than the background does, as a logarithm. */
export function evidenceOf(scores: Float64Array, temperature: number): number {
  const finite = scores.reduce((n, score) => n + Number(score > Number.NEGATIVE_INFINITY), 0);
  return finite === 0 ? 0 : logSum(scores, temperature) - Math.log(finite);
}

/** What the gate reads: its columns, and the evidence last. */
export function gateMatrix(
  x: Matrix,
  { gateColumns, fills }: Pick<State, "gateColumns" | "fills">,
  evidence: Float64Array,
): Matrix {
  const own = pickColumns(x, gateColumns, fills);
  const cols = own.cols + 1;
  const data = new Float32Array(x.rows * cols);
  for (let row = 0; row < x.rows; row++) {
    data.set(own.data.subarray(row * own.cols, (row + 1) * own.cols), row * cols);
    data[row * cols + own.cols] = evidence[row];
  }
  return { rows: x.rows, cols, names: [...own.names, EVIDENCE], data };
}

/**
 * Shares of the orphan classes, of "none of these", and of each class of which nothing is known, which stay below that of the best known
 * one; they sum to 1.
 */
function orphanShares(
  scores: Float64Array,
  { shares, nonePart, unknown }: State,
): { readonly own: Float64Array; readonly none: number; readonly each: number } {
  const all = sharesOf(scores, shares);
  if (shares.none === undefined) return { own: all, none: 0, each: 0 };
  const own = all.subarray(0, scores.length);
  const left = all[scores.length];
  const best = own.reduce((a, b) => Math.max(a, b), 0);
  const sum = own.reduce((a, b) => a + b, 0);
  const none = left * nonePart;
  const each = unknown.length === 0 ? 0 : Math.min((left - none) / unknown.length, UNKNOWN * best);
  const known = 1 - none - each * unknown.length;
  return { own: own.map((share) => (share / sum) * known), none, each };
}

export function combinedModel(
  state: State,
  parts: Parts,
  rest: Pick<FittedModel, "save" | "notices" | "unpredictable"> & { readonly importances?: Importances },
): FittedModel {
  const { columns, classes, common, commonColumns, commonMissing, fills, shares, orphans, none, unknown } = state;
  const canGraph =
    (parts.common === undefined || parts.common.toOnnx) && (parts.gate === undefined || parts.gate.toOnnx);
  return {
    predictProba(x) {
      checkColumns(x, columns);
      const proba = new Float32Array(x.rows * classes);
      const scores = scoresOf(state, x);
      const evidence = Float64Array.from(scores, (own) => evidenceOf(own, shares.temperature));
      const gate = parts.gate?.predictProba(gateMatrix(x, state, evidence));
      const own = parts.common?.predictProba(pickColumns(x, commonColumns, commonMissing ? undefined : fills));
      for (let row = 0; row < x.rows; row++) {
        const orphan = gate ? gate[2 * row + 1] : common.length === 0 ? 1 : 0;
        common.forEach((code, k) => {
          proba[row * classes + code] = (1 - orphan) * (own ? own[row * common.length + k] : 1);
        });
        if (orphans.length === 0) continue;
        const found = orphanShares(scores[row], state);
        orphans.forEach((code, k) => {
          proba[row * classes + code] = orphan * found.own[k];
        });
        for (const code of unknown) proba[row * classes + code] = orphan * found.each;
        if (none >= 0) proba[row * classes + none] = orphan * found.none;
      }
      return proba;
    },
    ...(canGraph ? { toOnnx: (graph, x) => inGraph(graph, x, state, parts) } : {}),
    ...(parts.common?.rounds === undefined ? {} : { rounds: parts.common.rounds }),
    ...rest,
    dispose() {
      parts.common?.dispose();
      parts.gate?.dispose();
    },
  };
}
