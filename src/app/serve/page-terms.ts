/** The search over terms that the page offers for a model. */
import { join } from "node:path";
import type { Ontology } from "../../core/knowledge.ts";
import type { ServedModel } from "../../core/serving/serving.ts";
import type { TermSearch } from "../../core/serving/term-search.ts";
import { cacheHome, keptParts } from "../../knowledge/cache.ts";
import { loadTranslations } from "../../knowledge/search/babelon.ts";
import { createTermSearch, diseasesByTerm, type PartsOf, PHENOTYPES } from "../../knowledge/search/terms.ts";
import { termsOf } from "../../serving/page/form.ts";
import { knowledgeFolder, openKnowledge } from "../cases.ts";
import { type Project, programRoot } from "../project.ts";

/** Languages of the page besides English. */
const LANGUAGES = ["es"];

/**
 * Makes the search of a model once: over all that a patient can have where it ranks rare diseases, over the terms that its columns are named after
 * where it reads tables; null where it knows no term.
 * @param folder of the knowledge base; the project's, else the one that ships, when absent
 */
export function pageTerms(
  project: Project,
  folder: string | undefined,
): (model: ServedModel) => Promise<TermSearch | null> {
  const parts: PartsOf = (texts) => keptParts(cacheHome(), texts);
  const made = new WeakMap<ServedModel, Promise<TermSearch | null>>();
  async function searchFor(model: ServedModel): Promise<TermSearch | null> {
    const only = model.kind === "table" ? termsOf(model.input) : undefined;
    if (only?.length === 0) return null;
    const folders = [knowledgeFolder(project, folder), join(programRoot(), "data", "knowledge")];
    const translations = await Promise.all(LANGUAGES.map((lang) => loadTranslations(folders, lang)));
    return createTermSearch({ ...(await termsFor(model)), translations, only, root: PHENOTYPES, parts });
  }
  /** A model that ranks has the ontology already; the knowledge base is large, and is not kept. */
  async function termsFor(model: ServedModel): Promise<{ ontology: Ontology; diseases?: Uint32Array }> {
    if (model.kind === "cases") return { ontology: model.ontology, diseases: model.termCounts };
    const { base } = await openKnowledge(project, folder, () => {});
    return { ontology: base.ontology, diseases: diseasesByTerm(base) };
  }
  return (model) => {
    const before = made.get(model);
    if (before !== undefined) return before;
    const making = searchFor(model);
    made.set(model, making);
    making.catch(() => made.delete(model));
    return making;
  };
}
