/** Classes that have no row in train: what families that need rows of every class are fitted on, and what comes of the others. */
import type { FittedModel, LabelledMatrix } from "../../core/family.ts";
import { takeRows } from "../../core/frame.ts";
import type { Widen } from "../../statistics/calibration/steps.ts";

/** Rows that a class without any is taken to have: half a patient (Krichevsky and Trofimov 1981). */
const HALF = 0.5;

/** The classes that have a row. */
export interface Narrowed {
  /** Their codes, ascending: a family that is fitted on them counts them from 0. */
  readonly codes: readonly number[];
  /** Codes as such a family counts them. */
  placesOf(y: Int32Array): Int32Array;
  /** The rows of these classes. */
  rowsOf(rows: LabelledMatrix): LabelledMatrix;
}

/** Undefined where all have a row. @param classes number of classes */
export function narrowed(y: Int32Array, classes: number): Narrowed | undefined {
  const present = new Set(y);
  if (present.size === classes) return undefined;
  const codes = [...present].sort((a, b) => a - b);
  const place = new Map(codes.map((code, i) => [code, i]));
  const placesOf = (own: Int32Array): Int32Array => own.map((code) => place.get(code)!);
  return {
    codes,
    placesOf,
    rowsOf({ x, y: all, weights }) {
      const rows = Int32Array.from(all.keys()).filter((row) => place.has(all[row]!));
      return {
        x: rows.length === all.length ? x : { ...x, rows: rows.length, data: takeRows(x.data, x.cols, rows) },
        y: placesOf(rows.map((row) => all[row]!)),
        ...(weights && { weights: Float32Array.from(rows, (row) => weights[row]!) }),
      };
    },
  };
}

/**
 * Gives the classes that a model never predicts the share that half a patient of each would have, so that no truth has a probability
 * of 0; nothing else changes the order of the others. Undefined where the model predicts all.
 * @param rows training rows
 */
export function widening(
  model: FittedModel,
  classes: number,
  rows: number,
  narrow: Narrowed | undefined,
): Widen | undefined {
  const all = Int32Array.from({ length: classes }, (_, code) => code);
  const codes = narrow ? Int32Array.from(narrow.codes) : all;
  const never = narrow
    ? all.filter((code) => !narrow.codes.includes(code))
    : Int32Array.from(model.unpredictable ?? []);
  if (never.length === 0) return undefined;
  return { kind: "widen", codes, never, share: HALF / (rows + HALF * never.length) };
}

/** Shares of the classes, those that are never predicted having theirs. */
export function widenShares(shares: Float64Array, widen: Widen | undefined): Float64Array {
  if (!widen) return shares;
  const { never, share } = widen;
  const left = 1 - share * never.length;
  const flags = new Set(never);
  return shares.map((own, code) => own * left + (flags.has(code) ? share : 0));
}
