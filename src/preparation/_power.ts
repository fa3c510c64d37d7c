/** Yeo and Johnson's power transform (Biometrika 87, 2000): brings skewed numbers of any sign near to a normal distribution. */
import type { OnnxBuilder, OnnxValue } from "../core/onnx.ts";
import { doubles } from "./_onnx.ts";

/** Exponents up to this count as 0. */
const ZERO = Number.EPSILON;

/** @param lambda exponent; 1 leaves numbers as they are */
export function yeoJohnson(value: number, lambda: number): number {
  if (value < 0) return -raised(-value, 2 - lambda);
  return raised(value, lambda);
}

/** ((1 + size)^power - 1) / power, and its limit for power 0. @param size ≥ 0, or NaN */
const raised = (size: number, power: number): number =>
  Math.abs(power) < ZERO ? Math.log1p(size) : ((size + 1) ** power - 1) / power;

/**
 * The exponent of greatest likelihood, as scipy.stats.yeojohnson_normmax finds it: Brent's search within the bounds in which
 * values up to about 20 times the largest of each sign neither overflow nor vanish.
 * @param values finite, not all equal
 */
export function yeoJohnsonLambda(values: Float64Array): number {
  const logs = values.map((value) => Math.log1p(Math.abs(value)));
  const largest = (sign: number): number =>
    values.reduce((most, value) => Math.max(most, Math.sign(value) === sign ? Math.abs(value) : 0), 0);
  const [low, high] = safePowers(largest(1));
  const [lowBelow, highBelow] = safePowers(largest(-1));
  const bounds = [Math.max(low, 2 - highBelow), Math.min(high, 2 - lowBelow)] as const;
  if (!(bounds[0] < bounds[1])) return 1; // huge values of either sign: no exponent suits both
  const jacobian = values.reduce((sum, value, i) => sum + Math.sign(value) * logs[i], 0);
  const made = new Float64Array(values.length);
  return minimize(bounds, (lambda) => {
    for (let i = 0; i < made.length; i++) {
      const power = values[i] < 0 ? 2 - lambda : lambda;
      const size = Math.abs(power) < ZERO ? logs[i] : Math.expm1(power * logs[i]) / power;
      made[i] = values[i] < 0 ? -size : size;
    }
    const variance = varianceOf(made);
    // So little is left of the spread that its logarithm means nothing.
    if (!(variance >= 2 ** -1022) || variance === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    return (made.length / 2) * Math.log(variance) - (lambda - 1) * jacobian;
  });
}

/** Powers of 1 + size whose squares neither overflow nor vanish up to 20 times the largest size; any where that is 0. */
function safePowers(size: number): readonly [number, number] {
  const precision = Math.log(Number.EPSILON);
  const reach = size > 1e300 ? Math.log(size) + Math.log(20) : Math.log1p(20 * size);
  return [(Math.log(2 ** -1022) - precision) / 2 / reach, (Math.log(Number.MAX_VALUE) + precision) / 2 / reach];
}

/** `yeoJohnson` of each column as nodes. @param lambdas [columns] */
export function yeoJohnsonInGraph(graph: OnnxBuilder, value: OnnxValue, lambdas: readonly number[]): OnnxValue {
  const zero = doubles(graph, [0]);
  const one = doubles(graph, [1]);
  const sizeTo = (size: OnnxValue, powers: readonly number[]): OnnxValue => {
    const flat = powers.map((power) => Math.abs(power) < ZERO);
    const grown = graph.apply("Add", [size, one]);
    const divisor = doubles(
      graph,
      powers.map((power, i) => (flat[i] ? 1 : power)),
    );
    const raisedTo = graph.apply("Pow", [grown, divisor]);
    const made = graph.apply("Div", [graph.apply("Sub", [raisedTo, one]), divisor]);
    if (!flat.includes(true)) return made;
    const mask = graph.constant({ dims: [flat.length], data: Float64Array.from(flat, Number) });
    return graph.apply("Where", [graph.apply("Greater", [mask, zero]), graph.apply("Log", [grown]), made]);
  };
  const below = graph.apply("Less", [value, zero]);
  const positive = graph.apply("Where", [below, zero, value]);
  const negative = graph.apply("Where", [below, graph.apply("Neg", [value]), zero]);
  const left = graph.apply("Neg", [
    sizeTo(
      negative,
      lambdas.map((lambda) => 2 - lambda),
    ),
  ]);
  return graph.apply("Where", [below, left, sizeTo(positive, lambdas)]);
}

function varianceOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return squares / values.length;
}

/** Brent's minimum within bounds (Algorithms for Minimization without Derivatives, 1973), as scipy.optimize.fminbound. */
function minimize([low, high]: readonly [number, number], f: (x: number) => number): number {
  const golden = (3 - Math.sqrt(5)) / 2;
  let [a, b] = [low, high];
  let best = a + golden * (b - a);
  let [second, third] = [best, best];
  let atBest = f(best);
  let [atSecond, atThird] = [atBest, atBest];
  let [step, before] = [0, 0];
  for (let calls = 1; calls < 500; calls++) {
    const middle = (a + b) / 2;
    const tolerance = Math.sqrt(2.2e-16) * Math.abs(best) + 1.48e-8 / 3;
    if (Math.abs(best - middle) <= 2 * tolerance - (b - a) / 2) break;
    let parabola = false;
    if (Math.abs(before) > tolerance) {
      const r = (best - second) * (atBest - atThird);
      let q = (best - third) * (atBest - atSecond);
      let p = (best - third) * q - (best - second) * r;
      q = 2 * (q - r);
      if (q > 0) p = -p;
      q = Math.abs(q);
      const last = before;
      before = step;
      if (Math.abs(p) < Math.abs((q * last) / 2) && p > q * (a - best) && p < q * (b - best)) {
        step = p / q;
        const x = best + step;
        if (x - a < 2 * tolerance || b - x < 2 * tolerance) step = middle >= best ? tolerance : -tolerance;
        parabola = true;
      }
    }
    if (!parabola) {
      before = best >= middle ? a - best : b - best;
      step = golden * before;
    }
    const x = best + (step < 0 ? -1 : 1) * Math.max(Math.abs(step), tolerance);
    const at = f(x);
    if (at <= atBest) {
      if (x >= best) a = best;
      else b = best;
      [third, atThird] = [second, atSecond];
      [second, atSecond] = [best, atBest];
      [best, atBest] = [x, at];
    } else {
      if (x < best) a = x;
      else b = x;
      if (at <= atSecond || second === best) {
        [third, atThird] = [second, atSecond];
        [second, atSecond] = [x, at];
      } else if (at <= atThird || third === best || third === second) {
        [third, atThird] = [x, at];
      }
    }
  }
  return best;
}
