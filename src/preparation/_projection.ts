/** Steps that replace all columns by weighted sums of them. */
import { z } from "zod";
import type { BooleanColumn, Frame, NumericColumn } from "../core/dataset.ts";
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

/** Numbers of a frame, in doubles, column after column. */
export interface Numbers {
  readonly rows: number;
  readonly cols: number;
  readonly names: readonly string[];
  /** [cols × rows] */
  readonly data: Float64Array;
}

/**
 * All columns of a frame as numbers.
 * @throws UserError naming the first column that is not numbers or has missing values, or when there is none
 */
export function numbersOf(frame: Frame, step: string): Numbers {
  const { rows } = frame;
  const cols = frame.columns.length;
  if (cols === 0 || rows === 0) {
    throw new UserError(`${step} has no ${cols === 0 ? "column" : "row"} to work with`, { where: whereOf(step) });
  }
  const data = new Float64Array(rows * cols);
  frame.columns.forEach((column, j) => {
    if (column.kind !== "numeric" && column.kind !== "boolean") {
      throw new UserError(`column ${JSON.stringify(column.name)} is ${column.kind}, and ${step} takes numbers only`, {
        where: whereOf(step),
        fix: `Add the step "encode" before "${step}" to the preparation.`,
      });
    }
    requireComplete(column, step);
    data.set(column.values, j * rows);
  });
  return { rows, cols, names: frame.columns.map((column) => column.name), data };
}

/**
 * [cols] means of the columns.
 * @throws UserError naming a column whose squares are not finite
 */
export function meansOf({ rows, cols, names, data }: Numbers, step: string): Float64Array<ArrayBuffer> {
  const means = new Float64Array(cols);
  for (let j = 0, at = 0; j < cols; j++) {
    let [sum, squares] = [0, 0];
    for (const end = at + rows; at < end; at++) {
      sum += data[at];
      squares += data[at] ** 2;
    }
    requireFinite(squares, names[j], step);
    means[j] = sum / rows;
  }
  return means;
}

/**
 * Right singular vectors of a matrix X by the eigenvectors of XᵀX, or of XXᵀ where that is smaller.
 * @param data [cols × rows] Xᵀ
 * @returns `squares` [min(rows, cols)] squared singular values, descending; `axes` [min(rows, cols) × cols] the vectors,
 * all 0 where the square is lost in rounding (and given as 0)
 */
export function rightSingular(
  blas: Openblas,
  { rows, cols, data }: Pick<Numbers, "rows" | "cols" | "data">,
): { readonly squares: Float64Array; readonly axes: Float64Array } {
  const wide = rows < cols;
  const n = wide ? rows : cols;
  const product = new Float64Array(n * n);
  blas.setThreads(1); // more would round differently from machine to machine
  if (wide) blas.dgemm({ m: n, n, k: cols, a: data, b: data, c: product, transposeA: true });
  else blas.dsyrk(data, n, rows, product);
  const squares = blas.dsyevd(product, n).reverse();
  let axes = product;
  if (wide) {
    axes = new Float64Array(n * cols);
    blas.dgemm({ m: n, n: cols, k: rows, a: product, b: data, c: axes, transposeB: true });
  }
  const sorted = new Float64Array(n * cols);
  const negligible = Math.max(rows, cols) * Number.EPSILON * squares[0];
  for (let i = 0; i < n; i++) {
    if (!(squares[i] > negligible)) {
      squares[i] = 0;
      continue;
    }
    const length = wide ? Math.sqrt(squares[i]) : 1;
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
        requireComplete(column, step);
        return column.values;
      });
      const made = outputs.map(() => new Float64Array(frame.rows));
      const centered = new Float64Array(names.length * BLOCK);
      const block = new Float64Array(components * BLOCK);
      for (let from = 0; from < frame.rows; from += BLOCK) {
        const count = Math.min(BLOCK, frame.rows - from);
        for (let j = 0; j < sources.length; j++) {
          const [values, middle] = [sources[j], center[j]];
          for (let i = 0; i < count; i++) centered[j * BLOCK + i] = values[from + i] - middle;
        }
        multiply(blas, weights, centered, block, names.length, components);
        for (let k = 0; k < components; k++) made[k].set(block.subarray(k * BLOCK, k * BLOCK + count), from);
      }
      const columns = outputs.map((name, k): NumericColumn => ({ kind: "numeric", name, values: made[k] }));
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

/** [components × BLOCK] of [names × components] and [names × BLOCK] */
function multiply(
  blas: Openblas | undefined,
  weights: Float64Array,
  centered: Float64Array,
  block: Float64Array,
  names: number,
  components: number,
): void {
  if (blas) {
    blas.setThreads(1); // more could round differently
    blas.dgemm({ m: components, n: BLOCK, k: names, a: weights, b: centered, c: block, transposeA: true });
    return;
  }
  block.fill(0);
  for (let j = 0; j < names; j++) {
    for (let k = 0; k < components; k++) {
      const weight = weights[j * components + k];
      for (let i = 0; i < BLOCK; i++) block[k * BLOCK + i] += centered[j * BLOCK + i] * weight;
    }
  }
}

/** The step of a saved state; without OpenBLAS where that cannot be loaded, so that a model predicts everywhere. */
export async function loadProjection(step: string, state: unknown): Promise<FittedStep> {
  return projection(step, Projection.parse(state), await loadOpenblas().catch(() => undefined));
}

export const whereOf = (step: string): string => `preparation step "${step}"`;

/** @throws UserError when the column has missing values */
function requireComplete(column: NumericColumn | BooleanColumn, step: string): void {
  if (countMissing(column) === 0) return;
  throw new UserError(`column ${JSON.stringify(column.name)} has missing values, which ${step} does not take`, {
    where: whereOf(step),
    fix: `Add the step "impute" before "${step}" to the preparation.`,
  });
}
