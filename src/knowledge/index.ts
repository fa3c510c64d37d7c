import type { Knowledge, KnowledgeBase, Ontology } from "../core/knowledge.ts";
import { loadKnowledge } from "./base.ts";
import { cacheHome } from "./cache.ts";
import { readOntology } from "./hpo.ts";

/** Reads files of knowledge, each once. */
export function createKnowledge(): Knowledge {
  return {
    ontology: once<Ontology>(readOntology),
    base: once<KnowledgeBase>((folder) => loadKnowledge(folder, { cache: cacheHome(), notify() {} })),
  };
}

/** Keeps what a path gave; what failed is tried again. */
function once<T>(read: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (path) => {
    const before = known.get(path);
    if (before) return before;
    const reading = read(path);
    known.set(path, reading);
    reading.catch(() => known.delete(path));
    return reading;
  };
}
