/** Terms of an ontology, and diseases, by what people call them in their language. */
import type { KnowledgeBase, Ontology } from "../../core/knowledge.ts";
import type { Found, TermSearch } from "../../core/serving/term-search.ts";
import { childrenOf, withDescendants } from "../descendants.ts";
import type { Translations } from "./babelon.ts";
import { createTextIndex, type IndexedText, type IndexParts } from "./text-index.ts";

/** "Phenotypic abnormality": what a patient can have, without ways of inheritance, onsets and the like. */
export const PHENOTYPES = "HP:0000118";

export interface TermSearchOptions {
  readonly ontology: Ontology;
  readonly translations?: readonly Translations[];
  /** [terms] diseases that have each, see `diseasesByTerm`: those of many come first. */
  readonly diseases?: Uint32Array;
  /** Only what is below this term; the whole ontology where it is absent or the ontology lacks it. */
  readonly root?: string;
  /** Only these ids, whatever stands above them. */
  readonly only?: readonly string[];
  readonly parts?: PartsOf;
}

/** Makes the parts of an index, or has them from before: `keptParts`. */
export type PartsOf = (texts: readonly IndexedText[]) => IndexParts;

/** Search over names, synonyms and translations. The index is built when it is first asked: 0.2 s for the whole HPO without kept parts. */
export function createTermSearch(options: TermSearchOptions): TermSearch {
  const { ontology, translations = [], diseases, root, only } = options;
  const named = only?.map((id) => ontology.indexOf(id)).filter((term) => term !== undefined);
  const terms = named === undefined ? [...below(ontology, root)] : [...new Set(named)].sort((a, b) => a - b);
  const placeOf = new Map(terms.map((term, i) => [term, i]));
  return searchOf({
    ids: terms.map((term) => ontology.ids[term]),
    names: terms.map((term) => ontology.names[term]),
    synonyms: terms.map((term) => ontology.synonyms[term]),
    translations,
    parts: options.parts,
    rank: () => ranksOf(ontology, terms, diseases),
    indexOf(id) {
      const term = ontology.indexOf(id);
      return term === undefined ? undefined : placeOf.get(term);
    },
  });
}

/** [terms] how many statements about diseases name each term. */
export function diseasesByTerm({ ontology, annotations }: KnowledgeBase): Uint32Array {
  const counts = new Uint32Array(ontology.ids.length);
  for (const term of annotations.term) counts[term]++;
  return counts;
}

/** More names of diseases, by id; those that a base lacks are found too. */
export type DiseaseNames = ReadonlyMap<string, { readonly label: string; readonly synonyms: readonly string[] }>;

export interface DiseaseSearchOptions {
  readonly names?: DiseaseNames;
  readonly translations?: readonly Translations[];
  readonly parts?: PartsOf;
}

/** Search over the diseases of a knowledge base, and Orphanet's in it, by name and id. */
export function createDiseaseSearch(
  { diseases, names, annotations, orphanet }: KnowledgeBase,
  { names: more = new Map(), translations = [], parts }: DiseaseSearchOptions = {},
): TermSearch {
  const known = new Map<string, { readonly texts: readonly string[]; readonly rows: number }>();
  for (const [id, { label, synonyms }] of more) known.set(id, { texts: [label, ...synonyms], rows: 0 });
  orphanet.ids.forEach((id, i) => {
    if (!known.has(id))
      known.set(id, { texts: [orphanet.names[i]], rows: orphanet.offsets[i + 1] - orphanet.offsets[i] });
  });
  diseases.forEach((id, i) => {
    // OMIM's titles list other names after semicolons.
    const own = names[i].split(";").map((part) => part.trim());
    const texts = [...new Set([...own, ...(known.get(id)?.texts ?? [])])].filter((text) => text !== "");
    known.set(id, { texts, rows: annotations.offsets[i + 1] - annotations.offsets[i] });
  });
  const all = [...known].sort(([a], [b]) => (a < b ? -1 : 1));
  const placeOf = new Map(all.map(([id], i) => [id, i]));
  return searchOf({
    ids: all.map(([id]) => id),
    names: all.map(([, { texts }]) => texts[0] ?? ""),
    synonyms: all.map(([, { texts }]) => texts.slice(1)),
    translations,
    parts,
    rank: () => order(all.length, (i) => -all[i][1].rows),
    indexOf: (id) => placeOf.get(id),
  });
}

interface Searched {
  readonly ids: readonly string[];
  readonly names: readonly string[];
  readonly synonyms: readonly (readonly string[])[];
  readonly translations: readonly Translations[];
  readonly parts: PartsOf | undefined;
  rank(): Uint32Array;
  indexOf(id: string): number | undefined;
}

function searchOf(all: Searched): TermSearch {
  let made: { texts: readonly IndexedText[]; index: ReturnType<typeof createTextIndex> } | undefined;
  const index = (): NonNullable<typeof made> => {
    if (made === undefined) {
      const texts = textsOf(all);
      made = { texts, index: createTextIndex(texts, all.rank(), all.parts?.(texts)) };
    }
    return made;
  };
  const labelAt = (place: number, lang: string): Pick<Found, "label" | "lang"> => {
    const label = all.translations.find((one) => one.lang === lang)?.terms.get(all.ids[place])?.label;
    return label === undefined ? { label: all.names[place], lang: "en" } : { label, lang };
  };
  return {
    languages: ["en", ...all.translations.map(({ lang }) => lang)],
    search(query, { lang = "en", limit = 10 } = {}) {
      const asId = query.trim().toUpperCase();
      const own = /^[A-Z]+:\w+$/.test(asId) ? all.indexOf(asId) : undefined;
      if (own !== undefined) return [{ id: all.ids[own], ...labelAt(own, lang), matched: asId }];
      const { texts, index: made } = index();
      return made
        .find(query, lang, limit)
        .map(({ owner, text }) => ({ id: all.ids[owner], ...labelAt(owner, lang), matched: texts[text].text }));
    },
    labelOf(id, lang = "en") {
      const place = all.indexOf(id);
      return place === undefined ? undefined : labelAt(place, lang);
    },
  };
}

function textsOf({ ids, names, synonyms, translations }: Searched): IndexedText[] {
  return ids.flatMap((id, owner) => {
    const english = [
      { owner, text: names[owner], lang: "en", label: true },
      ...synonyms[owner].map((text) => ({ owner, text, lang: "en", label: false })),
    ];
    const others = translations.flatMap(({ lang, terms }) => {
      const { label, synonyms: more = [] } = terms.get(id) ?? {};
      const first = label === undefined ? [] : [{ owner, text: label, lang, label: true }];
      return [...first, ...more.map((text) => ({ owner, text, lang, label: false }))];
    });
    return [...english, ...others];
  });
}

/** Terms below one, itself left out, ascending. */
function below(ontology: Ontology, root: string | undefined): Iterable<number> {
  const top = root === undefined ? undefined : ontology.indexOf(root);
  if (top === undefined) return ontology.ids.keys();
  const inside = withDescendants(childrenOf(ontology), top);
  return ontology.ids.keys().filter((term) => term !== top && inside.has(term));
}

/** Places of the terms: those of many diseases first (by powers of two), then the more general, then the shorter names. */
function ranksOf(ontology: Ontology, terms: readonly number[], diseases: Uint32Array | undefined): Uint32Array {
  const depth = new Int32Array(ontology.ids.length).fill(-1);
  const depthOf = (term: number): number => {
    if (depth[term] >= 0) return depth[term];
    const [first, ...more] = ontology.parents[term].map(depthOf);
    depth[term] = first === undefined ? 0 : 1 + Math.min(first, ...more);
    return depth[term];
  };
  return order(terms.length, (i) => {
    const term = terms[i];
    const common = Math.round(Math.log2(1 + (diseases?.[term] ?? 0)));
    return -common * 1e6 + Math.min(depthOf(term), 999) * 1e3 + Math.min(ontology.names[term].length, 999);
  });
}

/** [count] places by key, ascending; the first one first among equal ones. */
function order(count: number, key: (i: number) => number): Uint32Array {
  const keys = Float64Array.from({ length: count }, (_, i) => key(i));
  const sorted = Uint32Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b] || a - b);
  const places = new Uint32Array(count);
  sorted.forEach((i, place) => {
    places[i] = place;
  });
  return places;
}
