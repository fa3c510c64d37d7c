import type { Rng } from "../core/rng.ts";
import type { Dimension, Observation, SearchSpace, SpacePoint, Strategy, SuggestContext } from "../core/search.ts";
import { drawNew, rngOf } from "./_draw.ts";
import { parzen } from "./_parzen.ts";
import { countValues, drawPoint, isActive } from "./_space.ts";

/** Points that are drawn from the good ones' density, of which the most promising is taken. */
const CANDIDATES = 24;
/** Suggestions that may have been there before, until a point is drawn evenly instead. */
const TRIES = 8;
/** Dimensions that are left out of some points are modelled from so many points that have them. */
const FEWEST = 4;

/**
 * The tree-structured Parzen estimator: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", with the multivariate
 * densities of Falkner et al. 2018 as in Optuna's `TPESampler(multivariate=True, group=True, constant_liar=True)`. Dimensions that always
 * occur together are modelled together. Those with the lowest loss are the good ones; running points count as bad ones, so that parallel
 * suggestions spread; pruned ones come after all finished ones, failed ones last.
 */
export const strategy: Strategy = {
  id: "tpe",
  title: "Tree-structured Parzen estimator",
  description: "Points that resemble the good ones more than the others, after some at random from each family in turn",
  kind: "sequence",
  suggest(context) {
    const { space, history, startup, isNew } = context;
    const rng = rngOf(context);
    if (history.filter((o) => o.state !== "running").length < startup)
      return drawNew({ ...context, space: turnOf(space, history.length) }, rng) ?? drawNew(context, rng);
    const groups = groupsOf(space);
    for (let i = 0; i < TRIES; i++) {
      const point: Record<string, unknown> = {};
      for (const group of groups) {
        if (isActive(group[0]!, point)) Object.assign(point, suggestGroup(group, context, rng));
      }
      const ordered = inOrder(space, point);
      if (isNew(ordered)) return ordered;
    }
    return drawNew(context, rng);
  },
};

/** A space whose first choice, that of the family, is made: in turn, so that the start sees every family. */
function turnOf({ dimensions }: SearchSpace, turn: number): SearchSpace {
  const [first, ...rest] = dimensions;
  if (first?.kind !== "choice") return { dimensions };
  return { dimensions: [{ ...first, values: [first.values[turn % first.values.length]] }, ...rest] };
}

/** Dimensions with the same conditions, in the order of their first. */
function groupsOf({ dimensions }: SearchSpace): Dimension[][] {
  const groups = new Map<string, Dimension[]>();
  for (const dimension of dimensions) {
    const key = JSON.stringify(dimension.when);
    groups.set(key, [...(groups.get(key) ?? []), dimension]);
  }
  return [...groups.values()];
}

function suggestGroup(group: readonly Dimension[], context: SuggestContext, rng: Rng): SpacePoint {
  const seen = context.history.filter(({ point }) => group.every((d) => Object.hasOwn(point, d.key)));
  const done = seen.filter((o) => o.state !== "running");
  const open = group.filter((d) => countValues(d) > 1);
  const conditional = group[0]!.when.length > 0;
  const drawn = drawPoint({ dimensions: group.map((d) => ({ ...d, when: [] })) }, rng);
  if (open.length === 0 || (conditional && done.length < FEWEST)) return drawn;
  const good = new Set(done.toSorted(byLoss).slice(0, countGood(group, done.length)));
  const pointsOf = (list: readonly Observation[]): SpacePoint[] => list.map((o) => o.point);
  const below = parzen(open, pointsOf(seen.filter((o) => good.has(o))));
  const above = parzen(open, pointsOf(seen.filter((o) => !good.has(o))));
  let best: SpacePoint = {};
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < CANDIDATES; i++) {
    const candidate = below.sample(rng);
    const score = below.logDensity(candidate) - above.logDensity(candidate);
    if (score > highest) [best, highest] = [candidate, score];
  }
  return { ...drawn, ...best };
}

/**
 * How many of n points count as good: a tenth as in Optuna, at most 25. Where there are choices alone, that of the family above all, √n/4 as in
 * Hyperopt: with a tenth, a family that was lucky early crowded the better ones out in one search of six.
 */
function countGood(group: readonly Dimension[], n: number): number {
  const choices = group.every((d) => d.kind === "choice");
  return Math.min(Math.ceil(choices ? Math.sqrt(n) / 4 : n / 10), 25);
}

/** Finished ones by loss; then pruned ones, those that came furthest first; then failed ones. */
function byLoss(a: Observation, b: Observation): number {
  const rank = (o: Observation): number => ["finished", "pruned", "failed"].indexOf(o.state);
  if (a.state === "finished" && b.state === "finished") return a.loss - b.loss;
  if (a.state === "pruned" && b.state === "pruned") return b.rounds - a.rounds || a.loss - b.loss;
  return rank(a) - rank(b);
}

function inOrder({ dimensions }: SearchSpace, point: SpacePoint): SpacePoint {
  return Object.fromEntries(dimensions.filter((d) => Object.hasOwn(point, d.key)).map((d) => [d.key, point[d.key]]));
}
