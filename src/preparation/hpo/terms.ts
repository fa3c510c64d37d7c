/** The part of an ontology that a fitted step keeps, so that prediction needs no file: numbers of HPO ids and who is above whom. */
import { z } from "zod";
import type { Ontology } from "../../core/knowledge.ts";

/** True of every patient, so they tell nothing: "All" and "Phenotypic abnormality". */
const OF_EVERYONE: readonly string[] = ["HP:0000001", "HP:0000118"];

export const Terms = z.object({
  /** [terms] ascending: 118 is HP:0000118 */
  ids: z.instanceof(Uint32Array),
  /** [terms + 1] where the parents of each begin */
  offsets: z.instanceof(Uint32Array),
  /** indices of terms */
  parents: z.instanceof(Uint32Array),
  /** id and what it stands for today, one pair after the other */
  replaced: z.instanceof(Uint32Array),
});
export type Terms = z.infer<typeof Terms>;

/** "HP:0001250", "HP_0001250" or "HP:0001250 Seizure" → "HP:0001250"; undefined where no id comes first. */
export function termIn(text: string): string | undefined {
  const digits = /^HP[:_](\d{7})(?!\d)/.exec(text)?.[1];
  return digits === undefined ? undefined : `HP:${digits}`;
}

const numberOf = (id: string): number => Number(id.slice(3));
const idOf = (number: number): string => `HP:${String(number).padStart(7, "0")}`;

/** Terms of the HPO only, whatever else is in the file. */
export function packTerms({ ids, parents, replaced }: Ontology): Terms {
  const own = [...ids.keys()].filter((i) => termIn(ids[i]) === ids[i]);
  const at = new Map(own.map((i, index) => [i, index]));
  const above = own.map((i) => parents[i].flatMap((parent) => at.get(parent) ?? []));
  const offsets = new Uint32Array(own.length + 1);
  above.forEach((list, i) => {
    offsets[i + 1] = offsets[i] + list.length;
  });
  const pairs = [...replaced].filter(([from, to]) => termIn(from) === from && termIn(to) === to);
  return {
    ids: Uint32Array.from(own, (i) => numberOf(ids[i])),
    offsets,
    parents: Uint32Array.from(above.flat()),
    replaced: Uint32Array.from(pairs.flat(), numberOf),
  };
}

/** Questions to the terms that a step keeps. */
export interface TermTree {
  /** The id that stands today for what a name or label begins with; undefined where it is no known term. */
  known(text: string): string | undefined;
  /** A term and all that are more general, without those that are true of everyone. */
  withAncestors(id: string): readonly string[];
  parents(id: string): readonly string[];
}

export function openTerms({ ids, offsets, parents, replaced }: Terms): TermTree {
  const index = new Map(Array.from(ids, (number, i) => [idOf(number), i]));
  const today = new Map<string, string>();
  for (let i = 0; i < replaced.length; i += 2) today.set(idOf(replaced[i]), idOf(replaced[i + 1]));
  const upOf = (id: string): string[] => {
    const i = index.get(id);
    return i === undefined ? [] : Array.from(parents.subarray(offsets[i], offsets[i + 1]), (at) => idOf(ids[at]));
  };
  const closures = new Map<string, readonly string[]>();
  return {
    known(text) {
      const id = termIn(text);
      if (id === undefined) return undefined;
      return index.has(id) ? id : today.get(id);
    },
    parents: upOf,
    withAncestors(id) {
      const before = closures.get(id);
      if (before) return before;
      const seen = new Set([id]);
      for (const term of seen) for (const parent of upOf(term)) seen.add(parent);
      const made = [...seen].filter((term) => term === id || !OF_EVERYONE.includes(term));
      closures.set(id, made);
      return made;
    },
  };
}

/**
 * Ancestors that are worth a column of their own.
 * @param present terms of the training data
 * @param which `all`, or `shared`: those above two or more of the terms that are not above the same ones as a term below them
 * @returns ids that are not among `present`, ascending
 */
export function newTerms(tree: TermTree, present: ReadonlySet<string>, which: "shared" | "all"): readonly string[] {
  const below = new Map<string, number>();
  for (const id of present) for (const term of tree.withAncestors(id)) below.set(term, (below.get(term) ?? 0) + 1);
  const repeated = new Set<string>();
  for (const [id, count] of below) {
    for (const parent of tree.parents(id)) if (below.get(parent) === count) repeated.add(parent);
  }
  const wanted = [...below.keys()].filter(
    (id) => !present.has(id) && (which === "all" || (below.get(id)! > 1 && !repeated.has(id))),
  );
  return wanted.sort();
}
