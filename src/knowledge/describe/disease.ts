/** A disease as a knowledge base knows it. */
import { ASPECTS, FrequencyClass, type KnowledgeBase } from "../../core/knowledge.ts";
import type { OmimGene, OmimKind } from "../omim.ts";
import type { Described, Mapping } from "../orphadata/products.ts";

/** What lies beside a knowledge base; each is absent where its file is. */
export interface Beside {
  /** By "ORPHA:558" */
  readonly names?: ReadonlyMap<string, Described>;
  readonly namesEs?: ReadonlyMap<string, Described>;
  /** By OMIM's number */
  readonly kinds?: ReadonlyMap<string, OmimKind>;
  readonly genes?: ReadonlyMap<string, readonly OmimGene[]>;
  readonly titles?: ReadonlyMap<string, string>;
}

export interface Phenotype {
  readonly id: string;
  readonly label: string;
  /** "16/21", "45 %", "very frequent (80–99 %)"; several where sources differ; "" where nothing is said */
  readonly frequency: string;
  /** Share of patients in 0–1: of all that were counted together, else the highest that is said; null where nothing is. */
  readonly share: number | null;
  /** Terms of when it begins. */
  readonly onset: readonly string[];
  /** Of whom it is said, where not of both sexes. */
  readonly sex: "female" | "male" | null;
  /** "PMID:31772430", "ORPHA:558" */
  readonly references: readonly string[];
}

export interface MappedId {
  readonly id: string;
  /** What it is, seen from this disease; "listed" where the file does not say. */
  readonly mapping: Mapping | "listed";
  /** Its name, where it is a disease that is known here. */
  readonly label: string | null;
}

export interface DiseaseDescription {
  readonly kind: "disease";
  readonly id: string;
  readonly name: string;
  readonly nameEs: string | null;
  readonly synonyms: readonly string[];
  readonly synonymsEs: readonly string[];
  readonly definition: string | null;
  /** "Malformation syndrome", "phenotype" */
  readonly type: string | null;
  readonly prevalence: {
    readonly text: string;
    /** Of one person. */
    readonly share: number;
    /** Orphanet's disorder that it is said of. */
    readonly of: string;
  } | null;
  readonly inheritance: readonly string[];
  readonly onset: readonly string[];
  readonly course: readonly string[];
  /** The most frequent first. */
  readonly phenotypes: readonly Phenotype[];
  /** What patients do not have. */
  readonly absent: readonly Phenotype[];
  readonly mapped: readonly MappedId[];
  readonly genes: readonly OmimGene[];
  readonly links: readonly string[];
}

/** By FrequencyClass: its name with its range, and the middle of it. */
const CLASSES: readonly (readonly [string, number])[] = [
  ["", Number.NaN],
  ["always (100 %)", 1],
  ["very frequent (80–99 %)", 0.895],
  ["frequent (30–79 %)", 0.545],
  ["occasional (5–29 %)", 0.17],
  ["very rare (1–4 %)", 0.025],
  ["excluded (0 %)", 0],
];

/** Whether anything is known of an id. */
export function knowsDisease(base: KnowledgeBase, beside: Beside, id: string): boolean {
  const number = id.startsWith("OMIM:") ? id.slice(5) : "";
  return (
    base.diseases.includes(id) ||
    base.orphanet.ids.includes(id) ||
    (beside.names?.has(id) ?? false) ||
    (beside.titles?.has(number) ?? false) ||
    (beside.kinds?.has(number) ?? false)
  );
}

/** @param id that `knowsDisease` */
export function describeDisease(base: KnowledgeBase, beside: Beside, id: string): DiseaseDescription {
  const { diseases, names, orphanet, ontology } = base;
  const [row, entry] = [diseases.indexOf(id), orphanet.ids.indexOf(id)];
  const own = beside.names?.get(id);
  const spanish = beside.namesEs?.get(id);
  const number = id.startsWith("OMIM:") ? id.slice(5) : "";
  const kind = beside.kinds?.get(number);
  const titles = [names[row] ?? own?.label ?? orphanet.names[entry] ?? beside.titles?.get(number) ?? ""];
  const [name = "", ...others] = titles[0]!.split(";").map((part) => part.trim());
  const { phenotypes, absent, inheritance, onset, course } = statementsOf(base, row, entry);
  const mapped = mappingsOf(base, beside, id);
  const gene = kind && kind.gene !== "" ? [{ gene: kind.gene, inheritance: "", basis: "" }] : [];
  const label = (terms: readonly number[]): string[] => terms.map((term) => ontology.names[term]!);
  return {
    kind: "disease",
    id,
    name: name || id,
    nameEs: spanish?.label || null,
    synonyms: [...new Set([...others.filter((text) => text !== ""), ...(own?.synonyms ?? [])])],
    synonymsEs: spanish?.synonyms ?? [],
    definition: own?.definition || null,
    type: own?.type || orphanet.types[entry] || kind?.kind || null,
    prevalence: prevalenceOf(base, id, mapped),
    inheritance: label(inheritance),
    onset: label(onset),
    course: label(course),
    phenotypes,
    absent,
    mapped,
    genes: beside.genes?.get(number) ?? gene,
    links: [id, ...mapped.map((one) => one.id)].flatMap((one) => linkOf(one) ?? []).slice(0, 3),
  };
}

/** Its own, or that of the one disorder of Orphanet that is the same, or is listed alone. */
function prevalenceOf(
  { orphanet }: KnowledgeBase,
  id: string,
  mapped: readonly MappedId[],
): DiseaseDescription["prevalence"] {
  const same = mapped.filter((one) => one.id.startsWith("ORPHA:") && ["exact", "listed"].includes(one.mapping));
  const of = id.startsWith("ORPHA:") || same.length !== 1 ? id : same[0]!.id;
  const entry = orphanet.ids.indexOf(of);
  const share = orphanet.prevalence[entry] ?? Number.NaN;
  return Number.isNaN(share) ? null : { text: orphanet.prevalenceText[entry]!, share, of };
}

interface Statement {
  readonly text: string;
  readonly share: number;
  readonly hits: number;
  readonly total: number;
  readonly onset: number;
  readonly sex: number;
  readonly references: readonly string[];
}

function statementsOf(
  base: KnowledgeBase,
  row: number,
  entry: number,
): Pick<DiseaseDescription, "phenotypes" | "absent"> & Record<"inheritance" | "onset" | "course", number[]> {
  const { annotations: all, ontology, orphanet } = base;
  const found = new Map<number, Statement[]>();
  const not = new Map<number, Statement[]>();
  const others: Record<string, Set<number>> = { I: new Set(), C: new Set(), M: new Set() };
  const [first, end] = row < 0 ? [0, 0] : [all.offsets[row]!, all.offsets[row + 1]!];
  for (let i = first; i < end; i++) {
    const aspect = ASPECTS[all.aspect[i]!]!;
    const term = all.term[i]!;
    if (aspect !== "P" && aspect !== "H") {
      others[aspect]?.add(term);
      continue;
    }
    const [hits, total, share, one] = [all.hits[i]!, all.total[i]!, all.share[i]!, all.frequency[i]!];
    const counted = total > 0;
    const percent = !Number.isNaN(share);
    const statement: Statement = {
      text: counted ? `${hits}/${total}` : percent ? `${Number((100 * share).toFixed(1))} %` : CLASSES[one]![0],
      share: counted ? hits / total : percent ? share : CLASSES[one]![1],
      hits,
      total,
      onset: all.onset[i]!,
      sex: all.sex[i]!,
      references: all.references[all.reference[i]!]!.split(";"),
    };
    const isNot = all.negated[i] === 1 || one === FrequencyClass.excluded;
    put(isNot ? not : found, term, statement);
  }
  const known = new Set([...found.keys(), ...not.keys()]);
  for (let i = orphanet.offsets[entry] ?? 0; entry >= 0 && i < orphanet.offsets[entry + 1]!; i++) {
    const [term, one] = [orphanet.term[i]!, orphanet.frequency[i]!];
    if (known.has(term)) continue; // the annotations have Orphanet's statements too
    const [text, share] = CLASSES[one]!;
    const references = [orphanet.ids[entry]!];
    const statement = { text, share, hits: 0, total: 0, onset: -1, sex: 0, references };
    put(one === FrequencyClass.excluded ? not : found, term, statement);
  }
  const list = (map: typeof found): Phenotype[] =>
    [...map]
      .map(([term, statements]) => phenotypeOf(ontology, term, statements))
      .sort((a, b) => (b.share ?? -1) - (a.share ?? -1) || (a.label < b.label ? -1 : 1));
  const byOnset = (term: number): boolean => ONSET.includes(ontology.ids[ontology.parents[term]?.[0] ?? -1] ?? "");
  const course = [...others.C!];
  return {
    phenotypes: list(found),
    absent: list(not),
    inheritance: [...others.I!],
    onset: course.filter(byOnset),
    course: [...course.filter((term) => !byOnset(term)), ...others.M!],
  };
}

/** "Onset", and "Pediatric", "Adult" and "Antenatal onset", whose children are onsets too. */
const ONSET = ["HP:0003674", "HP:0410280", "HP:0003581", "HP:0030674"];

function put(map: Map<number, Statement[]>, term: number, statement: Statement): void {
  map.set(term, [...(map.get(term) ?? []), statement]);
}

function phenotypeOf(ontology: KnowledgeBase["ontology"], term: number, statements: readonly Statement[]): Phenotype {
  const counted = statements.filter(({ total }) => total > 0);
  const sum = (key: "hits" | "total"): number => counted.reduce((all, one) => all + one[key], 0);
  const said = statements.map(({ share }) => share).filter((share) => !Number.isNaN(share));
  const texts = [...new Set(statements.filter(({ total }) => total === 0).map(({ text }) => text))];
  const pooled = counted.length === 0 ? [] : [`${sum("hits")}/${sum("total")}`];
  const sexes = new Set(statements.map(({ sex }) => sex));
  const share = counted.length > 0 ? sum("hits") / sum("total") : said.length > 0 ? Math.max(...said) : null;
  return {
    id: ontology.ids[term]!,
    label: ontology.names[term]!,
    frequency: [...pooled, ...texts].filter((text) => text !== "").join(", "),
    share,
    onset: [...new Set(statements.flatMap(({ onset }) => (onset < 0 ? [] : [ontology.names[onset]!])))],
    sex: sexes.size === 1 ? ([null, "female", "male"] as const)[statements[0]!.sex]! : null,
    references: [...new Set(statements.flatMap(({ references }) => references))],
  };
}

const INVERSE: Readonly<Record<Mapping, Mapping>> = {
  exact: "exact",
  broader: "narrower",
  narrower: "broader",
  undecided: "undecided",
};
const ORDER = ["exact", "listed", "narrower", "broader", "undecided"];

/** Ids that stand for the same, a wider or a narrower thing; of an id outside Orphanet, Orphanet's that name it, and what these are. */
export function mappingsOf(base: KnowledgeBase, { names, titles }: Beside, id: string): MappedId[] {
  const { orphanet } = base;
  const found = new Map<string, MappedId["mapping"]>();
  if (id.startsWith("ORPHA:")) {
    for (const one of names?.get(id)?.references ?? []) found.set(one.id, one.mapping);
    for (const one of orphanet.omim[orphanet.ids.indexOf(id)] ?? []) if (!found.has(one)) found.set(one, "listed");
  } else {
    for (const [orpha, { references }] of names ?? []) {
      const reference = references.find((one) => one.id === id);
      if (reference !== undefined) found.set(orpha, INVERSE[reference.mapping]);
    }
    orphanet.ids.forEach((orpha, entry) => {
      if (!found.has(orpha) && orphanet.omim[entry]!.includes(id)) found.set(orpha, "listed");
    });
  }
  const labelOf = (one: string): string | null => {
    const [row, entry] = [base.diseases.indexOf(one), orphanet.ids.indexOf(one)];
    const known = base.names[row] ?? names?.get(one)?.label ?? orphanet.names[entry] ?? titles?.get(one.slice(5));
    return known === undefined ? null : known.split(";")[0]!.trim();
  };
  return [...found]
    .map(([one, mapping]) => ({ id: one, mapping, label: labelOf(one) }))
    .sort((a, b) => ORDER.indexOf(a.mapping) - ORDER.indexOf(b.mapping) || (a.id < b.id ? -1 : 1));
}

function linkOf(id: string): string | undefined {
  const [prefix, number] = id.split(":");
  if (prefix === "OMIM") return `https://omim.org/entry/${number}`;
  return prefix === "ORPHA" ? `https://www.orpha.net/en/disease/detail/${number}` : undefined;
}
