/** Steps that replace all columns by weighted sums of them. */
import { z } from "zod";
import type { Column, Frame, NumericColumn } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { FittedStep } from "../core/step.ts";
import { loadOpenblas, type Openblas } from "../engines/openblas.ts";
import { countMissing, requireFinite } from "./_columns.ts";
import { doubles } from "./_onnx.ts";

export const Projection = z.object({
  names: z.array(z.string()),
  /** [names] what is taken off */
  center: z.instanceof(Float64Array),
  /** [names × components] */
  weights: z.instanceof(Float64Array),
});
export type Projection = z.infer<typeof Projection>;

/**
 * [cols] of [rows]: the columns of a frame that are all numbers.
 * @throws UserError naming the first column that is not, or when there is none
 */
export function valuesOf(frame: Frame, step: string): readonly Float64Array[] {
  const { rows, columns } = frame;
  if (columns.length === 0 || rows === 0) {
    throw new UserError(`${step} has no ${columns.length === 0 ? "column" : "row"} to work with`, {
      where: whereOf(step),
    });
  }
  return columns.map((column) => {
    if (column.kind === "numeric" || column.kind === "boolean") return column.values;
    throw new UserError(`column ${JSON.stringify(column.name)} is ${column.kind}, and ${step} takes numbers only`, {
      where: whereOf(step),
      fix: `Add the step "encode" before "${step}" to the preparation.`,
    });
  });
}

/**
 * [cols] means of the columns.
 * @throws UserError naming a column that has missing values, or whose squares are not finite
 */
export function meansOf(frame: Frame, step: string): Float64Array<ArrayBuffer> {
  const means = new Float64Array(frame.columns.length);
  valuesOf(frame, step).forEach((values, j) => {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < values.length; row++) {
      sum += values[row];
      squares += values[row] * values[row];
    }
    if (Number.isNaN(squares)) requireComplete(frame.columns[j], step);
    requireFinite(squares, frame.columns[j].name, step);
    means[j] = sum / values.length;
  });
  return means;
}

/** What `rightSingular` finds. */
export interface Singular {
  /** [min(rows, cols)] squared singular values, descending */
  readonly squares: Float64Array;
  /** [min(rows, cols) × cols] the vectors, all 0 where the square is lost in rounding (and given as 0) */
  readonly axes: Float64Array;
}

/**
 * Right singular vectors of a matrix X by the eigenvectors of XᵀX, or of XXᵀ where that is smaller.
 * @param data [cols × rows] Xᵀ
 */
export function rightSingular(blas: Openblas, data: Float64Array, rows: number, cols: number): Singular {
  blas.setThreads(1); // more would round differently from machine to machine
  if (rows >= cols) {
    const product = new Float64Array(cols * cols);
    blas.dsyrk(data, cols, rows, product);
    return singular(blas, product, rows, cols);
  }
  const product = new Float64Array(rows * rows);
  blas.dgemm({ m: rows, n: rows, k: cols, a: data, b: data, c: product, transposeA: true });
  return singular(blas, product, rows, cols, (vectors) => {
    const axes = new Float64Array(rows * cols);
    blas.dgemm({ m: rows, n: cols, k: rows, a: vectors, b: data, c: axes, transposeB: true });
    return axes;
  });
}

/** Rows whose products are summed at a time: small enough for a cache. */
const SUMMED = 512;

/**
 * The same of the columns of a frame less their means, in one pass: sums and products are taken of the distances to the means of
 * the first rows, and put right at the end.
 * @throws UserError naming a column that is not numbers, has missing values, or whose squares are not finite
 */
export function rightSingularCentered(
  blas: Openblas,
  frame: Frame,
  step: string,
): Singular & { readonly means: Float64Array<ArrayBuffer> } {
  const values = valuesOf(frame, step);
  const [rows, cols] = [frame.rows, values.length];
  if (rows < cols) {
    const means = meansOf(frame, step);
    const data = new Float64Array(cols * rows);
    centerBlock(values, means, data, 0, rows, rows);
    return { ...rightSingular(blas, data, rows, cols), means };
  }
  const first = Math.min(rows, SUMMED);
  const means = Float64Array.from(values, (column) => column.subarray(0, first).reduce((a, b) => a + b, 0) / first);
  const sums = new Float64Array(cols);
  const product = new Float64Array(cols * cols);
  const block = new Float64Array(cols * first);
  blas.setThreads(1);
  for (let from = 0; from < rows; from += SUMMED) {
    const count = Math.min(SUMMED, rows - from);
    centerBlock(values, means, block, from, count, count, sums);
    blas.dsyrk(block, cols, count, product);
  }
  // What went wrong, by name.
  if (sums.some((sum, j) => !Number.isFinite(sum + product[j * cols + j]))) meansOf(frame, step);
  for (let i = 0; i < cols; i++) {
    for (let j = i; j < cols; j++) product[i * cols + j] -= (sums[i] / rows) * sums[j];
  }
  for (let j = 0; j < cols; j++) means[j] += sums[j] / rows;
  return { ...singular(blas, product, rows, cols), means };
}

/**
 * Rows of columns less their means, column after column.
 * @param width distance of the columns in the block
 * @param sums [cols] the sum of each is added to it
 * @returns the sum of all: NaN where one is missing
 */
function centerBlock(
  values: readonly Float64Array[],
  means: Float64Array,
  block: Float64Array,
  from: number,
  count: number,
  width: number,
  sums?: Float64Array,
): number {
  let all = 0;
  for (let j = 0; j < values.length; j++) {
    const column = values[j];
    const mean = means[j];
    const at = j * width;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const value = column[from + i] - mean;
      block[at + i] = value;
      sum += value;
    }
    if (sums) sums[j] += sum;
    all += sum;
  }
  return all;
}

/** @param turn makes the vectors [n × n] of XXᵀ those of XᵀX, not yet of length 1 */
function singular(
  blas: Openblas,
  product: Float64Array,
  rows: number,
  cols: number,
  turn?: (vectors: Float64Array) => Float64Array,
): Singular {
  const n = Math.min(rows, cols);
  const squares = blas.dsyevd(product, n).reverse();
  const axes = turn ? turn(product) : product;
  const sorted = new Float64Array(n * cols);
  const negligible = Math.max(rows, cols) * Number.EPSILON * squares[0];
  for (let i = 0; i < n; i++) {
    if (!(squares[i] > negligible)) {
      squares[i] = 0;
      continue;
    }
    const length = turn ? Math.sqrt(squares[i]) : 1;
    for (let j = 0; j < cols; j++) sorted[i * cols + j] = axes[(n - 1 - i) * cols + j] / length;
  }
  return { squares, axes: sorted };
}

/** [cols × components] of [components × cols], each component signed so that its largest weight is positive. */
export function signedColumns(axes: Float64Array, cols: number, components: number): Float64Array<ArrayBuffer> {
  const weights = new Float64Array(cols * components);
  for (let i = 0; i < components; i++) {
    const axis = axes.subarray(i * cols, (i + 1) * cols);
    const largest = axis.reduce((most, weight) => (Math.abs(weight) > Math.abs(most) ? weight : most), 0);
    for (let j = 0; j < cols; j++) weights[j * components + i] = largest < 0 ? -axis[j] : axis[j];
  }
  return weights;
}

/** Rows that are multiplied at a time: always as many, so that a row gives the same bits whatever stands beside it. */
const BLOCK = 64;

/**
 * The fitted step; its columns are the step's id with 1, 2, …
 * @param blas where it is absent, plain loops do the same but for rounding
 */
export function projection(step: string, state: Projection, blas: Openblas | undefined): FittedStep {
  const { names, center, weights } = state;
  const components = weights.length / names.length;
  const outputs = Array.from({ length: components }, (_, i) => `${step}${i + 1}`);
  return {
    state,
    transform(frame) {
      const byName = new Map(frame.columns.map((column) => [column.name, column]));
      const sources = names.map((name) => {
        const column = byName.get(name);
        if (column?.kind !== "numeric" && column?.kind !== "boolean") {
          throw new Error(`${step}: column ${JSON.stringify(name)} is ${column?.kind ?? "not there"}`);
        }
        return column;
      });
      const values = sources.map((column) => column.values);
      const { rows } = frame;
      const made = new Float64Array(components * rows);
      const centered = new Float64Array(names.length * BLOCK);
      const last = new Float64Array(components * BLOCK);
      for (let from = 0; from < rows; from += BLOCK) {
        const count = Math.min(BLOCK, rows - from);
        if (Number.isNaN(centerBlock(values, center, centered, from, count, BLOCK))) {
          for (const column of sources) requireComplete(column, step);
        }
        if (count === BLOCK) multiply(blas, state, centered, made.subarray(from), rows);
        else {
          multiply(blas, state, centered, last, BLOCK);
          for (let k = 0; k < components; k++) {
            for (let i = 0; i < count; i++) made[k * rows + from + i] = last[k * BLOCK + i];
          }
        }
      }
      const columns = outputs.map((name, k): NumericColumn => {
        return { kind: "numeric", name, values: made.subarray(k * rows, (k + 1) * rows) };
      });
      return { rows: frame.rows, columns };
    },
    toOnnx(graph, frame) {
      const found = frame.flatMap((part) => (part.kind === "numbers" ? part.columns.map(({ name }) => name) : []));
      if (found.join("\n") !== names.join("\n")) throw new Error(`columns in ONNX are ${found.join(", ")}`);
      const joined = graph.apply(
        "Concat",
        frame.map(({ value }) => value),
        { axis: 1 },
      );
      const centered = graph.apply("Sub", [joined, doubles(graph, [...center])]);
      const value = graph.apply("MatMul", [
        centered,
        graph.constant({ dims: [names.length, components], data: weights }),
      ]);
      return [{ kind: "numbers", columns: outputs.map((name) => ({ name, kind: "numeric" })), value }];
    },
  };
}

/**
 * Weights times BLOCK centred rows.
 * @param centered [names × BLOCK]
 * @param out [components × BLOCK] in rows that are `width` apart, 0 before
 */
function multiply(
  blas: Openblas | undefined,
  { names, weights }: Projection,
  centered: Float64Array,
  out: Float64Array,
  width: number,
): void {
  const components = weights.length / names.length;
  if (blas) {
    blas.setThreads(1); // more could round differently
    const size = { m: components, n: BLOCK, k: names.length, ldc: width };
    blas.dgemm({ ...size, a: weights, b: centered, c: out, transposeA: true });
    return;
  }
  for (let j = 0; j < names.length; j++) {
    for (let k = 0; k < components; k++) {
      const weight = weights[j * components + k];
      for (let i = 0; i < BLOCK; i++) out[k * width + i] += centered[j * BLOCK + i] * weight;
    }
  }
}

/** The step of a saved state; without OpenBLAS where that cannot be loaded, so that a model predicts everywhere. */
export async function loadProjection(step: string, state: unknown): Promise<FittedStep> {
  return projection(step, Projection.parse(state), await loadOpenblas().catch(() => undefined));
}

export const whereOf = (step: string): string => `preparation step "${step}"`;

/** @throws UserError when the column has missing values */
function requireComplete(column: Column, step: string): void {
  if (countMissing(column) === 0) return;
  throw new UserError(`column ${JSON.stringify(column.name)} has missing values, which ${step} does not take`, {
    where: whereOf(step),
    fix: `Add the step "impute" before "${step}" to the preparation.`,
  });
}
