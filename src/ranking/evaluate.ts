/** Cross-validation over publications: every case is ranked by what was learned from other papers. */
import { paperOf } from "../core/cases.ts";
import { createRng } from "../core/rng.ts";
import { orphanetGroups } from "./groups.ts";
import type { DiseaseKnowledge } from "./knowledge.ts";
import { listBest } from "./listing.ts";
import type { Ranker, RankingMethod } from "./method.ts";
import { type RankedCase, type RankingQuality, rankingQuality, rankOf } from "./quality.ts";
import type { SolvedCase } from "./query.ts";

export { paperOf } from "../core/cases.ts";

export interface EvaluateOptions {
  readonly folds: number;
  readonly seed: number;
  /** Setting (b). */
  readonly leavePublicationOut: boolean;
  /** Length of the lists; what is not listed is a miss. */
  readonly top: number;
  readonly signal: AbortSignal;
  /** Called for every case, in the order of folds. */
  onRanked?(ranking: CaseRanking): void;
}

export interface CaseRanking {
  readonly case: string;
  readonly ranking: readonly string[];
  readonly scores: readonly number[];
}

/** @returns [cases] fold of each; all cases of a paper are in one, and folds are about equally large */
export function publicationFolds(cases: readonly SolvedCase[], folds: number, seed: number): Uint8Array {
  const papers = Map.groupBy([...cases.keys()], (i) => paperOf(cases[i]));
  const order = createRng(seed).shuffle([...papers.keys()].sort());
  // The largest first, so that the last ones even the folds out; the sort keeps the drawn order among equals.
  order.sort((a, b) => papers.get(b)!.length - papers.get(a)!.length);
  const sizes = new Uint32Array(folds);
  const fold = new Uint8Array(cases.length);
  for (const paper of order) {
    const rows = papers.get(paper)!;
    const smallest = sizes.indexOf(Math.min(...sizes));
    sizes[smallest] += rows.length;
    for (const row of rows) fold[row] = smallest;
  }
  return fold;
}

/** What a ranker says of a solved case. */
export interface CaseRank extends Pick<RankedCase, "rank" | "groupRank"> {
  /** [diseases] */
  readonly all: Float64Array;
  readonly listed: CaseRanking;
}

/**
 * Ranks the diseases for a solved case.
 * @param top length of the list; what is not listed is a miss
 */
export function rankCase(
  ranker: Pick<Ranker, "score">,
  { ids }: Pick<DiseaseKnowledge, "ids">,
  groupOf: (disease: string) => ReadonlySet<string>,
  one: SolvedCase,
  top: number,
): CaseRank {
  const all = ranker.score(one);
  const { diseases, scores } = listBest(all, top);
  const ranking = Array.from(diseases, (disease) => ids[disease]);
  return {
    all,
    listed: { case: one.name, ranking, scores: [...scores] },
    rank: rankOf(ranking, scores, new Set([one.disease])),
    groupRank: rankOf(ranking, scores, groupOf(one.disease)),
  };
}

/** Ranks all cases fold by fold and says how good the rankings are. */
export async function evaluateMethod(
  method: RankingMethod,
  knowledge: DiseaseKnowledge,
  cases: readonly SolvedCase[],
  options: EvaluateOptions,
): Promise<RankingQuality> {
  const { folds, seed, leavePublicationOut, top, signal, onRanked } = options;
  const fold = publicationFolds(cases, folds, seed);
  const groupOf = orphanetGroups(knowledge.base.orphanet);
  const ranked: RankedCase[] = [];
  for (let held = 0; held < folds; held++) {
    const solved = cases.filter((_, i) => fold[i] !== held);
    const counts = Map.groupBy(solved, ({ disease }) => disease);
    const ranker = await method.train({ knowledge, solved, leavePublicationOut, seed, signal });
    try {
      for (const one of cases.filter((_, i) => fold[i] === held)) {
        signal.throwIfAborted();
        const { listed, rank, groupRank } = rankCase(ranker, knowledge, groupOf, one, top);
        onRanked?.(listed);
        ranked.push({
          rank,
          groupRank,
          disease: one.disease,
          publication: paperOf(one),
          trained: counts.get(one.disease)?.length ?? 0,
        });
      }
    } finally {
      ranker.dispose();
    }
  }
  return rankingQuality(ranked, seed);
}
