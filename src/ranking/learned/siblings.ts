/** Diseases of one kind, by the stem of their names or Orphanet's groups: what is known of one helps to find another. */
import type { Orphanet } from "../../core/knowledge.ts";
import type { DiseaseKnowledge, View } from "../knowledge.ts";
import { byTerm, combine, EMPTY_ROW, rowOf, type SparseRow, type SparseRows, scaled, stack } from "../sparse.ts";
import { createLogSums, createRatios } from "./ratios.ts";

/**
 * Likelihood ratios by the mean vector of a disease's group; one of no group has its own.
 * @returns of observed terms, what is known, and vectors that take the place of the given ones: [diseases], good until the next call
 */
export function createSiblings(
  knowledge: DiseaseKnowledge,
  rows: SparseRows,
): (observed: Uint32Array, view: View, changed: ReadonlyMap<number, SparseRow>) => Float64Array {
  const { terms, ids } = knowledge;
  const groups = groupsOf(knowledge);
  const groupOf = new Int32Array(ids.length);
  groups.forEach((members, group) => {
    for (const member of members) groupOf[member] = group;
  });
  const sums = groups.map((members) =>
    members.reduce<SparseRow>((sum, each) => combine(sum, rowOf(rows, each), 1, 1), EMPTY_ROW),
  );
  const counts = groups.map((members) => members.filter((each) => rows.offsets[each] < rows.offsets[each + 1]).length);
  const mean = (sum: SparseRow, count: number): SparseRow => scaled(sum, 1 / Math.max(1, count));
  const means = stack(sums.map((sum, group) => mean(sum, counts[group])));
  const ratios = createRatios(terms, byTerm(means, terms.count), knowledge.whole, groups.length);
  /** The mean when some members have other vectors. */
  const meanWith = (group: number, changed: ReadonlyMap<number, SparseRow>): SparseRow => {
    let [sum, count] = [sums[group], counts[group]];
    for (const member of groups[group]) {
      const row = changed.get(member);
      if (row === undefined) continue;
      const before = rowOf(rows, member);
      sum = combine(combine(sum, before, -1, 1), row, 1, 1);
      count += (row.terms.length > 0 ? 1 : 0) - (before.terms.length > 0 ? 1 : 0);
    }
    return count === 0 ? EMPTY_ROW : mean(sum, count);
  };
  const logSums = createLogSums(groups.length);
  const [scores, out] = [new Float64Array(groups.length), new Float64Array(ids.length)];
  return (observed, view, changed) => {
    const others = new Map<number, SparseRow>();
    for (const disease of changed.keys()) {
      const group = groupOf[disease];
      if (!others.has(group)) others.set(group, meanWith(group, changed));
    }
    logSums(ratios.of(observed, view, others), 0, scores);
    for (let d = 0; d < out.length; d++) out[d] = scores[groupOf[d]];
    return out;
  };
}

/** The least common part of names such as "Joubert syndrome 5" and "Cardiomyopathy, dilated, 1A". */
export function stemOf(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const at = words.findIndex((word, i) => i > 0 && /^(\d+[a-z]*|i{1,3}[a-z]?|iv[a-z]?|vi{0,3}|ix|x|type)$/.test(word));
  return (at < 0 ? words : words.slice(0, at)).join(" ");
}

/** Every disease in one group. */
function groupsOf({ names, ids, base, indexOf }: DiseaseKnowledge): readonly (readonly number[])[] {
  const stems = Map.groupBy([...ids.keys()], (i) => stemOf(names[i]) || ids[i]);
  const alone = new Set([...stems.values()].filter((members) => members.length === 1).map(([one]) => one));
  const groups = [...stems.values()].filter((members) => members.length > 1);
  for (const members of orphanetMembers(base.orphanet, indexOf)) {
    const free = members.filter((member) => alone.delete(member));
    if (free.length > 0) groups.push(free);
  }
  return [...groups, ...[...alone].map((one) => [one])];
}

/** Diseases by Orphanet's entries, those of the fewest first. */
function orphanetMembers({ omim }: Orphanet, indexOf: (id: string) => number | undefined): readonly number[][] {
  return omim
    .map((list) => list.flatMap((id) => indexOf(id) ?? []))
    .filter((members) => members.length > 1)
    .sort((a, b) => a.length - b.length);
}
