/** Sequential minimal optimisation of a two-class support vector machine. */

/** Rows of a kernel matrix with ones on its diagonal. */
export interface KernelRows {
  /** Rows of the matrix, and their length. */
  readonly size: number;
  /** Makes sure that row i is in `data`; returns where it begins. The two rows asked for last stay valid. */
  at(i: number): number;
  readonly data: Float32Array;
}

export interface SmoProblem {
  readonly kernel: KernelRows;
  /** [size] 1 or -1 */
  readonly y: Int8Array;
  /** [size] largest multiplier of each row (C times its weight) */
  readonly bounds: Float64Array;
  /** The rows that take part. */
  readonly rows: Int32Array;
  /** Largest violation of the optimality conditions that is left. */
  readonly tol: number;
  pace(): Promise<void>;
}

/** Decision value of x: Σ beta · K(x, row) − rho */
export interface SmoSolution {
  /** [size] multiplier times y */
  readonly beta: Float64Array;
  readonly rho: number;
  readonly converged: boolean;
}

const TINY = 1e-12;
const [UP, DOWN] = [1, 2];

/**
 * Minimises ½ βᵀKβ − yᵀβ with Σβ = 0 and 0 ≤ y β ≤ bound, as libsvm does: pairs are chosen by second-order information and rows
 * at a bound are set aside while they cannot matter (Fan, Chen and Lin, "Working set selection using second order information
 * for training support vector machines", 2005; Chang and Lin, "LIBSVM", 2011). In terms of β = y α signs vanish: `f` is the
 * gradient, i gets what j gives.
 */
export async function solveSmo({ kernel, y, bounds, rows, tol, pace }: SmoProblem): Promise<SmoSolution> {
  const { size, data } = kernel;
  const beta = new Float64Array(size);
  const f = new Float64Array(size);
  /** Whether beta can go up or down. */
  const room = new Uint8Array(size);
  for (const k of rows) {
    f[k] = -y[k]!;
    room[k] = y[k]! > 0 ? UP : DOWN;
  }
  let active: Int32Array = rows.slice();
  const every = Math.min(rows.length, 1000);
  let [untilShrink, mayRestore] = [every, true];
  const limit = Math.max(1e7, 100 * rows.length);
  let [i, lowest, highest] = extremes(active, f, room);
  for (let iteration = 0; ; iteration++) {
    if (iteration % 512 === 0) await pace();
    const done = !(highest - lowest >= tol);
    if (active.length < rows.length && (done || (mayRestore && highest - lowest < 10 * tol))) {
      // Rows that were set aside too early come back once before the end, and are checked at the end.
      mayRestore = false;
      restore(kernel, { y, beta, f, active, rows });
      active = rows.slice();
      untilShrink = every;
      [i, lowest, highest] = extremes(active, f, room);
      continue;
    }
    if (done || iteration >= limit) break;
    if (--untilShrink === 0) {
      untilShrink = every;
      active = active.filter((k) => room[k] === UP + DOWN || (room[k]! & UP ? !(f[k]! > highest) : !(f[k]! < lowest)));
    }
    const rowI = kernel.at(i);
    const j = partner(active, f, room, data, rowI, lowest);
    if (j < 0) break; // nothing to gain, as far as the arithmetic can tell
    const rowJ = kernel.at(j);
    const most = y[i]! > 0 ? bounds[i]! - beta[i]! : -beta[i]!;
    const least = y[j]! > 0 ? beta[j]! : bounds[j]! + beta[j]!;
    const wanted = (f[j]! - f[i]!) / Math.max(TINY, 2 - 2 * data[rowI + j]!);
    const step = Math.min(wanted, most, least);
    beta[i] = step === most ? (y[i]! > 0 ? bounds[i]! : 0) : beta[i]! + step;
    beta[j] = step === least ? (y[j]! > 0 ? 0 : -bounds[j]!) : beta[j]! - step;
    room[i] = (step === most ? 0 : UP) + DOWN;
    room[j] = UP + (step === least ? 0 : DOWN);
    [i, lowest, highest] = move(active, f, room, data, rowI, rowJ, step);
  }
  return { beta, rho: offset(rows, f, room, lowest, highest), converged: highest - lowest < tol };
}

type Extremes = [row: number, lowest: number, highest: number];

/** The row that wants up most, its gradient, and the largest gradient of those that can go down. */
function extremes(active: Int32Array, f: Float64Array, room: Uint8Array): Extremes {
  let [i, lowest, highest] = [-1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const k of active) {
    const value = f[k]!;
    if (value < lowest && room[k]! & UP) [i, lowest] = [k, value];
    if (value > highest && room[k]! & DOWN) highest = value;
  }
  return [i, lowest, highest];
}

/** The row that gives to i with most gain, -1 if none. */
function partner(
  active: Int32Array,
  f: Float64Array,
  room: Uint8Array,
  data: Float32Array,
  rowI: number,
  lowest: number,
): number {
  let [best, gain, curvature] = [-1, 0, 1];
  for (let n = 0; n < active.length; n++) {
    const k = active[n]!;
    const gap = f[k]! - lowest;
    if (gap <= 0 || (room[k]! & DOWN) === 0) continue;
    const own = Math.max(TINY, 2 - 2 * data[rowI + k]!);
    const squared = gap * gap;
    if (squared * curvature > gain * own) {
      best = k;
      gain = squared;
      curvature = own;
    }
  }
  return best;
}

/** Updates the gradient after a step, and finds the next extremes on the way. */
function move(
  active: Int32Array,
  f: Float64Array,
  room: Uint8Array,
  data: Float32Array,
  rowI: number,
  rowJ: number,
  step: number,
): Extremes {
  let i = -1;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < active.length; n++) {
    const k = active[n]!;
    const value = f[k]! + step * (data[rowI + k]! - data[rowJ + k]!);
    f[k] = value;
    if (value < lowest && room[k]! & UP) {
      lowest = value;
      i = k;
    }
    if (value > highest && room[k]! & DOWN) highest = value;
  }
  return [i, lowest, highest];
}

interface Partial {
  readonly y: Int8Array;
  readonly beta: Float64Array;
  readonly f: Float64Array;
  readonly active: Int32Array;
  readonly rows: Int32Array;
}

/** Computes the gradient of the rows that were set aside anew. */
function restore(kernel: KernelRows, { y, beta, f, active, rows }: Partial): void {
  const present = new Uint8Array(kernel.size);
  for (const k of active) present[k] = 1;
  const aside = rows.filter((k) => present[k] === 0);
  for (const k of aside) f[k] = -y[k]!;
  for (const j of rows) if (beta[j] !== 0) addRow(kernel, j, beta[j]!, aside, f);
}

/** f[k] += scale · K(j, k) for the rows k of `to`. */
export function addRow(kernel: KernelRows, j: number, scale: number, to: Int32Array, f: Float64Array): void {
  const row = kernel.at(j);
  const { data } = kernel;
  for (let n = 0; n < to.length; n++) {
    const k = to[n]!;
    f[k]! += scale * data[row + k]!;
  }
}

/** The gradient of the free rows, which is the same for all; else the middle of what is possible. */
function offset(rows: Int32Array, f: Float64Array, room: Uint8Array, lowest: number, highest: number): number {
  let [sum, free] = [0, 0];
  for (const k of rows) {
    if (room[k] !== UP + DOWN) continue;
    sum += f[k]!;
    free++;
  }
  return free > 0 ? sum / free : (lowest + highest) / 2;
}
