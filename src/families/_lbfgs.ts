/**
 * L-BFGS with a strong-Wolfe line search for smooth functions (Nocedal and Wright, Numerical Optimization, 2nd edition,
 * algorithms 7.4, 7.5, 3.5 and 3.6).
 */

export interface Minimisation {
  /** Where it starts; not changed. */
  readonly start: Float64Array;
  /** Writes the gradient at `x` into `gradient`. */
  evaluate(x: Float64Array, gradient: Float64Array): Evaluation;
  /** Stops when `slope` is not larger. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Awaited before each iteration; rejects to stop. */
  pace(): Promise<void>;
}

export interface Evaluation {
  readonly value: number;
  /** Largest component of the gradient, in the coordinates that the tolerance is meant in. */
  readonly slope: number;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /**
   * "gradient": small enough; "precision": no step makes the value smaller, as far as the arithmetic can tell;
   * "iterations": the limit was reached first.
   */
  readonly reason: "gradient" | "precision" | "iterations";
}

/** Pairs of steps and changes of the gradient, oldest first. */
export type History = { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[];

const HISTORY = 10;
const ARMIJO = 1e-4;
const CURVATURE = 0.9;

export async function minimise(problem: Minimisation): Promise<Minimum> {
  const { evaluate, tolerance, maxIterations, pace } = problem;
  const size = problem.start.length;
  let x: Float64Array = problem.start.slice();
  let gradient: Float64Array = new Float64Array(size);
  let { value, slope } = evaluate(x, gradient);
  const history: History = [];
  for (let iteration = 0; ; iteration++) {
    if (slope <= tolerance) return { x, value, iterations: iteration, reason: "gradient" };
    if (iteration === maxIterations) return { x, value, iterations: iteration, reason: "iterations" };
    await pace();
    let direction = descent(gradient, history);
    if (!(dot(direction, gradient) < 0)) {
      history.length = 0;
      direction = gradient.map((g) => -g);
    }
    const first = history.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const found = lineSearch({ evaluate, x, value, gradient, direction, first });
    if (found === undefined || !(found.value < value)) {
      if (history.length > 0) {
        history.length = 0; // once more along the gradient
        continue;
      }
      return { x, value, iterations: iteration, reason: "precision" };
    }
    remember(history, subtract(found.x, x), subtract(found.gradient, gradient));
    ({ x, value, gradient, slope } = found);
  }
}

/** Adds a pair unless the curvature along it is not positive; keeps the last ten. */
export function remember(history: History, s: Float64Array, y: Float64Array): void {
  const sy = dot(s, y);
  if (sy > 1e-10 * dot(y, y)) history.push({ s, y, rho: 1 / sy });
  if (history.length > HISTORY) history.shift();
}

/** Two-loop recursion: minus the approximate inverse Hessian times the gradient. */
export function descent(gradient: Float64Array, history: Readonly<History>): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas = new Float64Array(history.length);
  for (let i = history.length - 1; i >= 0; i--) {
    const { s, y, rho } = history[i]!;
    const alpha = rho * dot(s, q);
    alphas[i] = alpha;
    addScaled(q, -alpha, y);
  }
  const last = history.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let j = 0; j < q.length; j++) q[j]! *= scale;
  }
  history.forEach(({ s, y, rho }, i) => {
    addScaled(q, alphas[i]! - rho * dot(y, q), s);
  });
  return q;
}

interface Point extends Evaluation {
  readonly step: number;
  /** Derivative along the direction. */
  readonly along: number;
  readonly x: Float64Array;
  readonly gradient: Float64Array;
}

interface LineSearch {
  readonly evaluate: Minimisation["evaluate"];
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly direction: Float64Array;
  readonly first: number;
}

/** A step that satisfies the strong Wolfe conditions, or the best one found in 20 evaluations. */
function lineSearch({ evaluate, x, value, gradient, direction, first }: LineSearch): Point | undefined {
  const downhill = dot(gradient, direction);
  const at = (step: number): Point => {
    const there = x.map((v, j) => v + step * direction[j]!);
    const g = new Float64Array(x.length);
    const evaluation = evaluate(there, g);
    return { ...evaluation, step, along: dot(g, direction), x: there, gradient: g };
  };
  const tooHigh = (p: Point): boolean => !(p.value <= value + ARMIJO * p.step * downhill);
  const flat = (p: Point): boolean => Math.abs(p.along) <= -CURVATURE * downhill;
  const start: Point = { step: 0, value, along: downhill, slope: Number.POSITIVE_INFINITY, x, gradient };
  let [low, high]: [Point, Point | undefined] = [start, undefined];
  let step = first;
  for (let n = 0; n < 20; n++) {
    const point = at(step);
    if (tooHigh(point) || (low.step > 0 && point.value >= low.value)) {
      high = point;
    } else {
      if (flat(point)) return point;
      if (point.along * ((high?.step ?? Number.POSITIVE_INFINITY) - low.step) >= 0) high = low;
      low = point;
    }
    if (high === undefined) {
      step *= 2;
      continue;
    }
    if (Math.abs(high.step - low.step) * Math.sqrt(dot(direction, direction)) < 1e-12) break;
    step = between(low, high);
  }
  return low.step > 0 ? low : undefined;
}

/** Minimum of the cubic through two points and their slopes, kept a tenth away from both ends. */
function between(a: Point, b: Point): number {
  const d1 = a.along + b.along - (3 * (a.value - b.value)) / (a.step - b.step);
  const d2 = Math.sign(b.step - a.step) * Math.sqrt(d1 * d1 - a.along * b.along);
  const cubic = b.step - ((b.step - a.step) * (b.along + d2 - d1)) / (b.along - a.along + 2 * d2);
  const [left, right] = a.step < b.step ? [a.step, b.step] : [b.step, a.step];
  const margin = (right - left) / 10;
  return cubic >= left + margin && cubic <= right - margin ? cubic : (left + right) / 2;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

function addScaled(a: Float64Array, scale: number, b: Float64Array): void {
  for (let j = 0; j < a.length; j++) a[j]! += scale * b[j]!;
}

export function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((v, j) => v - b[j]!);
}
