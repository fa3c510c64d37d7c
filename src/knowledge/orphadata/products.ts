/** What Orphadata's products say of a disorder: names and cross references (1), phenotypes (4), prevalences (9). */
import { allAt, type Element, textAt } from "./disorders.ts";

export interface Named {
  /** "558" */
  readonly orpha: string;
  readonly label: string;
  /** "Disease", "Malformation syndrome", "Category" … */
  readonly type: string;
}

export const MAPPINGS = ["exact", "broader", "narrower", "undecided"] as const;
/** What the other id is, seen from Orphanet's: the same, a wider or a narrower thing. */
export type Mapping = (typeof MAPPINGS)[number];

export interface CrossReference {
  /** "OMIM:154700", "ICD10:Q87.4", "ICD11:LD28.01", "UMLS:C0024796", "MESH:D008382", "GARD:0006975" */
  readonly id: string;
  readonly mapping: Mapping;
}

export interface Described extends Named {
  readonly synonyms: readonly string[];
  /** "" where there is none */
  readonly definition: string;
  readonly references: readonly CrossReference[];
}

export function namedOf(disorder: Element): Named {
  return {
    orpha: textAt(disorder, "OrphaCode") || textAt(disorder, "OrphaNumber"),
    label: textAt(disorder, "Name"),
    type: textAt(disorder, "DisorderType", "Name"),
  };
}

/** [terms] id and class of frequency: ["HP:0001519", "Very frequent (99-80%)"] */
export function phenotypesOf(disorder: Element): [string, string][] {
  return allAt(disorder, "HPODisorderAssociationList", "HPODisorderAssociation").map((one) => [
    textAt(one, "HPO", "HPOId"),
    textAt(one, "HPOFrequency", "Name"),
  ]);
}

export interface Prevalence {
  readonly PrevalenceType: string;
  readonly PrevalenceClass: string;
  readonly PrevalenceGeographic: string;
}

export function prevalencesOf(disorder: Element): Prevalence[] {
  return allAt(disorder, "PrevalenceList", "Prevalence").map((one) => ({
    PrevalenceType: textAt(one, "PrevalenceType", "Name"),
    PrevalenceClass: textAt(one, "PrevalenceClass", "Name"),
    PrevalenceGeographic: textAt(one, "PrevalenceGeographic", "Name"),
  }));
}

/** Sources as Orphanet calls them, and how their ids begin with us. */
const PREFIXES: Readonly<Record<string, string>> = {
  "ICD-10": "ICD10",
  "ICD-11": "ICD11",
  MeSH: "MESH",
  "SNOMED CT": "SNOMEDCT",
};

/** "NTBT (narrower term maps to a broader term: …)": Orphanet's is the narrower one. */
const RELATIONS: Readonly<Record<string, Mapping>> = { E: "exact", NTBT: "broader", BTNT: "narrower" };

export function describedOf(disorder: Element): Described {
  return {
    ...namedOf(disorder),
    synonyms: allAt(disorder, "SynonymList", "Synonym").map(({ text }) => text.trim()),
    definition: textAt(
      disorder,
      "SummaryInformationList",
      "SummaryInformation",
      "TextSectionList",
      "TextSection",
      "Contents",
    ),
    references: allAt(disorder, "ExternalReferenceList", "ExternalReference").map((one) => {
      const source = textAt(one, "Source");
      const relation = textAt(one, "DisorderMappingRelation", "Name").split(/[\s(]/, 1)[0]!;
      return {
        id: `${PREFIXES[source] ?? source}:${textAt(one, "Reference").replace(/^.*:/, "")}`,
        mapping: RELATIONS[relation] ?? "undecided",
      };
    }),
  };
}
