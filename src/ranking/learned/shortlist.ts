import type { DiseaseKnowledge } from "../knowledge.ts";
import type { CaseQuery, SolvedCase } from "../query.ts";
import { candidatesOf } from "./candidates.ts";
import { createEvidence } from "./evidence.ts";
import { createFeatures } from "./features.ts";

/** The candidates of a case and what the ranker sees of them. */
export interface Shortlist {
  readonly candidates: Uint32Array;
  /** [candidates × columns], row-major */
  readonly features: Float32Array;
  /** [diseases] likelihood ratios by knowledge and solved cases, for the order of the rest; -Infinity: nothing is known */
  readonly fused: Float64Array;
}

export interface Shortlister {
  /** Names of the columns. */
  readonly names: readonly string[];
  /** @param leftOut publication whose cases do not count; in setting (b) neither does what rests on it alone */
  of(query: CaseQuery, leftOut: string | undefined): Shortlist;
}

/** @param pruned setting (b) */
export function createShortlister(
  knowledge: DiseaseKnowledge,
  solved: readonly SolvedCase[],
  pruned: boolean,
): Shortlister {
  const evidence = createEvidence(knowledge, solved, pruned);
  const features = createFeatures(knowledge, solved, evidence, pruned);
  return {
    names: features.names,
    of(query, leftOut) {
      const found = evidence.of(query, leftOut);
      const candidates = candidatesOf(found);
      return {
        candidates,
        features: features.of(query, leftOut, found, candidates),
        fused: found.scores.fused,
      };
    },
  };
}
