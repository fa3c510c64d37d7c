/** What a combined model rests on, for people: kept beside it as knowledge.json. */
import type { World } from "../../core/family.ts";
import type { KnowledgeBase } from "../../core/knowledge.ts";
import type { OrphanEvidence } from "./knowledge.ts";
import type { State } from "./state.ts";

/** Terms that are named of each class. */
const STRONGEST = 8;

/** Releases and hash of the knowledge, and of each orphan class how many rows it had and what speaks for it. */
export function cardOf(
  { release }: KnowledgeBase,
  { classNames }: World,
  { gateColumns, columns, shares }: State,
  { described, terms, ratios }: OrphanEvidence,
  y: Int32Array,
  unpredictable: Int32Array,
): Uint8Array {
  const classes = Array.from(described, (code, k) => {
    const own = terms.names.map((term, slot) => ({ term, factor: Math.exp(ratios[slot * described.length + k]) }));
    own.sort((a, b) => b.factor - a.factor || (a.term < b.term ? -1 : 1));
    const strongest = own.filter(({ factor }) => factor > 1).slice(0, STRONGEST);
    return {
      class: classNames[code],
      rows: y.reduce((n, each) => n + Number(each === code), 0),
      for: Object.fromEntries(strongest.map(({ term, factor }) => [term, Number(factor.toPrecision(3))])),
    };
  });
  const card = {
    knowledge: release,
    ...shares,
    gate: Array.from(gateColumns, (j) => columns[j]),
    classes,
    unknown: Array.from(unpredictable, (code) => classNames[code]),
  };
  return new TextEncoder().encode(`${JSON.stringify(card, null, 1)}\n`);
}

/** The first names of a list. */
export function listed(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join("; ")} and ${rest} more` : names.join("; ");
}
