import { join } from "node:path";
import type { Column, Frame } from "../../src/core/dataset.ts";
import type { Knowledge } from "../../src/core/knowledge.ts";
import { createRng } from "../../src/core/rng.ts";
import { createKnowledge } from "../../src/knowledge/index.ts";

const folder = join(import.meta.dirname, "..", "fixtures", "knowledge");
export const HPO_EXCERPT = { obo: join(folder, "hp_excerpt.obo"), json: join(folder, "hp_excerpt.json") } as const;

/** A small true excerpt of the Human Phenotype Ontology, whatever path is asked for. */
export function excerptKnowledge(): Knowledge {
  const knowledge = createKnowledge();
  return { ...knowledge, ontology: () => knowledge.ontology(HPO_EXCERPT.obo) };
}

/** Patients whose symptoms are HPO terms; row i is of class i % 3. @param lists whether some of them are in a symptom list */
export function termFrame(rows: number, lists: boolean): Frame {
  const rng = createRng(21);
  const flags = (kind: "boolean" | "numeric", name: string, gaps: number): Column => ({
    kind,
    name,
    values: Float64Array.from({ length: rows }, (_, row) =>
      rng.next() < gaps ? Number.NaN : Number(rng.next() < (row % 3 === 0 ? 0.6 : 0.2)),
    ),
  });
  const columns: Column[] = [
    { kind: "numeric", name: "edad", values: Float64Array.from({ length: rows }, () => rng.int(80)) },
    flags("boolean", "HP:0002373 Febrile seizure", 0.2),
    flags("numeric", "HP:0001250", 0.2),
    {
      kind: "categorical",
      name: "sexo",
      levels: ["F", "M"],
      codes: Int32Array.from({ length: rows }, () => rng.int(2)),
    },
    flags("boolean", "HP:0012735", 0),
    flags("boolean", "HP:0002094", 0.1),
    flags("boolean", "HP:0004715", 0), // stands for HP:0000003 today
    flags("boolean", "HP:9999999", 0),
  ];
  if (!lists) return { rows, columns };
  const levels = ["HP:0000088", "HP:0000489", "HP:0001251", "HP:0001945", "HP:0002373", "cansancio"];
  const missing = Uint8Array.from({ length: rows }, () => Number(rng.next() < 0.2));
  const present = Array.from(missing, (flag) => (flag === 1 ? [] : [...levels.keys()].filter(() => rng.next() < 0.3)));
  const offsets = new Uint32Array(rows + 1);
  present.forEach((codes, row) => {
    offsets[row + 1] = offsets[row] + codes.length;
  });
  const list: Column = {
    kind: "multilabel",
    name: "síntomas",
    levels,
    offsets,
    codes: Int32Array.from(present.flat()),
    missing,
  };
  return { rows, columns: [...columns, list] };
}
