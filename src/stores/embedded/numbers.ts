/** SQL has no infinities: MLflow writes the greatest double instead, and 0 with is_nan = 1 for NaN. */
const GREATEST = Number.MAX_VALUE;

/** The number that is stored for `value`. */
export function finite(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.max(-GREATEST, Math.min(GREATEST, value));
}

/** The number that a stored value stands for. */
export function real(value: number, isNan: unknown): number {
  if (Number(isNan) === 1) return Number.NaN;
  return Math.abs(value) === GREATEST ? value * 2 : value;
}
