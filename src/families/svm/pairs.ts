/** RBF support vector machines, one a pair of classes, with Platt's sigmoids. */
import type { Openblas } from "../../engines/openblas.ts";
import { stratifiedFolds } from "./folds.ts";
import { createKernelCache, kernelBlock, sliceVectors, type Vectors, vectorsOf } from "./kernel.ts";
import { fitSigmoid } from "./platt.ts";
import { addRow, type KernelRows, type SmoSolution, solveSmo } from "./smo.ts";

export interface PairsProblem {
  readonly blas: Openblas;
  /** Rows ordered by class. */
  readonly x: Vectors;
  /** [classes + 1] where the rows of each class begin */
  readonly starts: Int32Array;
  /** [rows] largest multiplier of each */
  readonly bounds: Float64Array;
  /** [rows] weights that the sigmoids see */
  readonly weights?: Float32Array;
  readonly gamma: number;
  readonly tol: number;
  readonly seed: number;
  pace(): Promise<void>;
}

/** Decision value of (i, j), positive for i: Σ over rows of i of alpha[s, j] K − Σ over rows of j of alpha[s, i] K − rho. */
export interface PairMachines {
  /** [rows × classes] multiplier of each row in the machine against each other class */
  readonly alphas: Float32Array;
  /** [classes × classes] rho of (i, j), minus that of (j, i) */
  readonly rho: Float64Array;
  /** [classes × classes] P(i | i or j) = 1 / (1 + exp(slope · decision + shift)): the same slope for (j, i), minus the shift */
  readonly slopes: Float64Array;
  readonly shifts: Float64Array;
  readonly converged: boolean;
}

/** Of each pair, as in libsvm. */
const FOLDS = 5;
/** Memory of the kernel rows of one pair. */
const CACHE_BYTES = 2 ** 29;
/** Memory for the kernels of classes with themselves, which every pair of the class needs. */
const OWN_BYTES = 2 ** 28;

export async function fitPairs(problem: PairsProblem): Promise<PairMachines> {
  const { blas, x, starts, gamma, seed } = problem;
  const classes = starts.length - 1;
  const square = (): Float64Array => new Float64Array(classes * classes);
  const [rho, slopes, shifts] = [square(), square(), square()];
  const alphas = new Float32Array(x.rows * classes);
  const own = ownKernels(blas, x, starts, gamma);
  let converged = true;
  for (let i = 0; i < classes; i++) {
    for (let j = i + 1; j < classes; j++) {
      const members = [i, j].map((k) => ({ from: starts[k]!, to: starts[k + 1]! })) as [Range, Range];
      const kernel = pairKernel(problem, members, () => [own(i), own(j)]);
      const pair = await fitPair(problem, members, kernel, seed + i * classes + j);
      const [ij, ji] = [i * classes + j, j * classes + i];
      [rho[ij], rho[ji]] = [pair.rho, -pair.rho];
      [slopes[ij], slopes[ji]] = [pair.a, pair.a];
      [shifts[ij], shifts[ji]] = [pair.b, -pair.b];
      pair.beta.forEach((beta, n) => {
        const first = members[0].to - members[0].from;
        if (n < first) alphas[(members[0].from + n) * classes + j] = beta;
        else alphas[(members[1].from + n - first) * classes + i] = -beta;
      });
      converged &&= pair.converged;
    }
  }
  return { alphas, rho, slopes, shifts, converged };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

async function fitPair(
  { bounds: allBounds, weights: allWeights, tol, pace }: PairsProblem,
  members: readonly [Range, Range],
  kernel: KernelRows,
  seed: number,
): Promise<SmoSolution & { a: number; b: number }> {
  const first = members[0].to - members[0].from;
  const row = (n: number): number => (n < first ? members[0].from + n : members[1].from + n - first);
  const all = Int32Array.from({ length: kernel.size }, (_, n) => n);
  const y = Int8Array.from(all, (n) => (n < first ? 1 : -1));
  const bounds = Float64Array.from(all, (n) => allBounds[row(n)]!);
  const solve = (rows: Int32Array): Promise<SmoSolution> => solveSmo({ kernel, y, bounds, rows, tol, pace });
  const whole = await solve(all);
  const decisions = new Float64Array(kernel.size);
  const codes = Int32Array.from(y, (sign) => (sign > 0 ? 0 : 1));
  const folds = stratifiedFolds(codes, 2, FOLDS, seed);
  for (let fold = 0; fold < FOLDS; fold++) {
    const heldOut = all.filter((n) => folds[n] === fold);
    if (heldOut.length === 0) continue;
    const rest = all.filter((n) => folds[n] !== fold);
    // Without rows of one class there is nothing to fit: its only row is judged by the machine that knows it.
    const alone = !rest.some((n) => n < first) || !rest.some((n) => n >= first);
    const { beta, rho } = alone ? whole : await solve(rest);
    for (const n of heldOut) decisions[n] = -rho;
    beta.forEach((value, n) => {
      if (value !== 0) addRow(kernel, n, value, heldOut, decisions);
    });
  }
  const positive = Uint8Array.from(y, (sign) => (sign > 0 ? 1 : 0));
  const weights = allWeights && Float32Array.from(all, (n) => allWeights[row(n)]!);
  return { ...whole, ...fitSigmoid(decisions, positive, weights) };
}

/** The kernel of two classes: as a whole where memory allows, put together from blocks, else row by row. */
function pairKernel(
  { blas, x, gamma }: PairsProblem,
  members: readonly [Range, Range],
  own: () => readonly [Float32Array, Float32Array],
): KernelRows {
  const [a, b] = members.map(({ from, to }) => sliceVectors(x, from, to)) as [Vectors, Vectors];
  const size = a.rows + b.rows;
  if (4 * size * size > CACHE_BYTES) {
    const both = new Float32Array(size * x.cols);
    both.set(a.data);
    both.set(b.data, a.data.length);
    return createKernelCache(blas, vectorsOf(both, x.cols), gamma, CACHE_BYTES);
  }
  const data = new Float32Array(size * size);
  const cross = new Float32Array(a.rows * b.rows);
  kernelBlock(blas, a, b, gamma, cross);
  const [ownA, ownB] = own();
  for (let i = 0; i < a.rows; i++) {
    data.set(ownA.subarray(i * a.rows, (i + 1) * a.rows), i * size);
    data.set(cross.subarray(i * b.rows, (i + 1) * b.rows), i * size + a.rows);
  }
  for (let j = 0; j < b.rows; j++) {
    const at = (a.rows + j) * size;
    for (let i = 0; i < a.rows; i++) data[at + i] = cross[i * b.rows + j]!;
    data.set(ownB.subarray(j * b.rows, (j + 1) * b.rows), at + a.rows);
  }
  return { size, data, at: (i) => i * size };
}

/** Kernels of each class with itself, kept as far as memory allows. */
function ownKernels(blas: Openblas, x: Vectors, starts: Int32Array, gamma: number): (k: number) => Float32Array {
  const kept = new Map<number, Float32Array>();
  let left = OWN_BYTES;
  return (k) => {
    const before = kept.get(k);
    if (before !== undefined) return before;
    const vectors = sliceVectors(x, starts[k]!, starts[k + 1]!);
    const made = new Float32Array(vectors.rows ** 2);
    kernelBlock(blas, vectors, vectors, gamma, made);
    for (let n = 0; n < vectors.rows; n++) made[n * vectors.rows + n] = 1;
    if (made.byteLength <= left) {
      left -= made.byteLength;
      kept.set(k, made);
    }
    return made;
  };
}
