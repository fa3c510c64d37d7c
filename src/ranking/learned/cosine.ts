/** Cosine between a case and a disease, terms weighed by information content (tf-idf). */
import type { DiseaseKnowledge, View } from "../knowledge.ts";
import type { SparseColumns, SparseRow, SparseRows } from "../sparse.ts";

/** @returns of the closure of observed terms, and of vectors that take the place of the given ones: [diseases], good until the next call */
export function createCosine(
  { whole, ids }: DiseaseKnowledge,
  rows: SparseRows,
  columns: SparseColumns,
): (closure: Uint32Array, changed: ReadonlyMap<number, SparseRow>) => Float64Array {
  const content = contentsOf(whole);
  const norms = Float64Array.from(ids, (_, d) => {
    let sum = 0;
    for (let i = rows.offsets[d]; i < rows.offsets[d + 1]; i++)
      sum += Math.fround(rows.values[i] * content[rows.terms[i]]) ** 2;
    return Math.sqrt(sum);
  });
  const out = new Float64Array(ids.length);
  return (closure, changed) => {
    out.fill(0);
    let square = 0;
    for (const term of closure) {
      const weight = content[term];
      square += weight ** 2;
      const end = columns.offsets[term + 1];
      for (let i = columns.offsets[term]; i < end; i++)
        out[columns.rows[i]] += weight * Math.fround(columns.values[i] * weight);
    }
    const norm = Math.sqrt(square);
    for (let d = 0; d < out.length; d++) if (out[d] > 0) out[d] /= norm * norms[d];
    const inside = new Set(closure);
    for (const [disease, row] of changed) {
      let [dot, own] = [0, 0];
      row.terms.forEach((term, i) => {
        const value = row.values[i] * content[term];
        own += value ** 2;
        if (inside.has(term)) dot += value * content[term];
      });
      out[disease] = dot === 0 ? 0 : dot / (norm * Math.sqrt(own));
    }
    return out;
  };
}

/** Information content of each term: −log of how frequent it is among diseases. */
export const contentsOf = ({ background }: View): Float64Array => background.map((share) => -Math.log(share));
