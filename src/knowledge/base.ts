/** The knowledge base of a folder: HPO, its annotations of diseases, and Orphanet where it is there. */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { hashBytes } from "../core/hash.ts";
import type { KnowledgeBase, KnowledgeRelease, Orphanet } from "../core/knowledge.ts";
import { readCache, writeCache } from "./cache.ts";
import { parseOntology } from "./hpo.ts";
import { parseHpoa, WHERE_HPOA } from "./hpoa.ts";
import { NO_ORPHANET, parseOrphanet, WHERE_ORPHANET } from "./orphanet.ts";
import { plainText, readBytes } from "./source.ts";

const WHERE_HPO = "hp.obo and hp.json are at https://hpo.jax.org/data/ontology.";
const PATTERNS = {
  hpo: /^hp\.(obo|json)(\.gz)?$/,
  hpoa: /^phenotype.*\.hpoa(\.gz)?$/,
  orphanet: /^orphanet.*\.jsonl(\.gz)?$/,
} as const;

export interface LoadOptions {
  /** Folder of the user's cache; undefined: parse anew and keep nothing. */
  readonly cache?: string;
  /** What the user should know: files of different releases, no Orphanet. */
  notify(notice: { readonly message: string }): void;
}

/**
 * Loads the files of a folder or of the folders in it: hp.obo or hp.json, phenotype.hpoa, and orphanet*.jsonl if it is there;
 * each may be gzipped. The result is kept in the cache under the hash of the files.
 * @throws UserError naming the file that is missing, cut short or broken
 */
export async function loadKnowledge(folder: string, { cache, notify }: LoadOptions): Promise<KnowledgeBase> {
  const paths = findFiles(folder);
  const hpo = await readBytes(paths.hpo, "ontology", WHERE_HPO);
  const hpoa = await readBytes(paths.hpoa, "annotation file", WHERE_HPOA);
  const orpha = paths.orphanet && (await readBytes(paths.orphanet, "file of Orphanet", WHERE_ORPHANET));
  const hashes = { hpo: hashBytes(hpo), hpoa: hashBytes(hpoa), orphanet: orpha && hashBytes(orpha) };
  const hash = hashBytes(hashes.hpo, hashes.hpoa, hashes.orphanet ?? "");
  const kept = cache === undefined ? undefined : readCache(cache, hash);
  const base = kept ?? parse();
  warn(base, notify);
  return base;

  function parse(): KnowledgeBase {
    const ontology = parseOntology(hpo, paths.hpo);
    const text = plainText(hpoa, paths.hpoa, "annotation file", WHERE_HPOA);
    const { version, hpoVersion, excerpt, unknownTerms, ...parsed } = parseHpoa(text, paths.hpoa, ontology);
    const orphanet: Orphanet =
      orpha && paths.orphanet
        ? parseOrphanet(plainText(orpha, paths.orphanet, "file of Orphanet", WHERE_ORPHANET), paths.orphanet, ontology)
        : NO_ORPHANET;
    const files: KnowledgeRelease["files"][number][] = [
      { what: "hpo", name: basename(paths.hpo), version: dateOf(ontology.release), hash: hashes.hpo },
      { what: "hpoa", name: basename(paths.hpoa), version, hash: hashes.hpoa },
    ];
    if (paths.orphanet && hashes.orphanet)
      files.push({ what: "orphanet", name: basename(paths.orphanet), version: "", hash: hashes.orphanet });
    const made = { release: { hash, files, hpoVersion, unknownTerms, excerpt }, ontology, ...parsed, orphanet };
    if (cache !== undefined) writeCache(cache, made);
    return made;
  }
}

const dateOf = (release: string): string => /\d{4}-\d{2}-\d{2}/.exec(release)?.[0] ?? release;

function findFiles(folder: string): { hpo: string; hpoa: string; orphanet: string | undefined } {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError("there is no folder with the knowledge base", {
      where: folder,
      fix: ["Give it with --knowledge DIR or DISEASE_KNOWLEDGE.", WHERE_HPO, WHERE_HPOA],
    });
  const files = readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory()
        ? readdirSync(join(folder, entry.name)).map((name) => join(folder, entry.name, name))
        : [join(folder, entry.name)],
    );
  const find = (what: keyof typeof PATTERNS): string | undefined =>
    files.find((path) => PATTERNS[what].test(basename(path)));
  const [hpo, hpoa] = [find("hpo"), find("hpoa")];
  if (hpo === undefined) throw new UserError("no ontology is in the folder", { where: folder, fix: WHERE_HPO });
  if (hpoa === undefined)
    throw new UserError("no annotation file is in the folder", { where: folder, fix: WHERE_HPOA });
  return { hpo, hpoa, orphanet: find("orphanet") };
}

function warn({ release, diseases }: KnowledgeBase, notify: LoadOptions["notify"]): void {
  if (release.excerpt)
    notify({
      message: `the knowledge base is an excerpt of ${diseases.length} diseases, to try things out; give a whole one with --knowledge DIR`,
    });
  const version = (what: string): string | undefined => release.files.find((file) => file.what === what)?.version;
  const { hpoVersion, unknownTerms } = release;
  if (hpoVersion !== "" && hpoVersion !== version("hpo")) {
    const lost = unknownTerms === 0 ? "" : `; ${unknownTerms} rows with terms that this ontology lacks are left out`;
    notify({
      message: `the annotations were made with HPO ${hpoVersion}, the ontology is of ${version("hpo")}${lost}. Take both from one release.`,
    });
  } else if (unknownTerms > 0)
    notify({
      message: `${unknownTerms} rows of the annotations have terms that the ontology lacks; they are left out.`,
    });
}
