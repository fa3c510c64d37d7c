/** How good rankings are: the one implementation, which counts as shared scorers do (test/fixtures/ranking/score_rankings.py). */
import { createResampler, percentileInterval } from "../statistics/_resample.ts";

/** What came out for one case. */
export interface RankedCase {
  /** Rank of the true disease, ties against us; Infinity where it is not listed. */
  readonly rank: number;
  /** Best rank of any disease of its group. */
  readonly groupRank: number;
  readonly disease: string;
  readonly publication: string;
  /** Cases of the disease that were learned from. */
  readonly trained: number;
}

export interface Scores {
  readonly top1: number;
  readonly top3: number;
  readonly top10: number;
  readonly top50: number;
  /** Mean reciprocal rank; 0 for a miss. */
  readonly mrr: number;
}
export type ScoreId = keyof Scores;

export interface ScoreInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface RankingQuality {
  readonly cases: number;
  readonly publications: number;
  readonly diseases: number;
  /** With 95 % bootstrap intervals, publications drawn with replacement: cases of one paper are not independent. */
  readonly all: Readonly<Record<ScoreId, ScoreInterval>>;
  /** Any disease of the true one's group counts as right. */
  readonly group: Scores;
  /** Means over diseases or publications of each one's mean. */
  readonly byDisease: Scores;
  readonly byPublication: Scores;
  /** By number of cases of the disease that were learned from. */
  readonly byTraining: readonly ({ readonly label: string; readonly cases: number } & Scores)[];
}

const IDS: readonly ScoreId[] = ["top1", "top3", "top10", "top50", "mrr"];
const STRATA = [
  { label: "0", from: 0, to: 0 },
  { label: "1–4", from: 1, to: 4 },
  { label: "5–19", from: 5, to: 19 },
  { label: "20+", from: 20, to: Number.POSITIVE_INFINITY },
];

/**
 * Rank of the best of the wanted ids in a list of ids with scores: all others with at least its score come before it.
 * @returns Infinity when none is listed
 */
export function rankOf(ids: readonly string[], scores: ArrayLike<number>, wanted: ReadonlySet<string>): number {
  let best = Number.NEGATIVE_INFINITY;
  ids.forEach((id, i) => {
    if (wanted.has(id) && scores[i] > best) best = scores[i];
  });
  if (best === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return 1 + ids.filter((id, i) => !wanted.has(id) && scores[i] >= best).length;
}

/** @param seed of the bootstrap */
export function rankingQuality(cases: readonly RankedCase[], seed: number, resamples = 1000): RankingQuality {
  const ranks = cases.map(({ rank }) => rank);
  const publications = Map.groupBy(cases, ({ publication }) => publication);
  const diseases = Map.groupBy(cases, ({ disease }) => disease);
  const macro = (groups: ReadonlyMap<string, readonly RankedCase[]>): Scores =>
    meanOf([...groups.values()].map((group) => scoresOf(group.map(({ rank }) => rank))));
  return {
    cases: cases.length,
    publications: publications.size,
    diseases: diseases.size,
    all: intervals(scoresOf(ranks), [...publications.values()], seed, resamples),
    group: scoresOf(cases.map(({ groupRank }) => groupRank)),
    byDisease: macro(diseases),
    byPublication: macro(publications),
    byTraining: STRATA.flatMap(({ label, from, to }) => {
      const those = cases.filter(({ trained }) => trained >= from && trained <= to);
      return those.length === 0 ? [] : [{ label, cases: those.length, ...scoresOf(those.map(({ rank }) => rank)) }];
    }),
  };
}

/** Shares of ranks within 1, 3, 10 and 50, and the mean reciprocal rank. */
export function scoresOf(ranks: readonly number[]): Scores {
  const within = (k: number): number => ranks.filter((rank) => rank <= k).length / ranks.length;
  const mrr = ranks.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length;
  return { top1: within(1), top3: within(3), top10: within(10), top50: within(50), mrr };
}

function meanOf(scores: readonly Scores[]): Scores {
  const mean = (id: ScoreId): number => scores.reduce((sum, one) => sum + one[id], 0) / scores.length;
  return { top1: mean("top1"), top3: mean("top3"), top10: mean("top10"), top50: mean("top50"), mrr: mean("mrr") };
}

function intervals(
  scores: Scores,
  publications: readonly (readonly RankedCase[])[],
  seed: number,
  resamples: number,
): RankingQuality["all"] {
  const sums = publications.map((group) => {
    const mean = scoresOf(group.map(({ rank }) => rank));
    return { cases: group.length, ...mean };
  });
  const draws = new Map(IDS.map((id) => [id, new Float64Array(resamples)]));
  const sampler = createResampler([publications.length], undefined, seed);
  for (let b = 0; b < resamples; b++) {
    const [counts] = sampler.draw();
    let cases = 0;
    const totals = new Float64Array(IDS.length);
    sums.forEach((sum, i) => {
      const weight = counts[i] * sum.cases;
      if (weight === 0) return;
      cases += weight;
      IDS.forEach((id, k) => {
        totals[k] += weight * sum[id];
      });
    });
    IDS.forEach((id, k) => {
      draws.get(id)![b] = totals[k] / cases;
    });
  }
  const of = (id: ScoreId): ScoreInterval => ({ value: scores[id], ...percentileInterval(draws.get(id)!, 0.95) });
  return { top1: of("top1"), top3: of("top3"), top10: of("top10"), top50: of("top50"), mrr: of("mrr") };
}
