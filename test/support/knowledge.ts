import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PatientCase } from "../../src/core/cases.ts";
import type { KnowledgeBase } from "../../src/core/knowledge.ts";
import { loadKnowledge } from "../../src/knowledge/base.ts";

export const EXCERPT = join(import.meta.dirname, "..", "..", "data", "knowledge");
export const SOLVED = join(import.meta.dirname, "..", "..", "data", "phenopackets.zip");

/** A temporary folder; removed when the scope ends. */
export function temporary(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "disease-knowledge-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Terms of a small ontology by short names: two systems with a few findings each. */
export const TERMS = {
  root: "HP:0000118",
  head: "HP:0000001",
  heart: "HP:0001626",
  murmur: "HP:0030148",
  rhythm: "HP:0011675",
  fibrillation: "HP:0005110",
  nerve: "HP:0000707",
  seizure: "HP:0001250",
  febrile: "HP:0002373",
  ataxia: "HP:0001251",
} as const;
export type TermName = keyof typeof TERMS;

const PARENTS: Partial<Record<TermName, readonly TermName[]>> = {
  root: ["head"],
  heart: ["root"],
  murmur: ["heart"],
  rhythm: ["heart"],
  fibrillation: ["rhythm"],
  nerve: ["root"],
  seizure: ["nerve"],
  febrile: ["seizure"],
  ataxia: ["nerve"],
};

const OBO = `format-version: 1.2
data-version: hp/releases/2025-01-16
${Object.entries(TERMS)
  .map(([name, id]) => {
    const up = (PARENTS[name as TermName] ?? []).map((parent) => `is_a: ${TERMS[parent]} ! x\n`);
    return `\n[Term]\nid: ${id}\nname: ${name}\n${name === "seizure" ? 'synonym: "Epileptic fit" EXACT []\n' : ""}${up.join("")}`;
  })
  .join("")}
[Term]
id: HP:0000006
name: Autosomal dominant inheritance
is_a: HP:0000001 ! All

[Term]
id: HP:0009999
name: obsolete fits
is_obsolete: true
replaced_by: HP:0001250
`;

export interface Row {
  readonly disease: string;
  readonly term: TermName;
  readonly reference: string;
  readonly frequency?: string;
  readonly not?: boolean;
}

export interface Entry {
  readonly orpha: string;
  readonly omim: readonly string[];
  readonly terms: readonly (readonly [TermName, string])[];
}

export const HPOA_COLUMNS =
  "database_id\tdisease_name\tqualifier\thpo_id\treference\tevidence\tonset\tfrequency\tsex\tmodifier\taspect\tbiocuration";

export const hpoaLine = ({ disease, term, reference, frequency = "", not }: Row): string =>
  [
    disease,
    `Disease ${disease.slice(-1)}`,
    not ? "NOT" : "",
    TERMS[term],
    reference,
    "PCS",
    "",
    frequency,
    "",
    "",
    "P",
    "x",
  ].join("\t");

/** Writes a knowledge base of a few rows into a folder. */
export function writeKnowledge(folder: string, rows: readonly Row[], entries: readonly Entry[] = []): void {
  const omim = new Set(rows.map(({ disease }) => disease).filter((id) => id.startsWith("OMIM:")));
  const head = `#description: "HPO annotations for rare diseases [${omim.size}: OMIM]"
#version: 2025-01-16
#hpo-version: http://purl.obolibrary.org/obo/hp/releases/2025-01-16/hp.json
`;
  writeFileSync(join(folder, "hp.obo"), OBO);
  writeFileSync(join(folder, "phenotype.hpoa"), `${head}${[HPOA_COLUMNS, ...rows.map(hpoaLine)].join("\n")}\n`);
  const lines = entries.map(({ orpha, omim, terms }) =>
    JSON.stringify({
      orpha,
      label: `Entry ${orpha}`,
      type: "Disease",
      omim,
      hpo: terms.map(([term, frequency]) => [TERMS[term], frequency]),
      prevalence: [],
    }),
  );
  writeFileSync(join(folder, "orphanet.jsonl"), `${lines.join("\n")}\n`);
}

/** The knowledge base of a few rows. */
export async function smallKnowledge(rows: readonly Row[], entries: readonly Entry[] = []): Promise<KnowledgeBase> {
  using folder = temporary();
  writeKnowledge(folder.path, rows, entries);
  return await loadKnowledge(folder.path, { notify: () => {} });
}

/** A case by the short names of its terms. */
export function patient(name: string, present: readonly TermName[], more: Partial<PatientCase> = {}): PatientCase {
  const term = (each: TermName) => ({ id: TERMS[each], label: each });
  return {
    name,
    source: name,
    id: name,
    present: present.map(term),
    excluded: [],
    sex: "unknown",
    age: undefined,
    onset: undefined,
    diagnoses: [],
    publication: undefined,
    ...more,
  };
}
