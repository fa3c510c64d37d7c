/** The ranker `orphan`: LightGBM orders the candidates of a case (step 4 of the recipe in docs/orphan.md). */
import { UserError } from "../../core/errors.ts";
import type { DiseaseKnowledge } from "../knowledge.ts";
import type { Ranker, TrainContext } from "../method.ts";
import type { SolvedCase } from "../query.ts";
import { trainBooster } from "./booster.ts";
import { type Calibration, calibrate, type HeldOut } from "./calibrate.ts";
import { SOLVED_WEIGHT } from "./features.ts";
import { createForest, type Forest } from "./forest.ts";
import { drawCases, makeQueries, makeWithheldQueries, type Query, rowsOf } from "./queries.ts";
import { createShortlister, type Shortlist } from "./shortlist.ts";

/** Boosters whose scores are averaged; each does without its own tenth of the papers, by which the probabilities are calibrated. */
const BOOSTERS = 2;
const TENTHS = 10;
/** Fewest queries with an answer: leaves of trees hold 60 candidates. */
const FEWEST = 20;

export interface RankerParts extends Calibration {
  /** LightGBM's own texts. */
  readonly boosters: readonly Uint8Array[];
}

export interface LearnedRanker extends Ranker, RankerParts {
  readonly none: number;
  /** Names of what it sees of a candidate. */
  readonly columns: readonly string[];
  /** The cases that are part of its evidence. */
  readonly solved: readonly SolvedCase[];
}

/**
 * Learns from solved cases; a case's own paper is out of the evidence while it is learned from.
 * @throws UserError when LightGBM is not there, or the cases are too few
 */
export async function trainRanker(context: TrainContext): Promise<LearnedRanker> {
  const { knowledge, solved, leavePublicationOut, seed, params, threads = 1, signal } = context;
  const shortlister = createShortlister(knowledge, solved, leavePublicationOut);
  const { names } = shortlister;
  const cases = drawCases(solved, seed);
  const queries = await makeQueries(shortlister, cases, signal);
  const answered = queries.filter(({ right }) => right >= 0).length;
  if (answered < FEWEST)
    throw new UserError(
      `the ranker cannot learn from ${answered} solved cases whose disease is known from elsewhere too`,
      {
        fix: [
          `Give ${FEWEST} of them or more, better some hundred,`,
          "or take a method that needs fewer: --method orphan-cases",
        ],
      },
    );
  const withheld = await makeWithheldQueries(
    (kept) => createShortlister(knowledge, kept, leavePublicationOut),
    solved,
    cases,
    signal,
  );
  const tenthOf = tenthsOf(queries);
  const boosters: Uint8Array[] = [];
  const heldOut: HeldOut[] = [];
  for (let b = 0; b < BOOSTERS; b++) {
    const learned = rowsOf(
      names.length,
      [...queries, ...withheld].filter((query) => tenthOf(query) !== b),
    );
    const booster = await trainBooster(learned, { seed: seed + b, params, threads, signal });
    boosters.push(booster);
    const forest = createForest([booster]);
    for (const { features, right } of queries.filter((query) => tenthOf(query) === b))
      heldOut.push({ scores: predict(forest, names, features), right });
  }
  return createRanker(knowledge, solved, leavePublicationOut, { boosters, ...calibrate(heldOut) }, shortlister);
}

/** A ranker of parts that were learned before, over the same knowledge and solved cases. */
export function createRanker(
  knowledge: DiseaseKnowledge,
  solved: readonly SolvedCase[],
  leavePublicationOut: boolean,
  { boosters, temperature, none }: RankerParts,
  shortlister = createShortlister(knowledge, solved, leavePublicationOut),
): LearnedRanker {
  const forest = createForest(boosters);
  return {
    temperature,
    none,
    columns: shortlister.names,
    boosters,
    solved,
    score(query) {
      if (query.observed.length === 0) return new Float64Array(knowledge.ids.length).fill(Number.NEGATIVE_INFINITY);
      const shortlist = shortlister.of(query, query.publication);
      return withRest(shortlist, predict(forest, shortlister.names, shortlist.features));
    },
    dispose() {},
  };
}

/** How far below the last candidate the first of the rest comes, so that its probability is next to nothing. */
const GAP = 100;

/** [diseases] the candidates by their scores, the rest below them by likelihood ratios */
function withRest({ candidates, fused }: Shortlist, scores: Float32Array): Float64Array {
  const lowest = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let best = Number.NEGATIVE_INFINITY;
  for (const score of fused) if (score > best) best = score;
  const out = new Float64Array(fused.length);
  for (let d = 0; d < out.length; d++) out[d] = lowest - GAP - (best - fused[d]);
  candidates.forEach((disease, i) => {
    out[disease] = scores[i];
  });
  return out;
}

/**
 * Added to the score of a disease without a solved case: learned from a collection, the ranker takes such diseases to be rarer than they
 * are among new patients. In (b) of two folds of the open cases -0.4, 0, 0.4 and 0.8 gave 36.2/54.0, 36.2/54.4, 36.1/54.7 and
 * 34.7/54.7 % at rank 1/10 over all, and 16.6/37.6, 18.3/40.0, 20.0/42.2 and 21.4/44.7 % where there is no solved case but there are rows.
 */
const UNSOLVED = 0.4;

/** Mean score of the boosters for each row, and what diseases without a solved case get. */
function predict(forest: Forest, names: readonly string[], features: Float32Array): Float32Array {
  const columns = names.length;
  const weight = names.indexOf(SOLVED_WEIGHT);
  const sums = new Float32Array(features.length / columns);
  for (let i = 0; i < sums.length; i++) sums[i] = features[i * columns + weight] < 1e-6 ? UNSOLVED : 0;
  const scores = forest.predict(features, columns);
  for (const own of scores) for (let i = 0; i < sums.length; i++) sums[i] += own[i] / scores.length;
  return sums;
}

/** A number from 0 to 9, the same for all queries of a publication. */
function tenthsOf(queries: readonly Query[]): (query: Query) => number {
  const places = new Map([...new Set(queries.map(({ publication }) => publication))].map((each, i) => [each, i]));
  return ({ publication }) => places.get(publication)! % TENTHS;
}
