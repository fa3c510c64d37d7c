/** The search over terms that the page offers for a model. */
import { join } from "node:path";
import type { KnowledgeBase, Ontology } from "../../core/knowledge.ts";
import type { ServedModel } from "../../core/serving.ts";
import type { TermSearch } from "../../core/term-search.ts";
import { loadTranslations } from "../../knowledge/search/babelon.ts";
import { createTermSearch, PHENOTYPES } from "../../knowledge/search/terms.ts";
import { termsOf } from "../../serving/page/form.ts";
import { openKnowledge } from "../cases.ts";
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
  const made = new WeakMap<ServedModel, Promise<TermSearch | null>>();
  let opened: ReturnType<typeof openKnowledge> | undefined;
  const knowledge = (): ReturnType<typeof openKnowledge> => {
    opened ??= openKnowledge(project, folder, () => {});
    return opened;
  };
  async function searchFor(model: ServedModel): Promise<TermSearch | null> {
    const only = model.kind === "table" ? termsOf(model.input) : undefined;
    if (only?.length === 0) return null;
    const { base, folder: own } = await knowledge();
    const shipped = join(programRoot(), "data", "knowledge");
    const translations = await Promise.all(LANGUAGES.map((lang) => loadTranslations([own, shipped], lang)));
    const ontology = model.kind === "cases" ? model.ontology : base.ontology;
    return createTermSearch({ ontology, translations, root: PHENOTYPES, only, ...annotationsFor(ontology, base) });
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

/** Annotations number the terms of their own ontology. */
function annotationsFor(ontology: Ontology, base: KnowledgeBase): Pick<KnowledgeBase, "annotations"> | undefined {
  return ontology.release === base.ontology.release && ontology.ids.length === base.ontology.ids.length
    ? { annotations: base.annotations }
    : undefined;
}
