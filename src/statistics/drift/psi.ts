export interface Psi {
  /** Population stability index, from 0. */
  readonly value: number;
  /** What sampling alone gives on average: (bins − 1) · (1/n + 1/m). */
  readonly noise: number;
  /** value − noise, 0 at least: what is left for a true change. */
  readonly excess: number;
  /** That are not empty on both sides. */
  readonly bins: number;
}

/** What an empty bin counts as. */
const FLOOR = 0.5;

/**
 * Population stability index of two samples in the same bins: Σ (q − p) · ln(q / p), the sum of both Kullback–Leibler divergences.
 * An empty bin counts as half a patient, as its logarithm would be infinite; one that is empty on both sides does not count.
 *
 * Where nothing has changed, PSI / (1/n + 1/m) is χ² distributed with bins − 1 degrees of freedom (Yurdakul and Naranjo 2020), so
 * that of 14 bins and 100 patients on either side it is 0.26 on average: more than the 0.25 that a rule of thumb calls a great
 * change. Hence the excess.
 * @param reference counts by bin
 * @param current counts by bin
 */
export function psi(reference: ArrayLike<number>, current: ArrayLike<number>): Psi {
  const [n, m] = [sumOf(reference), sumOf(current)];
  let [value, bins] = [0, 0];
  for (let i = 0; i < reference.length; i++) {
    if (reference[i] === 0 && current[i] === 0) continue;
    bins++;
    const p = Math.max(FLOOR, reference[i]) / n;
    const q = Math.max(FLOOR, current[i]) / m;
    value += (q - p) * Math.log(q / p);
  }
  if (n === 0 || m === 0) return { value: Number.NaN, noise: Number.NaN, excess: Number.NaN, bins };
  const noise = (bins - 1) * (1 / n + 1 / m);
  return { value, noise, excess: Math.max(0, value - noise), bins };
}

export function sumOf(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i];
  return sum;
}
