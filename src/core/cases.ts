/** A term as a case names it, before any ontology has been asked. */
export interface CaseTerm {
  /** "HP:0001250", or whatever stands in the file */
  readonly id: string;
  readonly label: string;
}

/** One patient in terms of the HPO, as a GA4GH phenopacket gives it. */
export interface PatientCase {
  /** Name of its file, by which rankings refer to it; with its folders where two files have the same name. */
  readonly name: string;
  /** Where it was read, for messages: "cases.zip/11q/PMID_1_2.json". */
  readonly source: string;
  readonly id: string;
  readonly present: readonly CaseTerm[];
  readonly excluded: readonly CaseTerm[];
  readonly sex: "female" | "male" | "other" | "unknown";
  /** Age when last seen, in years; before birth 0. */
  readonly age: number | undefined;
  /** Age at onset in years, or the term for it ("HP:0003577"). */
  readonly onset: { readonly years: number } | { readonly term: string } | undefined;
  /** Diseases that it is diagnosed with, the first one the answer sought. */
  readonly diagnoses: readonly CaseTerm[];
  /** "PMID:15266616" */
  readonly publication: string | undefined;
}

/** Publication of a case, by which it is held together with its like; a case of none stands alone. */
export const paperOf = ({ publication, name }: Pick<PatientCase, "publication" | "name">): string =>
  publication ?? `case ${name}`;

/** A file or entry that holds no case. */
export interface CaseProblem {
  readonly source: string;
  readonly problem: string;
}
