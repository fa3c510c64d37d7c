/** Upper tails of the distributions that drift tests rest on. */

/** Lanczos' approximation with 9 terms (g = 7): relative error below 1e-14 for x > 0.5. */
export function logGamma(x: number): number {
  const t = x + 6.5;
  let sum = 0.99999999999980993;
  for (const [i, c] of LANCZOS.entries()) sum += c / (x + i);
  return (x - 0.5) * Math.log(t) - t + Math.log(Math.sqrt(2 * Math.PI) * sum);
}

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** P(X > x) of X ~ χ² with `df` degrees of freedom: the regularised upper incomplete gamma function (Numerical Recipes 6.2). */
export function chiSquareTail(x: number, df: number): number {
  if (df <= 0) return Number.NaN;
  if (!(x > 0)) return 1;
  const [a, z] = [df / 2, x / 2];
  const front = Math.exp(a * Math.log(z) - z - logGamma(a));
  if (z < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 10_000 && term > sum * 1e-16; n++) {
      term *= z / (a + n);
      sum += term;
    }
    return Math.max(0, 1 - front * sum);
  }
  // Lentz's continued fraction.
  let b = z + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 10_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return Math.min(1, front * h);
}

/** P(K > x) of Kolmogorov's limit distribution. */
export function kolmogorovTail(x: number): number {
  if (x < 0.2) return 1; // 1 to 12 digits, where the series converges slowly
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

/**
 * Fisher's exact test of a 2 × 2 table, two-sided: the probability of all tables with its margins that are no likelier than it
 * (within 1e-7, as scipy).
 */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const [row, column, total] = [a + b, a + c, a + b + c + d];
  const logFactorial = (n: number): number => logGamma(n + 1);
  const fixed =
    logFactorial(row) + logFactorial(c + d) + logFactorial(column) + logFactorial(b + d) - logFactorial(total);
  const logP = (x: number): number =>
    fixed - logFactorial(x) - logFactorial(row - x) - logFactorial(column - x) - logFactorial(total - row - column + x);
  const most = logP(a) + 1e-7;
  let sum = 0;
  for (let x = Math.max(0, row + column - total); x <= Math.min(row, column); x++) {
    const p = logP(x);
    if (p <= most) sum += Math.exp(p);
  }
  return Math.min(1, sum);
}
