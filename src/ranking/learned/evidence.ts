/** What is worked out of a case over all diseases, before single ones are looked at (steps 3 and 4 of the recipe in docs/orphan.md). */
import type { DiseaseKnowledge, View } from "../knowledge.ts";
import type { CaseQuery, SolvedCase } from "../query.ts";
import { CASES_MIX, createScratch, likelihoodRatios } from "../score.ts";
import { learnCases, type MixedRow, type MixedRows } from "../solved.ts";
import { byTerm, rowOf, stack } from "../sparse.ts";
import { closureOf } from "./closure.ts";
import { createCosine } from "./cosine.ts";
import { createNeighbours } from "./neighbours.ts";
import { createLogSums, createRatios, type Ratios } from "./ratios.ts";
import { createSiblings } from "./siblings.ts";

/**
 * The scores that candidates come from. `known` is by annotations alone; it would tell how much of a disease is left when a
 * publication is left out, so there is none then.
 */
export const SCORES = ["fused", "robust", "cases", "cosine", "nearest", "kernel", "siblings", "known"] as const;
export type ScoreName = (typeof SCORES)[number];

/** Added to each factor in `robust`, so that a term that does not fit costs little. */
const ROBUST = 0.3;

export interface Evidence {
  readonly view: View;
  /** Vectors of solved cases and knowledge that differ from the learned ones, by disease. */
  readonly fused: ReadonlyMap<number, MixedRow>;
  /** [diseases] 1: something is known of it, by annotations or by solved cases */
  readonly rankable: Uint8Array;
  /** Each [diseases]; of no meaning where a disease is not rankable. */
  readonly scores: Readonly<
    Partial<Record<ScoreName, Float64Array>> & Record<Exclude<ScoreName, "known">, Float64Array>
  >;
  /** Factors of each observed term by `fused`. */
  readonly ratios: Ratios;
  /** The observed terms and all that are more general, ascending. */
  readonly closure: Uint32Array;
}

export interface EvidenceSource {
  /**
   * Of `scores`, `fused` is the caller's to keep; all else is good until the next call.
   * @param leftOut publication whose cases do not count, and in setting (b) neither what rests on it alone
   */
  of(query: CaseQuery, leftOut: string | undefined): Evidence;
  /** Fused vector of a disease, by the evidence of a case or by all that was learned. */
  row(evidence: Evidence | undefined, disease: number): MixedRow;
}

/** @param pruned setting (b) */
export function createEvidence(
  knowledge: DiseaseKnowledge,
  solved: readonly SolvedCase[],
  pruned: boolean,
): EvidenceSource {
  const { terms, ids } = knowledge;
  const diseases = ids.length;
  const learned = learnCases(knowledge, solved);
  const { rows, columns, shares } = learned.fused;
  const cosine = createCosine(knowledge, rows, columns);
  const neighbours = createNeighbours(knowledge, solved);
  const siblings = createSiblings(knowledge, rows);
  const fusedRatios = createRatios(terms, columns, knowledge.whole, diseases, shares);
  const knownRatios = pruned ? undefined : createRatios(terms, knowledge.columns, knowledge.whole, diseases);
  const cases = createCasesScore(knowledge, learned.cases);
  const logSums = createLogSums(diseases);
  const [robust, known] = [new Float64Array(diseases), new Float64Array(diseases)];
  const rankable = Uint8Array.from({ length: diseases }, (_, d) => (rows.offsets[d] < rows.offsets[d + 1] ? 1 : 0));
  const fixed = (disease: number): MixedRow => ({ ...rowOf(rows, disease), share: shares[disease] });

  return {
    of(query, leftOut) {
      const { observed } = query;
      const view = pruned ? knowledge.without(leftOut) : knowledge.whole;
      const { background } = view;
      const changed = learned.without(view, leftOut);
      const mine = changed.fused.size === 0 ? rankable : rankable.slice();
      for (const [disease, row] of changed.fused) mine[disease] = row.terms.length > 0 ? 1 : 0;
      const ratios = fusedRatios.of(observed, view, changed.fused);
      const closure = closureOf(terms, observed);
      const near = neighbours(closure, leftOut);
      return {
        view,
        fused: changed.fused,
        rankable: mine,
        ratios,
        closure,
        scores: {
          fused: masked(logSums(ratios, 0, new Float64Array(diseases)), mine),
          robust: logSums(ratios, ROBUST, robust),
          cases: cases(observed, background, changed.cases),
          cosine: cosine(closure, changed.fused),
          nearest: near.nearest,
          kernel: near.kernel,
          siblings: siblings(observed, view, changed.fused),
          ...(knownRatios && { known: logSums(knownRatios.of(observed, view, view.changed), 0, known) }),
        },
      };
    },
    row: (evidence, disease) => evidence?.fused.get(disease) ?? fixed(disease),
  };
}

/** Ratios by solved cases alone; 0 for a disease of none, whose vector is the background. */
function createCasesScore(
  { terms, ids }: DiseaseKnowledge,
  { rows, shares }: MixedRows,
): (observed: Uint32Array, background: Float64Array, changed: ReadonlyMap<number, MixedRow>) => Float64Array {
  const described = Uint32Array.from(
    [...ids.keys()].filter((disease) => rows.offsets[disease] < rows.offsets[disease + 1]),
  );
  const place = new Map(Array.from(described, (disease, i) => [disease, i]));
  const own = {
    columns: byTerm(stack(Array.from(described, (disease) => rowOf(rows, disease))), terms.count),
    shares: Float64Array.from(described, (disease) => shares[disease]),
  };
  const scratch = createScratch(described.length);
  const out = new Float64Array(ids.length);
  return (observed, background, changed) => {
    const others = new Map(
      [...changed].flatMap(([disease, row]) => {
        const at = place.get(disease);
        return at === undefined ? [] : [[at, row] as const];
      }),
    );
    const scores = likelihoodRatios(terms, own, background, described.length, observed, others, CASES_MIX, scratch);
    for (let i = 0; i < scores.length; i++) out[described[i]] = scores[i];
    return out;
  };
}

/** -Infinity where nothing is known. */
function masked(scores: Float64Array, rankable: Uint8Array): Float64Array {
  for (let d = 0; d < scores.length; d++) if (rankable[d] === 0) scores[d] = Number.NEGATIVE_INFINITY;
  return scores;
}
