import { descent, dot, type History, type Minimisation, type Minimum, remember, subtract } from "../_lbfgs.ts";

export interface SparseMinimisation extends Omit<Minimisation, "evaluate"> {
  /** Writes the gradient of the smooth part at `x` into `gradient`; returns its value. */
  evaluate(x: Float64Array, gradient: Float64Array): number;
  /** Weight of |x| of each component, 0 where it is not penalised. */
  readonly l1: Float64Array;
  /** What a gradient's component is multiplied by before it is compared with the tolerance. */
  readonly scales: Float64Array;
}

/** Times that a step is halved. */
const HALVINGS = 30;
const ARMIJO = 1e-4;

/**
 * Minimises a smooth function plus Σ l1 · |x| by OWL-QN (Andrew and Gao, "Scalable training of L1-regularized log-linear
 * models", 2007): L-BFGS in the orthant of the point, so that components which do not pay are exactly 0.
 */
export async function minimiseSparse(problem: SparseMinimisation): Promise<Minimum> {
  const { evaluate, l1, scales, tolerance, maxIterations, pace } = problem;
  const cost = (x: Float64Array): number => x.reduce((sum, v, j) => sum + l1[j]! * Math.abs(v), 0);
  let x: Float64Array = problem.start.slice();
  let gradient: Float64Array = new Float64Array(x.length);
  let value = evaluate(x, gradient) + cost(x);
  const history: History = [];
  for (let iteration = 0; ; iteration++) {
    const pseudo = pseudoGradient(x, gradient, l1);
    const slope = pseudo.reduce((most, g, j) => Math.max(most, Math.abs(g) * scales[j]!), 0);
    if (slope <= tolerance) return { x, value, iterations: iteration, reason: "gradient" };
    if (iteration === maxIterations) return { x, value, iterations: iteration, reason: "iterations" };
    await pace();
    const direction = descent(pseudo, history).map((d, j) => (d * pseudo[j]! < 0 ? d : 0));
    const orthant = x.map((v, j) => Math.sign(v) || -Math.sign(pseudo[j]!));
    let step = history.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(pseudo, pseudo))) : 1;
    let found: { x: Float64Array; gradient: Float64Array; value: number } | undefined;
    for (let n = 0; n < HALVINGS && found === undefined; n++, step /= 2) {
      const there = x.map((v, j) => {
        const moved = v + step * direction[j]!;
        return l1[j] === 0 || moved * orthant[j]! > 0 ? moved : 0;
      });
      const g = new Float64Array(x.length);
      const worth = evaluate(there, g) + cost(there);
      if (worth < value && worth <= value + ARMIJO * dot(pseudo, subtract(there, x)))
        found = { x: there, gradient: g, value: worth };
    }
    if (found === undefined) {
      if (history.length === 0) return { x, value, iterations: iteration, reason: "precision" };
      history.length = 0; // once more along the gradient
      continue;
    }
    remember(history, subtract(found.x, x), subtract(found.gradient, gradient));
    ({ x, gradient, value } = found);
  }
}

/** The steepest of the subgradients: 0 where neither direction makes the function smaller. */
function pseudoGradient(x: Float64Array, gradient: Float64Array, l1: Float64Array): Float64Array {
  return gradient.map((g, j) => {
    const weight = l1[j]!;
    if (x[j] !== 0) return g + weight * Math.sign(x[j]!);
    return g > weight ? g - weight : g < -weight ? g + weight : 0;
  });
}
