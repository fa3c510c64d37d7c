/** Sparse matrices diseases × terms, by row and by column. */
import type { PhenotypeTerms } from "./terms.ts";

/** One disease's terms, ascending, and how frequent each is (0–1). */
export interface SparseRow {
  readonly terms: Uint32Array;
  readonly values: Float32Array;
}

/** Rows one after the other (CSR). */
export interface SparseRows {
  /** [rows + 1] */
  readonly offsets: Uint32Array;
  readonly terms: Uint32Array;
  readonly values: Float32Array;
}

/** The same by term (CSC): the rows that have it, ascending. */
export interface SparseColumns {
  /** [terms + 1] */
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
  readonly values: Float32Array;
}

export const EMPTY_ROW: SparseRow = { terms: new Uint32Array(0), values: new Float32Array(0) };

export function rowOf({ offsets, terms, values }: SparseRows, row: number): SparseRow {
  const [from, to] = [offsets[row], offsets[row + 1]];
  return { terms: terms.subarray(from, to), values: values.subarray(from, to) };
}

export function stack(rows: readonly SparseRow[]): SparseRows {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach(({ terms }, i) => {
    offsets[i + 1] = offsets[i] + terms.length;
  });
  const terms = new Uint32Array(offsets[rows.length]);
  const values = new Float32Array(offsets[rows.length]);
  rows.forEach((row, i) => {
    terms.set(row.terms, offsets[i]);
    values.set(row.values, offsets[i]);
  });
  return { offsets, terms, values };
}

/** @param columns number of terms */
export function byTerm({ offsets, terms, values }: SparseRows, columns: number): SparseColumns {
  const starts = new Uint32Array(columns + 1);
  for (const term of terms) starts[term + 1]++;
  for (let i = 0; i < columns; i++) starts[i + 1] += starts[i];
  const next = starts.slice();
  const rows = new Uint32Array(terms.length);
  const sorted = new Float32Array(terms.length);
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      const to = next[terms[at]]++;
      rows[to] = row;
      sorted[to] = values[at];
    }
  }
  return { offsets: starts, rows, values: sorted };
}

/** Makes closure vectors: an ancestor is as frequent as the most frequent of what is below it. */
export interface Gatherer {
  /** Raises a term and all that are more general to at least a value; what is no phenotype is passed over. */
  raise(term: number, value: number): void;
  /** Sets one term alone. */
  set(term: number, value: number): void;
  /** The vector so far; the next one begins empty. Values of 0 are left out. */
  take(): SparseRow;
}

export function createGatherer({ count, offsets, ancestors }: PhenotypeTerms): Gatherer {
  const dense = new Float32Array(count);
  let touched: number[] = [];
  return {
    raise(term, value) {
      for (let at = offsets[term]; at < offsets[term + 1]; at++) {
        const above = ancestors[at];
        if (dense[above] === 0) {
          if (value <= 0) continue;
          touched.push(above);
          dense[above] = value;
        } else if (value > dense[above]) dense[above] = value;
      }
    },
    set(term, value) {
      if (dense[term] === 0 && value > 0) touched.push(term);
      dense[term] = value;
    },
    take() {
      const terms = Uint32Array.from(touched).sort();
      const values = new Float32Array(terms.length);
      for (let i = 0; i < terms.length; i++) {
        values[i] = dense[terms[i]];
        dense[terms[i]] = 0;
      }
      touched = [];
      return { terms, values };
    },
  };
}

/** (a + weight·b)·scale */
export function combine(a: SparseRow, b: SparseRow, weight: number, scale: number): SparseRow {
  if (b.terms.length === 0) return scaled(a, scale);
  if (a.terms.length === 0) return scaled(b, weight * scale);
  const most = a.terms.length + b.terms.length;
  const terms = new Uint32Array(most);
  const values = new Float32Array(most);
  let length = 0;
  for (let i = 0, j = 0; i < a.terms.length || j < b.terms.length; ) {
    const s = i < a.terms.length ? a.terms[i] : Number.POSITIVE_INFINITY;
    const t = j < b.terms.length ? b.terms[j] : Number.POSITIVE_INFINITY;
    terms[length] = Math.min(s, t);
    values[length++] = ((s <= t ? a.values[i] : 0) + (t <= s ? weight * b.values[j] : 0)) * scale;
    if (s <= t) i++;
    if (t <= s) j++;
  }
  return { terms: terms.slice(0, length), values: values.slice(0, length) };
}

export const scaled = (row: SparseRow, by: number): SparseRow =>
  by === 1 ? row : { terms: row.terms, values: row.values.map((value) => value * by) };
