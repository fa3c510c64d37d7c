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

/** Rows whose products are summed at a time: few enough for a cache. */
const SUMMED = 1024;

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
    gather(values, 0, rows, data, rows);
    subtract(blas, means, data, rows);
    return { ...rightSingular(blas, data, rows, cols), means };
  }
  const width = Math.min(rows, SUMMED);
  const ones = new Float64Array(width).fill(1);
  const block = new Float64Array(cols * width);
  const means = new Float64Array(cols);
  const sums = new Float64Array(cols);
  const product = new Float64Array(cols * cols);
  blas.setThreads(1);
  gather(values, 0, width, block, width);
  blas.dgemv(1 / width, block, ones, 0, means);
  for (let from = 0; from < rows; from += width) {
    const count = Math.min(width, rows - from);
    if (from > 0) gather(values, from, count, block, count);
    subtract(blas, means, block, count);
    blas.dgemv(1, block, ones.subarray(0, count), 1, sums);
    blas.dsyrk(block, cols, count, product);
  }
  // What went wrong, by name.
  if (sums.some((sum, j) => !Number.isFinite(sum + product[j * cols + j]))) meansOf(frame, step);
  blas.dger(-1 / rows, sums, sums, product);
  for (let j = 0; j < cols; j++) means[j] += sums[j] / rows;
  return { ...singular(blas, product, rows, cols), means };
}

/** Copies rows of columns, column after column, `width` apart. */
function gather(
  values: readonly Float64Array[],
  from: number,
  count: number,
  block: Float64Array,
  width: number,
): void {
  for (let j = 0; j < values.length; j++) block.set(values[j].subarray(from, from + count), j * width);
}

/**
 * Takes the means off columns that lie side by side: by OpenBLAS, as a loop here is slow until it is compiled, which takes as
 * long as a fit does.
 * @param block [means × width]
 */
function subtract(blas: Openblas | undefined, means: Float64Array, block: Float64Array, width: number): void {
  if (blas) {
    blas.dger(-1, means, new Float64Array(width).fill(1), block);
    return;
  }
  for (let j = 0; j < means.length; j++) {
    for (let at = j * width; at < (j + 1) * width; at++) block[at] -= means[j];
  }
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
    sorted.set(axes.subarray((n - 1 - i) * cols, (n - i) * cols), i * cols);
    if (!turn) continue;
    const length = Math.sqrt(squares[i]);
    for (let at = i * cols; at < (i + 1) * cols; at++) sorted[at] /= length;
  }
  return { squares, axes: sorted };
}

/** [cols × components] of [components × cols], each component signed so that its largest weight is positive. */
export function signedColumns(axes: Float64Array, cols: number, components: number): Float64Array<ArrayBuffer> {
  const weights = new Float64Array(cols * components);
  for (let i = 0; i < components; i++) {
    let largest = 0;
    for (let j = 0; j < cols; j++) if (Math.abs(axes[i * cols + j]) > Math.abs(largest)) largest = axes[i * cols + j];
    const sign = largest < 0 ? -1 : 1;
    for (let j = 0; j < cols; j++) weights[j * components + i] = sign * axes[i * cols + j];
  }
  return weights;
}

/** Rows that are multiplied at a time: always as many, so that a row gives the same bits whatever stands beside it. */
const BLOCK = 256;

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
      const made = blas?.doubles(components * rows) ?? new Float64Array(components * rows);
      const centered = new Float64Array(names.length * BLOCK);
      const last = new Float64Array(components * BLOCK);
      for (let from = 0; from < rows; from += BLOCK) {
        const count = Math.min(BLOCK, rows - from);
        gather(values, from, count, centered, BLOCK);
        subtract(blas, center, centered, BLOCK);
        const [out, width] = count === BLOCK ? [made.subarray(from), rows] : [last, BLOCK];
        multiply(blas, state, centered, out, width);
      }
      const rest = rows % BLOCK;
      for (let k = 0; k < components && rest > 0; k++) {
        made.set(last.subarray(k * BLOCK, k * BLOCK + rest), (k + 1) * rows - rest);
      }
      // One missing value makes all of a row's components missing.
      if (made.subarray(0, rows).includes(Number.NaN)) for (const column of sources) requireComplete(column, step);
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
