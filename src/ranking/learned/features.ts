/** What the ranker sees of a candidate disease for a case (step 4 of the recipe in docs/orphan.md). */
import type { Orphanet } from "../../core/knowledge.ts";
import type { DiseaseKnowledge } from "../knowledge.ts";
import type { CaseQuery, SolvedCase } from "../query.ts";
import { frequencyIn } from "../score.ts";
import { rowOf } from "../sparse.ts";
import { contentsOf } from "./cosine.ts";
import { type Evidence, type EvidenceSource, SCORES, type ScoreName } from "./evidence.ts";
import { createOverlap } from "./overlap.ts";
import { createPatientFit } from "./patient.ts";

/** By what each score is divided before its softmax: the cosines are far closer together than the log ratios. */
const SPREAD: Readonly<Record<ScoreName, readonly number[]>> = {
  fused: [1, 2.5],
  robust: [1],
  cases: [1, 2.5],
  cosine: [0.04],
  nearest: [0.05],
  kernel: [0.5],
  siblings: [1.5],
  known: [1, 2.5],
};

/** Column with Σ over a disease's papers of √n; 0: it has no solved case. */
export const SOLVED_WEIGHT = "solved weight";

export interface FeatureSource {
  /** [columns] */
  readonly names: readonly string[];
  /** [candidates × columns], row-major */
  of(query: CaseQuery, leftOut: string | undefined, evidence: Evidence, candidates: Uint32Array): Float32Array;
}

/**
 * @param pruned setting (b): nothing is told of how much annotations have left of a disease, so `known` is not among the features
 */
export function createFeatures(
  knowledge: DiseaseKnowledge,
  solved: readonly SolvedCase[],
  source: EvidenceSource,
  pruned: boolean,
): FeatureSource {
  const shown = SCORES.filter((name) => !(pruned && name === "known"));
  const content = contentsOf(knowledge.whole);
  const patientFit = createPatientFit(knowledge, solved, pruned);
  const overlapOf = createOverlap(knowledge, content);
  const weights = createWeights(solved);
  const prevalence = prevalences(knowledge);
  const names = [
    ...shown.flatMap((name) => [
      ...["value", "gap", "rank"].map((what) => `${name} ${what}`),
      ...SPREAD[name].map((by) => `${name} share ${by}`),
    ]),
    ...["least", "second least", "most", "second most", "mean", "sd", "positive"].map((what) => `ratios ${what}`),
    ...["coverage", "covered", "onset", "age", "sex", "x-linked", "prevalence", SOLVED_WEIGHT],
    ...["reverse", "terms", "content", "patient age"],
    ...(pruned ? [] : ["known reverse", "known terms", "known same", "known within"]),
  ];
  const columns = names.length;

  return {
    names,
    of(query, leftOut, evidence, candidates) {
      const { observed } = query;
      const out = new Float32Array(candidates.length * columns);
      let column = 0;
      for (const name of shown) {
        const scores = evidence.scores[name]!;
        const own = Float64Array.from(candidates, (disease) => scores[disease]);
        const most = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        const sorted = own.toSorted();
        const sums = SPREAD[name].map((by) => exponentials(name === "fused" ? scores : own, most, by));
        own.forEach((score, i) => {
          const at = i * columns + column;
          out[at] = score;
          out[at + 1] = score - most;
          out[at + 2] = Math.log(own.length - below(sorted, score) + 1);
          SPREAD[name].forEach((by, k) => {
            out[at + 3 + k] = Math.exp((score - most) / by) / sums[k];
          });
        });
        column += 3 + SPREAD[name].length;
      }
      const told = observed.reduce((sum, term) => sum + content[term], 0);
      const fits = patientFit(query, leftOut);
      const overlap = overlapOf(observed);
      const weight = weights(leftOut);
      const ratios = new Float64Array(observed.length);
      candidates.forEach((disease, i) => {
        for (let n = 0; n < ratios.length; n++)
          ratios[n] = Math.log(evidence.ratios[n * knowledge.ids.length + disease]);
        let at = i * columns + column;
        for (const value of summary(ratios)) out[at++] = value;
        const row = source.row(evidence, disease);
        let [coverage, covered] = [0, 0];
        for (const term of observed) {
          const frequency = frequencyIn(row, term);
          coverage += frequency * content[term];
          if (frequency > 0.02) covered += content[term];
        }
        const patient = fits(disease);
        for (const value of [
          coverage / told,
          covered / told,
          patient.onset,
          patient.age,
          patient.sex,
          patient.xLinked,
          prevalence[disease],
          weight(disease),
          overlap.reverse(row),
          observed.length,
          told,
          query.age ?? Number.NaN,
          ...(pruned ? [] : [overlap.reverse(rowOf(knowledge.rows, disease)), ...overlap.direct(disease)]),
        ])
          out[at++] = value;
      });
      return out;
    },
  };
}

function exponentials(scores: Float64Array, most: number, by: number): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    const off = (scores[i] - most) / by;
    if (off > -12) sum += Math.exp(off);
  }
  return sum;
}

/** How many of the ascending values are at most the value. */
function below(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function summary(values: Float64Array): readonly number[] {
  const count = values.length;
  const sorted = values.toSorted();
  const mean = values.reduce((a, b) => a + b, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  const second = Math.min(1, count - 1);
  return [
    sorted[0],
    sorted[second],
    sorted[count - 1],
    sorted[count - 1 - second],
    mean,
    Math.sqrt(variance),
    values.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0) / count,
  ];
}

/** Σ over a disease's papers of √n, a publication left out. */
function createWeights(solved: readonly SolvedCase[]): (leftOut: string | undefined) => (disease: number) => number {
  const papers = new Map<number, Map<string, number>>();
  for (const { target, publication, name } of solved) {
    if (target === undefined) continue;
    const own = papers.get(target) ?? new Map<string, number>();
    const key = publication ?? `case ${name}`;
    papers.set(target, own.set(key, (own.get(key) ?? 0) + 1));
  }
  const sums = new Map(
    [...papers].map(([disease, own]) => [disease, [...own.values()].reduce((a, n) => a + Math.sqrt(n), 0)]),
  );
  return (leftOut) => (disease) =>
    (sums.get(disease) ?? 0) - Math.sqrt((leftOut === undefined ? 0 : papers.get(disease)?.get(leftOut)) ?? 0);
}

/** [diseases] log of the share of people with it; NaN where Orphanet does not know */
function prevalences({ base, ids, indexOf }: DiseaseKnowledge): Float64Array {
  const { orphanet } = base;
  const out = new Float64Array(ids.length).fill(Number.NaN);
  const fewest = new Uint32Array(ids.length).fill(2 ** 32 - 1);
  orphanet.ids.forEach((id, entry) => {
    if (Number.isNaN(orphanet.prevalence[entry])) return;
    for (const member of [id, ...orphanet.omim[entry]]) {
      const disease = indexOf(member);
      if (disease === undefined || membersOf(orphanet, entry) >= fewest[disease]) continue;
      fewest[disease] = membersOf(orphanet, entry);
      out[disease] = Math.log(Math.max(1e-9, orphanet.prevalence[entry]));
    }
  });
  return out;
}

const membersOf = ({ omim }: Orphanet, entry: number): number => omim[entry].length;
