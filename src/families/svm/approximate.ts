/** RBF machines of many rows: linear ones on functions that approximate the kernel. */
import type { LabelledMatrix } from "../../core/family.ts";
import { takeRows } from "../../core/frame.ts";
import { createRng } from "../../core/rng.ts";
import type { Openblas } from "../../engines/openblas.ts";
import { type Basis, createBasis } from "./basis.ts";

export interface Approximation {
  readonly basis: Basis;
  /** [rows × functions] what the linear machines are fitted on */
  readonly features: Float32Array;
  /** Coefficients of features, [outputs × features], as coefficients of the basis: [outputs × functions] */
  decode(coefficients: Float64Array): Float64Array;
}

export interface ApproximationOptions {
  readonly method: "nystroem" | "fourier";
  readonly components: number;
  readonly gamma: number;
  readonly means: Float64Array;
  readonly seed: number;
  pace(): Promise<void>;
}

const BLOCK = 2048;
/** Directions in which the landmarks' kernel is smaller than this share of its largest are noise. */
const LEAST_EIGENVALUE = 1e-7;

/**
 * Functions whose products approximate exp(−gamma |a − b|²):
 * - nystroem: kernels with landmark rows, whitened (Williams and Seeger, "Using the Nyström method to speed up kernel machines",
 *   2001); landmarks are drawn by the seed
 * - fourier: cosines of random directions (Rahimi and Recht, "Random features for large-scale kernel machines", 2007)
 */
export async function approximate(
  blas: Openblas,
  train: LabelledMatrix,
  options: ApproximationOptions,
): Promise<Approximation> {
  const { basis, map } = options.method === "nystroem" ? landmarks(blas, train, options) : cosines(options);
  const values = createBasis(blas, basis);
  const { rows } = train.x;
  const functions = basis.vectors.length / train.x.cols;
  const size = typeof map === "number" ? functions : map.length / functions;
  const features = new Float32Array(rows * size);
  for (let from = 0; from < rows; from += BLOCK) {
    await options.pace();
    const to = Math.min(rows, from + BLOCK);
    const a = values(train.x, from, to);
    if (typeof map === "number") {
      for (let at = 0; at < a.length; at++) features[from * size + at] = map * a[at]!;
      continue;
    }
    const c = new Float64Array((to - from) * size);
    blas.dgemm({ m: to - from, n: size, k: functions, a, b: map, c, transposeB: true });
    features.set(c, from * size);
  }
  return {
    basis,
    features,
    decode(coefficients) {
      if (typeof map === "number") return coefficients.map((value) => map * value);
      const m = coefficients.length / size;
      const c = new Float64Array(m * functions);
      blas.dgemm({ m, n: functions, k: size, a: coefficients, b: map, c });
      return c;
    },
  };
}

/** A basis, and what its values are multiplied with: a number, or [features × functions]. */
interface Mapped {
  readonly basis: Exclude<Basis, { kind: "columns" }>;
  readonly map: Float64Array | number;
}

function landmarks(
  blas: Openblas,
  { x }: LabelledMatrix,
  { components, gamma, means, seed }: ApproximationOptions,
): Mapped {
  const { cols, data } = x;
  const chosen = createRng(seed)
    .shuffle(Int32Array.from({ length: x.rows }, (_, i) => i))
    .subarray(0, components)
    .sort();
  const n = chosen.length;
  const own = takeRows(data, cols, chosen);
  const vectors = own.map((value, at) => value - means[at % cols]!);
  const basis = { kind: "rbf" as const, means, vectors, gamma };
  const vectorsOfKernel = createBasis(blas, basis)({ ...x, rows: n, data: own }, 0, n);
  const eigenvalues = blas.dsyevd(vectorsOfKernel, n);
  const first = eigenvalues.findIndex((value) => value > LEAST_EIGENVALUE * eigenvalues[n - 1]!);
  const map = vectorsOfKernel
    .subarray(first * n)
    .map((value, at) => value / Math.sqrt(eigenvalues[first + Math.floor(at / n)]!));
  return { basis, map };
}

function cosines({ components, gamma, means, seed }: ApproximationOptions): Mapped {
  const rng = createRng(seed);
  // Box and Muller's normal numbers
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
  const vectors = Float32Array.from({ length: components * means.length }, () => Math.sqrt(2 * gamma) * normal());
  const phases = Float64Array.from({ length: components }, () => 2 * Math.PI * rng.next());
  return { basis: { kind: "cosine", means, vectors, phases }, map: Math.sqrt(2 / components) };
}
