import type { Knowledge, Ontology } from "../core/knowledge.ts";
import { readOntology } from "./hpo.ts";

/** Reads files of knowledge, each once. */
export function createKnowledge(): Knowledge {
  const read = new Map<string, Promise<Ontology>>();
  return {
    ontology(path) {
      const known = read.get(path);
      if (known) return known;
      const reading = readOntology(path);
      read.set(path, reading);
      reading.catch(() => read.delete(path));
      return reading;
    },
  };
}
