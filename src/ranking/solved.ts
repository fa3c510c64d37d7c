/** What solved cases add to the knowledge (step 2 of the recipe in docs/orphan.md). */
import { paperOf } from "../core/cases.ts";
import type { DiseaseKnowledge, View } from "./knowledge.ts";
import type { SolvedCase } from "./query.ts";
import {
  byTerm,
  combine,
  createGatherer,
  EMPTY_ROW,
  rowOf,
  type SparseColumns,
  type SparseRow,
  type SparseRows,
  scaled,
  stack,
} from "./sparse.ts";

/** A vector that has, in every term, `share` of the background besides its own values. */
export interface MixedRow extends SparseRow {
  readonly share: number;
}

export interface MixedRows {
  readonly rows: SparseRows;
  readonly columns: SparseColumns;
  /** [diseases] */
  readonly shares: Float64Array;
}

/** What differs when one publication is left out, by disease. */
export interface SolvedView {
  readonly fused: ReadonlyMap<number, MixedRow>;
  readonly cases: ReadonlyMap<number, MixedRow>;
}

export interface SolvedKnowledge {
  /** (F + m)/(1 + W); without knowledge (m + 0.5·BG)/(W + 0.5); empty without either */
  readonly fused: MixedRows;
  /** (m + BG)/(W + 1): the solved cases alone */
  readonly cases: MixedRows;
  /** [diseases] cases that were given */
  readonly counts: Uint32Array;
  /** The vectors that differ when annotations are seen by `view` and no case of the publication is. */
  without(view: View, publication: string | undefined): SolvedView;
}

/** Whether knowledge or another paper's cases tell anything of a disease. */
export function isDescribed({ fused }: SolvedKnowledge, changes: SolvedView, disease: number): boolean {
  const row = changes.fused.get(disease);
  if (row !== undefined) return row.terms.length > 0 || row.share > 0;
  return fused.rows.offsets[disease] < fused.rows.offsets[disease + 1] || fused.shares[disease] > 0;
}

interface Paper {
  readonly publication: string | undefined;
  /** √ of the number of cases, and the mean of their closures */
  readonly weight: number;
  readonly mean: SparseRow;
}

/** Fuses cases with knowledge: m = Σ over papers of √n · mean closure of the paper's n cases, W = Σ √n. */
export function learnCases(knowledge: DiseaseKnowledge, cases: readonly SolvedCase[]): SolvedKnowledge {
  const papers = papersOf(knowledge, cases);
  const byPublication = new Map<string, number[]>();
  const counts = new Uint32Array(knowledge.ids.length);
  for (const { target } of cases) if (target !== undefined) counts[target]++;
  for (const [disease, list] of papers)
    for (const { publication } of list) {
      if (publication === undefined) continue;
      byPublication.set(publication, [...(byPublication.get(publication) ?? []), disease]);
    }
  const { count } = knowledge.terms;
  const dense = new Float64Array(count);
  const vectors = (disease: number, known: SparseRow, leftOut?: string): { fused: MixedRow; cases: MixedRow } => {
    const kept = (papers.get(disease) ?? []).filter((p) => leftOut === undefined || p.publication !== leftOut);
    const weight = kept.reduce((sum, paper) => sum + paper.weight, 0);
    const touched = new Set<number>();
    for (const { weight: w, mean } of kept)
      mean.terms.forEach((term, i) => {
        dense[term] += w * mean.values[i];
        touched.add(term);
      });
    const list = Uint32Array.from(touched).sort();
    const m: SparseRow = { terms: list, values: Float32Array.from(list, (term) => dense[term]) };
    for (const term of list) dense[term] = 0;
    const knows = known.terms.length > 0;
    const none = weight === 0;
    return {
      fused: knows
        ? { ...combine(known, m, 1, 1 / (1 + weight)), share: 0 }
        : none
          ? { ...EMPTY_ROW, share: 0 }
          : { ...scaled(m, 1 / (weight + 0.5)), share: 0.5 / (weight + 0.5) },
      cases: { ...scaled(m, 1 / (weight + 1)), share: 1 / (weight + 1) },
    };
  };
  const all = knowledge.ids.map((_, disease) => vectors(disease, rowOf(knowledge.rows, disease)));
  const mixed = (rows: readonly MixedRow[]): MixedRows => {
    const stacked = stack(rows);
    return { rows: stacked, columns: byTerm(stacked, count), shares: Float64Array.from(rows, ({ share }) => share) };
  };
  return {
    fused: mixed(all.map(({ fused }) => fused)),
    cases: mixed(all.map(({ cases: own }) => own)),
    counts,
    without(view, publication) {
      const own = publication === undefined ? [] : (byPublication.get(publication) ?? []);
      const fused = new Map<number, MixedRow>();
      const casesOnly = new Map<number, MixedRow>();
      for (const disease of new Set([...view.changed.keys(), ...own])) {
        const known = view.changed.get(disease) ?? rowOf(knowledge.rows, disease);
        const made = vectors(disease, known, publication);
        fused.set(disease, made.fused);
        if (own.includes(disease)) casesOnly.set(disease, made.cases);
      }
      return { fused, cases: casesOnly };
    },
  };
}

function papersOf(knowledge: DiseaseKnowledge, cases: readonly SolvedCase[]): ReadonlyMap<number, readonly Paper[]> {
  const grouped = new Map<number, Map<string, SolvedCase[]>>();
  for (const one of cases) {
    if (one.target === undefined) continue;
    const groups = grouped.get(one.target) ?? new Map<string, SolvedCase[]>();
    grouped.set(one.target, groups);
    const key = paperOf(one);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const gatherer = createGatherer(knowledge.terms);
  const dense = new Float64Array(knowledge.terms.count);
  return new Map(
    [...grouped].map(([disease, groups]) => [
      disease,
      [...groups.values()].map((group): Paper => {
        const touched = new Set<number>();
        for (const { observed } of group) {
          for (const term of observed) gatherer.raise(term, 1);
          for (const term of gatherer.take().terms) {
            dense[term]++;
            touched.add(term);
          }
        }
        const terms = Uint32Array.from(touched).sort();
        const mean = { terms, values: Float32Array.from(terms, (term) => dense[term] / group.length) };
        for (const term of terms) dense[term] = 0;
        return { publication: group[0].publication, weight: Math.sqrt(group.length), mean };
      }),
    ]),
  );
}
