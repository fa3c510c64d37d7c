/** The files of a knowledge base: what each holds, how it is named, where its publisher has it. */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";

export interface FileKind {
  readonly title: string;
  /** Names that it can have, also as .gz. */
  readonly pattern: RegExp;
  /** What to do without it. */
  readonly gives: string;
  readonly licence: string;
  /** Files of several names are read together. */
  readonly several?: boolean;
  /** Its publisher's latest; {key} stands for the user's own key. Absent: it cannot be pulled. */
  readonly url?: string;
  /** A release that is named, {release}; absent where the publisher keeps only the latest. */
  readonly releaseUrl?: string;
}

const HPO_LICENCE = "HPO: free, unaltered, with release and attribution (https://hpo.jax.org/license)";
const ORPHADATA_LICENCE = "CC BY 4.0, © INSERM, Orphadata Science (https://www.orphadata.com)";
const OMIM_LICENCE = "© Johns Hopkins University: under OMIM's terms of use (https://www.omim.org/help/agreement)";
const ORPHADATA = "https://www.orphadata.com/data/xml";

/** By the word for each on the command line. */
export const FILE_KINDS = {
  hpo: {
    title: "Human Phenotype Ontology",
    pattern: /^hp\.(obo|json)(\.gz)?$/,
    gives: "terms and what is more general than what",
    licence: HPO_LICENCE,
    url: "https://purl.obolibrary.org/obo/hp.obo",
    releaseUrl: "https://purl.obolibrary.org/obo/hp/releases/{release}/hp.obo",
  },
  hpoa: {
    title: "annotations of diseases",
    pattern: /^phenotype.*\.hpoa(\.gz)?$/,
    gives: "what patients of a disease have, how often, by which papers",
    licence: HPO_LICENCE,
    url: "https://purl.obolibrary.org/obo/hp/hpoa/phenotype.hpoa",
    releaseUrl: "https://github.com/obophenotype/human-phenotype-ontology/releases/download/v{release}/phenotype.hpoa",
  },
  orphanet: {
    title: "Orphanet, packed",
    pattern: /^orphanet.*\.jsonl(\.gz)?$/,
    gives: "phenotypes, prevalence and ids in OMIM in one file",
    licence: ORPHADATA_LICENCE,
  },
  "orphanet-phenotypes": {
    title: "Orphanet's phenotypes",
    pattern: /^en_product4.*\.(xml|json)(\.gz)?$/,
    gives: "what patients of Orphanet's diseases have, by classes of frequency",
    licence: ORPHADATA_LICENCE,
    url: `${ORPHADATA}/en_product4.xml`,
  },
  "orphanet-prevalence": {
    title: "Orphanet's prevalences",
    pattern: /^en_product9_prev.*\.(xml|json)(\.gz)?$/,
    gives: "how many people have a disease",
    licence: ORPHADATA_LICENCE,
    url: `${ORPHADATA}/en_product9_prev.xml`,
  },
  "orphanet-xref": {
    title: "Orphanet's names and cross references",
    pattern: /^en_product1.*\.(xml|json)(\.gz)?$/,
    gives: "names, definitions, and ids in OMIM, ICD-10, ICD-11, UMLS, MeSH and GARD with the kind of mapping",
    licence: ORPHADATA_LICENCE,
    url: `${ORPHADATA}/en_product1.xml`,
  },
  "orphanet-names-es": {
    title: "Orphanet's Spanish names",
    pattern: /^es_product1.*\.(xml|json)(\.gz)?$/,
    gives: "diseases by their Spanish names",
    licence: ORPHADATA_LICENCE,
    url: `${ORPHADATA}/es_product1.xml`,
  },
  "hpo-es": {
    title: "HPO's Spanish translation",
    pattern: /^hp-es(\.babelon|\.synonyms)?\.tsv(\.gz)?$/,
    gives: "terms by their Spanish names",
    licence: HPO_LICENCE,
    several: true,
    url: "https://raw.githubusercontent.com/obophenotype/hpo-translations/main/babelon/hp-es.babelon.tsv",
  },
  "omim-mim2gene": {
    title: "OMIM's kinds of entries",
    pattern: /^mim2gene.*\.txt(\.gz)?$/,
    gives: "which numbers of OMIM are genes, phenotypes, or gone",
    licence: OMIM_LICENCE,
    url: "https://www.omim.org/static/omim/data/mim2gene.txt",
  },
  "omim-genemap2": {
    title: "OMIM's genes of phenotypes",
    pattern: /^genemap2.*\.txt(\.gz)?$/,
    gives: "genes of a disease",
    licence: OMIM_LICENCE,
    url: "https://data.omim.org/downloads/{key}/genemap2.txt",
  },
  "omim-titles": {
    title: "OMIM's titles",
    pattern: /^mimTitles.*\.txt(\.gz)?$/,
    gives: "names of all entries of OMIM",
    licence: OMIM_LICENCE,
    url: "https://data.omim.org/downloads/{key}/mimTitles.txt",
  },
} as const satisfies Readonly<Record<string, FileKind>>;

export type FileWhat = keyof typeof FILE_KINDS;
export const FILE_WHATS = Object.keys(FILE_KINDS) as readonly FileWhat[];

export const kindOf = (what: FileWhat): FileKind => FILE_KINDS[what];

/** Needs the user's key of OMIM. */
export const needsKey = (what: FileWhat): boolean => kindOf(what).url?.includes("{key}") ?? false;

/** What a file is by its name; undefined where no kind has such names. */
export const whatOf = (name: string): FileWhat | undefined =>
  FILE_WHATS.find((what) => FILE_KINDS[what].pattern.test(name));

/**
 * Files of a folder and of the folders in it, by what they are; those of each kind in the order of their paths, the first of which counts.
 * @returns nothing where there is no such folder
 */
export function listFiles(folder: string): ReadonlyMap<FileWhat, readonly string[]> {
  const found = new Map<FileWhat, string[]>();
  for (const path of filesIn(folder)) {
    const what = whatOf(basename(path));
    if (what !== undefined) found.set(what, [...(found.get(what) ?? []), path]);
  }
  return found;
}

/** Paths of the files of a folder and of the folders in it, no deeper; none where there is no such folder. */
export function filesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory()
        ? readdirSync(join(folder, entry.name)).map((name) => join(folder, entry.name, name))
        : [join(folder, entry.name)],
    );
}
