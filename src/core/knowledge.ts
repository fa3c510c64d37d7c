/** A hierarchy of terms, such as the Human Phenotype Ontology: a directed graph without cycles, from the general to the special. */
export interface Ontology {
  /** As the file names it, e.g. "hp/releases/2025-01-16". */
  readonly release: string;
  /** [terms] ids that stand today, ascending: "HP:0000118" */
  readonly ids: readonly string[];
  /** [terms] names in English */
  readonly names: readonly string[];
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
}
