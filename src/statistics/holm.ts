/**
 * Holm's step-down correction (Holm 1979): p-values of a family of tests, made so that rejecting those below α wrongly
 * rejects any true "no difference" with probability α at most, whatever the tests have to do with one another.
 * @param pValues 0 … 1, in any order; NaN is a test that could not be made, which stays NaN and does not count
 * @returns corrected values in the same order, 0 … 1
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const made = [...pValues.keys()].filter((i) => !Number.isNaN(pValues[i])).sort((i, j) => pValues[i] - pValues[j]);
  const corrected = pValues.map(() => Number.NaN);
  let floor = 0;
  for (const [rank, i] of made.entries()) {
    floor = Math.max(floor, Math.min(1, (made.length - rank) * pValues[i]));
    corrected[i] = floor;
  }
  return corrected;
}
