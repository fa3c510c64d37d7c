/** Terms and diseases by what people call them. */
import type { Found } from "../../core/serving/term-search.ts";
import { cacheHome, keptParts } from "../../knowledge/cache.ts";
import { createDiseaseSearch, createTermSearch, diseasesByTerm, type PartsOf } from "../../knowledge/search/terms.ts";
import type { Project } from "../project.ts";
import { type Library, openLibrary } from "./open.ts";

export interface KnowledgeSearchOptions {
  readonly knowledge?: string;
  readonly lang: "en" | "es";
  /** Both when absent. */
  readonly kind?: "term" | "disease";
  readonly limit: number;
  notify(notice: { readonly message: string }): void;
}

export interface KnowledgeFound extends Found {
  readonly kind: "term" | "disease";
}

/** Best first, terms before diseases. */
export async function searchKnowledge(
  project: Project,
  text: string,
  { knowledge, lang, kind, limit, notify }: KnowledgeSearchOptions,
): Promise<readonly KnowledgeFound[]> {
  const library = await openLibrary(project, knowledge, notify);
  const { terms, diseases } = searchesOf(library);
  const found = (of: typeof terms, one: "term" | "disease"): KnowledgeFound[] =>
    kind !== undefined && kind !== one ? [] : of.search(text, { lang, limit }).map((each) => ({ kind: one, ...each }));
  return [...found(terms, "term"), ...found(diseases, "disease")];
}

/** Nothing is indexed before it is asked. */
export function searchesOf({ base, beside, spanish }: Library) {
  const parts: PartsOf = (texts) => keptParts(cacheHome(), texts);
  return {
    terms: createTermSearch({
      ontology: base.ontology,
      translations: [spanish],
      diseases: diseasesByTerm(base),
      parts,
    }),
    diseases: createDiseaseSearch(base, {
      names: beside.names,
      parts,
      translations: [{ lang: "es", terms: beside.namesEs ?? new Map() }],
    }),
  };
}
