import type { Knowledge } from "../../core/knowledge.ts";

/** Knowledge by the paths that the experiment gives; a job may run in another folder. @param files absolute path by path */
export function knowledgeAt(
  knowledge: Knowledge,
  files: Readonly<Record<string, { readonly path: string }>>,
): Knowledge {
  const at = (path: string): string => files[path]?.path ?? path;
  return { ontology: (path) => knowledge.ontology(at(path)), base: (path) => knowledge.base(at(path)) };
}
