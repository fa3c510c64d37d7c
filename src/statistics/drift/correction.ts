/**
 * Benjamini and Hochberg's (1995) correction: p-values of a family of tests, made so that of those below α a share of α at most is
 * wrong on average. As scipy's `false_discovery_control`. (Holm's, in ../holm.ts, allows for no wrong one.)
 * @param pValues 0 … 1, in any order; NaN is a test that could not be made, which stays NaN and does not count
 */
export function benjaminiHochberg(pValues: readonly number[]): readonly number[] {
  const made = [...pValues.keys()].filter((i) => !Number.isNaN(pValues[i])).sort((i, j) => pValues[j] - pValues[i]);
  const corrected = pValues.map(() => Number.NaN);
  let least = 1;
  for (const [place, i] of made.entries()) {
    least = Math.min(least, (pValues[i] * made.length) / (made.length - place));
    corrected[i] = least;
  }
  return corrected;
}

/**
 * Simes' (1986) test that none of several hypotheses is false, which holds where they are independent or go together: the least of
 * their corrected p-values.
 */
export function simes(pValues: readonly number[]): number {
  return benjaminiHochberg(pValues).reduce((least, p) => (p < least || Number.isNaN(least) ? p : least), Number.NaN);
}
