/** A hierarchy of terms, such as the Human Phenotype Ontology: a directed graph without cycles, from the general to the special. */
export interface Ontology {
  /** As the file names it, e.g. "hp/releases/2025-01-16". */
  readonly release: string;
  /** [terms] ids that stand today, ascending: "HP:0000118" */
  readonly ids: readonly string[];
  /** [terms] names in English */
  readonly names: readonly string[];
  /** [terms] other names */
  readonly synonyms: readonly (readonly string[])[];
  /** [terms] indices of the terms that are one step more general */
  readonly parents: readonly (readonly number[])[];
  /** Index of the term that an id stands for, by way of alternative and replaced ids; undefined where there is none. */
  indexOf(id: string): number | undefined;
  /** Ids that no longer stand, each with the one that stands for it today. */
  readonly replaced: ReadonlyMap<string, string>;
}

/** What steps and families ask of the world's knowledge; given by the composition root, as they read no files. */
export interface Knowledge {
  /**
   * @param path as the experiment names it, relative to the project
   * @throws UserError when it is not there or cannot be read
   */
  ontology(path: string): Promise<Ontology>;
  /**
   * @param path folder with the HPO and its annotations, as the experiment names it
   * @throws UserError naming the file that is missing or broken
   */
  base(path: string): Promise<KnowledgeBase>;
}

/** Which files knowledge came from; logged with every run and every answer. */
export interface KnowledgeRelease {
  /** Of all files together; two bases with the same one are the same. */
  readonly hash: string;
  readonly files: readonly {
    readonly what: "hpo" | "hpoa" | "orphanet" | "orphanet-phenotypes" | "orphanet-prevalence" | "orphanet-xref";
    readonly name: string;
    /** As the file says, e.g. "2025-01-16"; empty where it does not. */
    readonly version: string;
    /** SHA-256 of the file as it is on disk */
    readonly hash: string;
  }[];
  /** Release of the HPO that the annotations were made with; empty where they do not say. */
  readonly hpoVersion: string;
  /** Rows of the annotations whose term the ontology lacks. */
  readonly unknownTerms: number;
  /** Whether the annotations say that they are an excerpt. */
  readonly excerpt: boolean;
}

/** Aspects of an annotation by their letter in HPOA: phenotype, inheritance, course and onset, modifier, past history. */
export const ASPECTS = "PICMH";

/** Frequency classes by number, 1 to 6, from HP:0040280 to HP:0040285; 0 is none. */
export const FrequencyClass = {
  none: 0,
  obligate: 1,
  veryFrequent: 2,
  frequent: 3,
  occasional: 4,
  veryRare: 5,
  excluded: 6,
} as const;

/** What is known of diseases in terms of the HPO (phenotype.hpoa): one row a statement, those of one disease together. */
export interface Annotations {
  /** [diseases + 1] first row of each disease */
  readonly offsets: Uint32Array;
  /** [rows] index of the term in the ontology */
  readonly term: Uint32Array;
  /** [rows] place in ASPECTS */
  readonly aspect: Uint8Array;
  /** [rows] 1: patients do not have it */
  readonly negated: Uint8Array;
  /** [rows] patients with it, of `total`; total 0: no count is given */
  readonly hits: Uint32Array;
  readonly total: Uint32Array;
  /** [rows] share in 0–1 where a percentage is given; else NaN */
  readonly share: Float32Array;
  /** [rows] a FrequencyClass */
  readonly frequency: Uint8Array;
  /** [rows] index of the term of its onset; -1: none is given */
  readonly onset: Int32Array;
  /** [rows] 0 both, 1 female, 2 male: the sex that the statement is about */
  readonly sex: Uint8Array;
  /** [rows] indices into `modifiers` and `references` */
  readonly modifier: Uint16Array;
  readonly reference: Uint32Array;
  /** "HP:0025303;HP:0012832"; the first is "" */
  readonly modifiers: readonly string[];
  /** As the file writes them, several separated by ";": "PMID:123;PMID:456" */
  readonly references: readonly string[];
}

/** Orphanet's disorders: names, ids in OMIM, terms with frequency class, prevalence. */
export interface Orphanet {
  /** "ORPHA:558", ascending as texts */
  readonly ids: readonly string[];
  readonly names: readonly string[];
  /** "Disease", "Clinical subtype", "Category" … */
  readonly types: readonly string[];
  /** [entries] ids in OMIM that the entry stands for */
  readonly omim: readonly (readonly string[])[];
  /** [entries + 1] first of each entry's terms */
  readonly offsets: Uint32Array;
  /** index in the ontology, and FrequencyClass, of each */
  readonly term: Uint32Array;
  readonly frequency: Uint8Array;
  /** [entries] people with it among one person; NaN where unknown */
  readonly prevalence: Float64Array;
  /** [entries] "1-9 / 100 000 (point prevalence, Europe)"; "" where unknown */
  readonly prevalenceText: readonly string[];
}

/** All that is known of rare diseases, read-only. */
export interface KnowledgeBase {
  readonly release: KnowledgeRelease;
  readonly ontology: Ontology;
  /** [diseases] "OMIM:154700", "ORPHA:558", "DECIPHER:1": ascending as texts */
  readonly diseases: readonly string[];
  /** [diseases] */
  readonly names: readonly string[];
  readonly annotations: Annotations;
  readonly orphanet: Orphanet;
}
