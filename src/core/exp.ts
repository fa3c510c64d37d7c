/** Steps of the table in ln 2; the polynomial covers half a step to each side. */
const STEPS = 32;
/** Smaller arguments count as this one; the result is still a normal number in single precision. */
const LEAST = -80;
const POWERS = Float64Array.from({ length: Math.ceil((-LEAST * STEPS) / Math.LN2) + 1 }, (_, m) => 2 ** (-m / STEPS));
const [PER, STEP] = [STEPS / Math.LN2, Math.LN2 / STEPS];

/**
 * e to the power of x ≤ 0, to 12 digits; 2e-35 from -80 on. Takes a third of the time of Math.exp, which is most of the time
 * of a softmax.
 */
export function expNegative(x: number): number {
  const held = Math.max(x, LEAST);
  const m = (0.5 - held * PER) | 0;
  const r = held + m * STEP;
  return POWERS[m]! * (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r / 24))));
}
