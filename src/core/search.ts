/** Contracts of the search for good hyper-parameters: what may be tried, where to look next, and what is stopped early. */

/** Holds where the dimension `key` has one of the values; it does not where that dimension is itself left out. */
export interface Condition {
  readonly key: string;
  readonly values: readonly unknown[];
}

interface Axis {
  readonly key: string;
  /** All must hold, else the dimension has no value. They name dimensions that stand before this one. */
  readonly when: readonly Condition[];
}

export interface ChoiceDimension extends Axis {
  readonly kind: "choice";
  /** Different from each other, at least one. */
  readonly values: readonly unknown[];
}

export interface RangeDimension extends Axis {
  readonly kind: "range";
  /** Both ends are possible values. */
  readonly low: number;
  readonly high: number;
  /** Whether equal ratios are alike, rather than equal differences; then low is above 0, and step at most 1. */
  readonly log: boolean;
  readonly int: boolean;
  /** Values are low, low + step, …; 1 for whole numbers; absent: all numbers. */
  readonly step?: number;
}

export type Dimension = ChoiceDimension | RangeDimension;

export interface SearchSpace {
  readonly dimensions: readonly Dimension[];
}

/** The value of each dimension that has one. */
export type SpacePoint = Readonly<Record<string, unknown>>;

/** A point that was suggested, and what came of it. */
export type Observation = { readonly point: SpacePoint } & (
  | { readonly state: "running" | "failed" }
  /** Lower is better; never NaN. */
  | { readonly state: "finished"; readonly loss: number }
  /** Loss when it was stopped, after so many rounds. */
  | { readonly state: "pruned"; readonly loss: number; readonly rounds: number }
);

export interface SuggestContext {
  readonly space: SearchSpace;
  /** In the order of the suggestions. */
  readonly history: readonly Observation[];
  readonly seed: number;
  /** Points drawn at random before results are looked at. */
  readonly startup: number;
  /** Whether nothing like the point was suggested before. */
  isNew(point: SpacePoint): boolean;
}

/**
 * Where to look. One file in src/search, whose name is the id. Pure: the same space, history and seed give the same point, so that a search
 * goes on from what a store holds of it.
 */
export type Strategy = { readonly id: string; readonly title: string; readonly description: string } & (
  | {
      /** All its points are known before anything has run. */
      readonly kind: "list";
      /** @throws UserError where the space has no end */
      points(space: SearchSpace): Iterable<SpacePoint>;
    }
  | {
      /** Its next point depends on what was found. */
      readonly kind: "sequence";
      /** The next point, a new one; undefined when the space holds none. */
      suggest(context: SuggestContext): SpacePoint | undefined;
    }
);

export interface PrunerOptions {
  /** Of those that come to a rung, one in so many goes on. */
  readonly reduction: number;
  /** Rounds before the first look. */
  readonly minRounds: number;
}

/** A trial that comes to a rung. Losses are mean log losses on validation of trials of one family on the same patients. */
export interface RungContext {
  /** At the rung. */
  readonly loss: number;
  /** The lowest up to the rung. */
  readonly best: number;
  /** Of the other trials that have come there. */
  readonly others: readonly {
    readonly loss: number /** Whether it ran to its own end. */;
    readonly finished: boolean;
  }[];
}

/** Stops trials that do badly early. One file in src/search/pruning, whose name is the id. Pure. */
export interface Pruner {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** The rounds at which it looks, from 0; ever greater whole numbers. */
  rung(index: number, options: PrunerOptions): number;
  /** Why the trial is stopped, e.g. "worse than 5 of 6"; undefined: it goes on. */
  verdict(context: RungContext, options: PrunerOptions): string | undefined;
}
