import { createRng, type Rng } from "../core/rng.ts";
import type { SpacePoint, SuggestContext } from "../core/search.ts";
import { countPoints, drawPoint, pointsOf } from "./_space.ts";

/** Draws that may fail before a space is taken to hold nothing new, or is gone through where it is small. */
const TRIES = 200;
const SMALL = 100_000;

/** The generator of a search's next suggestion: it depends on the seed and the number of the suggestion alone. */
export function rngOf({ seed, history }: Pick<SuggestContext, "seed" | "history">): Rng {
  return createRng(seed * 1_000_003 + history.length);
}

/** A new point drawn evenly; undefined when the space holds none. */
export function drawNew(context: SuggestContext, rng = rngOf(context)): SpacePoint | undefined {
  const { space, isNew } = context;
  for (let i = 0; i < TRIES; i++) {
    const point = drawPoint(space, rng);
    if (isNew(point)) return point;
  }
  if (countPoints(space) > SMALL) return undefined;
  const left = [...pointsOf(space)].filter(isNew);
  return left[rng.int(left.length)];
}
