import type { Ontology } from "../core/knowledge.ts";

/** [terms] what is directly below each. */
export function childrenOf({ parents }: Pick<Ontology, "parents">): readonly (readonly number[])[] {
  const children = parents.map((): number[] => []);
  parents.forEach((up, term) => {
    for (const parent of up) children[parent]!.push(term);
  });
  return children;
}

/** The term itself and all that is more special. @param children as `childrenOf` gives them */
export function withDescendants(children: readonly (readonly number[])[], term: number): ReadonlySet<number> {
  const inside = new Set([term]);
  for (const each of inside) for (const child of children[each]!) inside.add(child);
  return inside;
}
