/** Probabilities of decision values: Platt's sigmoid. */

/** P(positive | f) = 1 / (1 + exp(a · f + b)) */
export interface Sigmoid {
  readonly a: number;
  readonly b: number;
}

/**
 * Fits a sigmoid to decision values by Newton's method (Platt 1999 as mended by Lin, Lin and Weng, "A note on Platt's
 * probabilistic outputs for support vector machines", 2007), as libsvm does; rows count with their weights.
 * @param positive 1 where a row is on the positive side
 */
export function fitSigmoid(f: Float64Array, positive: Uint8Array, weights?: ArrayLike<number>): Sigmoid {
  let [above, below] = [0, 0];
  for (let i = 0; i < f.length; i++) {
    if (positive[i]) above += weights?.[i] ?? 1;
    else below += weights?.[i] ?? 1;
  }
  const [high, low] = [(above + 1) / (above + 2), 1 / (below + 2)];
  const cost = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < f.length; i++) {
      const z = a * f[i]! + b;
      const t = positive[i] ? high : low;
      // log(1 + e^z) − (1 − t) z, without overflow
      sum += (weights?.[i] ?? 1) * (Math.max(z, 0) - (1 - t) * z + Math.log1p(Math.exp(-Math.abs(z))));
    }
    return sum;
  };
  let [a, b] = [0, Math.log((below + 1) / (above + 1))];
  let value = cost(a, b);
  for (let iteration = 0; iteration < 100; iteration++) {
    let [haa, hbb, hab, ga, gb] = [1e-12, 1e-12, 0, 0, 0];
    for (let i = 0; i < f.length; i++) {
      const z = a * f[i]! + b;
      const e = Math.exp(-Math.abs(z));
      const p = (z >= 0 ? e : 1) / (1 + e);
      const weight = weights?.[i] ?? 1;
      const curvature = weight * p * (1 - p);
      haa += f[i]! * f[i]! * curvature;
      hbb += curvature;
      hab += f[i]! * curvature;
      const d = weight * ((positive[i] ? high : low) - p);
      ga += f[i]! * d;
      gb += d;
    }
    if (Math.abs(ga) < 1e-5 && Math.abs(gb) < 1e-5) break;
    const determinant = haa * hbb - hab * hab;
    const da = -(hbb * ga - hab * gb) / determinant;
    const db = -(haa * gb - hab * ga) / determinant;
    const downhill = ga * da + gb * db;
    let step = 1;
    for (; step >= 1e-10; step /= 2) {
      const next = cost(a + step * da, b + step * db);
      if (next < value + 1e-4 * step * downhill) {
        [a, b, value] = [a + step * da, b + step * db, next];
        break;
      }
    }
    if (step < 1e-10) break;
  }
  return { a, b };
}
