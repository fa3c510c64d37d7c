import { kolmogorovTail } from "./_tails.ts";

/** Points of the grid on either side of 0. */
const HALF = 100;
/** Times that lie nearer to one another than this are one: the path hardly moves between them, and the grid could not show it. */
const NEAREST = 0.002;
/** Where 1 − P would be rounding, the tail over all times stands for it. */
const SMALLEST = 1e-6;

/**
 * P(|B(t)| > c at any of the times) of a Brownian bridge B on [0, 1]: what the distances of two distribution functions come to at
 * some values, where the samples are of one distribution. The density of the paths that have stayed within ±c is taken from time to time on a
 * grid (trapezoidal rule): within 0.002 of simulation.
 * @param times ascending, 0 … 1
 */
export function bridgeTail(times: readonly number[], c: number): number {
  if (!(c > 0)) return 1;
  const most = kolmogorovTail(c);
  if (most < SMALLEST) return most;
  const step = c / HALF;
  const size = 2 * HALF + 1;
  let density: Float64Array | undefined;
  let last = 0;
  for (const t of times) {
    if (t - last < NEAREST || 1 - t < NEAREST) continue;
    density = density === undefined ? startedAt(t, step, size) : moved(density, t - last, step);
    last = t;
  }
  if (density === undefined) return 1;
  // It is at 0 at time 1.
  const rest = 1 - last;
  let stayed = 0;
  for (let i = 0; i < size; i++) {
    const x = (i - HALF) * step;
    stayed += (i === 0 || i === size - 1 ? 0.5 : 1) * density[i] * Math.exp((-x * x) / (2 * rest));
  }
  return Math.min(most, Math.max(SMALLEST, 1 - (stayed * step) / Math.sqrt(rest)));
}

/** Density of a path that began at 0, after a time. */
function startedAt(t: number, step: number, size: number): Float64Array {
  const scale = 1 / Math.sqrt(2 * Math.PI * t);
  return Float64Array.from({ length: size }, (_, i) => {
    const x = (i - HALF) * step;
    return scale * Math.exp((-x * x) / (2 * t));
  });
}

/** Density after a further time. */
function moved(density: Float64Array, time: number, step: number): Float64Array {
  const size = density.length;
  const scale = step / Math.sqrt(2 * Math.PI * time);
  const kernel = Float64Array.from({ length: size }, (_, d) => scale * Math.exp(-((d * step) ** 2) / (2 * time)));
  const next = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0.5 * (density[0] * kernel[i] + density[size - 1] * kernel[size - 1 - i]);
    for (let j = 1; j < size - 1; j++) sum += density[j] * kernel[i < j ? j - i : i - j];
    next[i] = sum;
  }
  return next;
}
