/** A knowledge base with what lies beside it: Spanish, Orphanet's names, OMIM's tables. */
import { join } from "node:path";
import type { KnowledgeBase } from "../../core/knowledge.ts";
import { cacheHome } from "../../knowledge/cache.ts";
import type { Beside } from "../../knowledge/describe/disease.ts";
import { type FileWhat, listFiles } from "../../knowledge/files.ts";
import { readGenemap2, readMim2gene, readTitles } from "../../knowledge/omim.ts";
import { readNames } from "../../knowledge/orphadata/names.ts";
import { loadTranslations, type Translations } from "../../knowledge/search/babelon.ts";
import { openKnowledge } from "../cases.ts";
import { type Project, programRoot } from "../project.ts";
import { projectKnowledge } from "./pull.ts";

type Notify = (notice: { readonly message: string }) => void;

export interface Library {
  readonly base: KnowledgeBase;
  readonly folder: string;
  readonly beside: Beside;
  readonly spanish: Translations;
  /** The file of a kind, in the folder or, of what lies beside, in the project's; undefined where there is none. */
  fileOf(what: FileWhat): string | undefined;
}

/** @param folder of the knowledge base; the project's, else the excerpt that ships, when absent */
export async function openLibrary(project: Project, folder: string | undefined, notify: Notify): Promise<Library> {
  const { base, folder: chosen } = await openKnowledge(project, folder, notify);
  const folders = [chosen, projectKnowledge(project)];
  const listed = folders.map(listFiles);
  const fileOf = (what: FileWhat): string | undefined =>
    listed.map((files) => files.get(what)?.[0]).find((path) => path !== undefined);
  const read = async <T>(what: FileWhat, reader: (path: string) => Promise<T>): Promise<T | undefined> => {
    const path = fileOf(what);
    return path === undefined ? undefined : await reader(path);
  };
  const names = (path: string) => readNames(path, cacheHome());
  const beside: Beside = {
    names: (await read("orphanet-xref", names))?.disorders,
    namesEs: (await read("orphanet-names-es", names))?.disorders,
    kinds: (await read("omim-mim2gene", readMim2gene))?.rows,
    genes: (await read("omim-genemap2", readGenemap2))?.rows,
    titles: (await read("omim-titles", readTitles))?.rows,
  };
  const spanish = await loadTranslations([...folders, join(programRoot(), "data", "knowledge")], "es");
  return { base, folder: chosen, beside, spanish, fileOf };
}
