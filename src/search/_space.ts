/** Spaces of hyper-parameters: which dimensions a point has, how many points there are, and drawing one. */
import { canonicalJson } from "../core/hash.ts";
import type { Rng } from "../core/rng.ts";
import type { Dimension, RangeDimension, SearchSpace, SpacePoint } from "../core/search.ts";

/** Whether a dimension has a value in a point whose earlier dimensions are set. */
export function isActive(dimension: Dimension, point: SpacePoint): boolean {
  return dimension.when.every(
    ({ key, values }) => Object.hasOwn(point, key) && values.some((value) => same(value, point[key])),
  );
}

export function same(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (typeof a === "object" && canonicalJson(a) === canonicalJson(b));
}

/** How many values a dimension takes; infinite for a range without steps. */
export function countValues(dimension: Dimension): number {
  if (dimension.kind === "choice") return dimension.values.length;
  const { low, high, step } = dimension;
  // A hair more than nothing, so that 0.1 … 0.3 by 0.1 has its three.
  return step === undefined
    ? low === high
      ? 1
      : Number.POSITIVE_INFINITY
    : Math.floor((high - low) / step + 1e-9) + 1;
}

/** All values of a dimension that has finitely many. */
export function valuesOf(dimension: Dimension): readonly unknown[] {
  if (dimension.kind === "choice") return dimension.values;
  const { low, step = 1 } = dimension;
  return Array.from({ length: countValues(dimension) }, (_, i) => tidy(dimension, low + i * step));
}

/** The first dimension without end, if there is one. */
export function endless(space: SearchSpace): Dimension | undefined {
  return space.dimensions.find((d) => !Number.isFinite(countValues(d)));
}

/** How many points a space has; infinite where a dimension without steps is in any of them. */
export function countPoints({ dimensions }: SearchSpace): number {
  const decisive = new Set(dimensions.flatMap((d) => d.when.map((c) => c.key)));
  const count = (from: number, point: SpacePoint): number => {
    let product = 1;
    for (let i = from; i < dimensions.length; i++) {
      const dimension = dimensions[i]!;
      if (!isActive(dimension, point)) continue;
      if (!decisive.has(dimension.key)) product *= countValues(dimension);
      else {
        const below = valuesOf(dimension).map((value) => count(i + 1, { ...point, [dimension.key]: value }));
        return product * below.reduce((a, b) => a + b, 0);
      }
    }
    return product;
  };
  return count(0, {});
}

/** All points of a space that has finitely many, the last dimension varying fastest. */
export function* pointsOf({ dimensions }: SearchSpace): Generator<SpacePoint> {
  function* from(i: number, point: SpacePoint): Generator<SpacePoint> {
    const dimension = dimensions[i];
    if (!dimension) yield point;
    else if (!isActive(dimension, point)) yield* from(i + 1, point);
    else for (const value of valuesOf(dimension)) yield* from(i + 1, { ...point, [dimension.key]: value });
  }
  yield* from(0, {});
}

/** A point drawn evenly, one dimension after the other. */
export function drawPoint({ dimensions }: SearchSpace, rng: Rng): SpacePoint {
  const point: Record<string, unknown> = {};
  for (const dimension of dimensions) {
    if (isActive(dimension, point)) point[dimension.key] = drawValue(dimension, rng);
  }
  return point;
}

function drawValue(dimension: Dimension, rng: Rng): unknown {
  if (dimension.kind === "choice") return dimension.values[rng.int(dimension.values.length)];
  const [low, high] = bounds(dimension);
  return fromScale(dimension, low + rng.next() * (high - low));
}

/** Ends of a range on the scale on which its values are alike; a stepped value owns half a step on either side. */
export function bounds(range: RangeDimension): readonly [number, number] {
  const half = (range.step ?? 0) / 2;
  return [toScale(range, range.low - half), toScale(range, range.high + half)];
}

export function toScale(range: RangeDimension, value: number): number {
  return range.log ? Math.log(value) : value;
}

/** The possible value nearest to a place on the scale. */
export function fromScale(range: RangeDimension, place: number): number {
  return tidy(range, range.log ? Math.exp(place) : place);
}

/**
 * The nearest possible value with few digits: 4 that matter, which nobody's results can tell from more, so that names of trials stay short and
 * values typed in again are the same.
 */
function tidy(range: RangeDimension, value: number): number {
  const { low, high, step, log } = range;
  const inside = (x: number): number => Math.min(high, Math.max(low, x));
  if (step !== undefined) return Number(inside(low + Math.round((value - low) / step) * step).toPrecision(12));
  if (log) return inside(Number(value.toPrecision(4)));
  const digits = Math.min(100, Math.max(0, 4 - Math.floor(Math.log10(high - low))));
  return inside(Number(value.toFixed(digits)));
}
