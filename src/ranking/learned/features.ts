/** What the ranker sees of a candidate disease for a case (step 4 of the recipe in docs/orphan.md). */
import { paperOf } from "../../core/cases.ts";
import type { Orphanet } from "../../core/knowledge.ts";
import type { DiseaseKnowledge } from "../knowledge.ts";
import type { CaseQuery, SolvedCase } from "../query.ts";
import { rowOf } from "../sparse.ts";
import { contentsOf } from "./cosine.ts";
import { type Evidence, type EvidenceSource, SCORES, type ScoreName } from "./evidence.ts";
import { createOverlap, totalOf } from "./overlap.ts";
import { createPatientFit } from "./patient.ts";
import { factorsFor } from "./ratios.ts";

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
  const places = new Uint16Array(knowledge.ids.length);
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
  const total = (disease: number): number => totalOf(source.row(undefined, disease), content);
  const fusedTotals = Float64Array.from(knowledge.ids, (_, disease) => total(disease));
  const knownTotals = pruned
    ? undefined
    : Float64Array.from(knowledge.ids, (_, disease) => totalOf(rowOf(knowledge.rows, disease), content));

  return {
    names,
    of(query, leftOut, evidence, candidates) {
      const { observed } = query;
      const count = candidates.length;
      const out = new Float32Array(count * columns);
      const own = new Float64Array(count);
      let column = 0;
      for (const name of shown) {
        const scores = evidence.scores[name]!;
        let most = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < count; i++) {
          own[i] = scores[candidates[i]];
          if (own[i] > most) most = own[i];
        }
        const sorted = own.toSorted();
        const spread = SPREAD[name];
        const sums = spread.map((by) => exponentials(name === "fused" ? scores : own, most, by));
        for (let i = 0; i < count; i++) {
          const at = i * columns + column;
          out[at] = own[i];
          out[at + 1] = own[i] - most;
          out[at + 2] = Math.log(count - below(sorted, own[i]) + 1);
          for (let k = 0; k < spread.length; k++) out[at + 3 + k] = Math.exp((own[i] - most) / spread[k]) / sums[k];
        }
        column += 3 + spread.length;
      }
      const told = observed.reduce((sum, term) => sum + content[term], 0);
      const fits = patientFit(query, leftOut);
      const overlap = overlapOf(observed, evidence.closure);
      const weight = weights(leftOut);
      const factors = factorsFor(evidence.ratios, candidates, places);
      const ratios = new Float64Array(observed.length);
      for (let i = 0; i < count; i++) {
        const disease = candidates[i];
        for (let n = 0; n < ratios.length; n++) ratios[n] = Math.log(factors[n * count + i]);
        let at = i * columns + column;
        for (const value of summary(ratios)) out[at++] = value;
        const row = source.row(evidence, disease);
        const other = evidence.fused.has(disease) ? totalOf(row, content) : fusedTotals[disease];
        const { coverage, covered, reverse } = overlap.of(row, other);
        const patient = fits(disease);
        out[at++] = coverage / told;
        out[at++] = covered / told;
        out[at++] = patient.onset;
        out[at++] = patient.age;
        out[at++] = patient.sex;
        out[at++] = patient.xLinked;
        out[at++] = prevalence[disease];
        out[at++] = weight(disease);
        out[at++] = reverse;
        out[at++] = observed.length;
        out[at++] = told;
        out[at++] = query.age ?? Number.NaN;
        if (knownTotals === undefined) continue;
        out[at++] = overlap.of(rowOf(knowledge.rows, disease), knownTotals[disease]).reverse;
        for (const value of overlap.direct(disease)) out[at++] = value;
      }
      return out;
    },
  };
}

function exponentials(scores: Float64Array, most: number, by: number): number {
  let sum = 0;
  const floor = most - 13 * by;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < floor) continue;
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

/** Least, second least, most and second most, mean, standard deviation, and share of the positive. */
function summary(values: Float64Array): readonly number[] {
  const count = values.length;
  let [least, second, most, next] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -Infinity, -Infinity];
  let [sum, square, positive] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (value < least) [second, least] = [least, value];
    else if (value < second) second = value;
    if (value > most) [next, most] = [most, value];
    else if (value > next) next = value;
    sum += value;
    if (value > 0) positive++;
  }
  const mean = sum / count;
  for (let i = 0; i < count; i++) square += (values[i] - mean) ** 2;
  const sd = Math.sqrt(square / count);
  return [least, count > 1 ? second : least, most, count > 1 ? next : most, mean, sd, positive / count];
}

/** Σ over a disease's papers of √n, a publication left out. */
function createWeights(solved: readonly SolvedCase[]): (leftOut: string | undefined) => (disease: number) => number {
  const papers = new Map<number, Map<string, number>>();
  for (const one of solved) {
    const { target } = one;
    if (target === undefined) continue;
    const own = papers.get(target) ?? new Map<string, number>();
    const key = paperOf(one);
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
