/** The knowledge base of a folder: HPO, its annotations of diseases, and Orphanet where it is there. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { UserError } from "../core/errors.ts";
import { hashBytes } from "../core/hash.ts";
import type { KnowledgeBase, KnowledgeRelease } from "../core/knowledge.ts";
import { readCache, writeCache } from "./cache.ts";
import { type FileWhat, listFiles } from "./files.ts";
import { parseOntology } from "./hpo.ts";
import { parseHpoa, WHERE_HPOA } from "./hpoa.ts";
import { WHERE_ORPHADATA } from "./orphadata/disorders.ts";
import { withProducts } from "./orphadata/entries.ts";
import { orphanetOf, parsePacked, WHERE_ORPHANET } from "./orphanet.ts";
import { hashFile, plainText, readBytes } from "./source.ts";

const WHERE_HPO =
  "hp.obo and hp.json are at https://hpo.jax.org/data/ontology; `disease knowledge pull hpo hpoa` gets them.";
/** Orphanet's products that are part of a base, as they are hashed. */
const PRODUCTS = ["orphanet-phenotypes", "orphanet-prevalence", "orphanet-xref"] as const;

export interface LoadOptions {
  /** Folder of the user's cache; undefined: parse anew and keep nothing. */
  readonly cache?: string;
  /** What the user should know: files of different releases, no Orphanet. */
  notify(notice: { readonly message: string }): void;
}

/**
 * Loads the files of a folder or of the folders in it: hp.obo or hp.json, phenotype.hpoa, and of Orphanet what is there: orphanet*.jsonl,
 * en_product4, en_product9_prev, en_product1 (XML or JSON); each may be gzipped. What a product says stands in place of what is packed. The result is
 * kept in the cache under the hash of the files.
 * @throws UserError naming the file that is missing, cut short or broken
 */
export async function loadKnowledge(folder: string, { cache, notify }: LoadOptions): Promise<KnowledgeBase> {
  const paths = findFiles(folder);
  const hpo = await readBytes(paths.hpo, "ontology", WHERE_HPO);
  const hpoa = await readBytes(paths.hpoa, "annotation file", WHERE_HPOA);
  const orpha = paths.orphanet && (await readBytes(paths.orphanet, "file of Orphanet", WHERE_ORPHANET));
  const hashes = { hpo: hashBytes(hpo), hpoa: hashBytes(hpoa), orphanet: orpha && hashBytes(orpha) };
  const products = await Promise.all(
    paths.products.map(async (one) => ({
      ...one,
      hash: await hashFile(one.path, "product of Orphanet", WHERE_ORPHADATA),
    })),
  );
  // Rankers are bound to this hash: a folder without products has the one that it always had.
  const hash = hashBytes(
    hashes.hpo,
    hashes.hpoa,
    hashes.orphanet ?? "",
    ...products.map((one) => `${one.what} ${one.hash}`),
  );
  const kept = cache === undefined ? undefined : readCache(cache, hash);
  const base = kept ?? (await parse());
  warn(base, notify);
  return base;

  async function parse(): Promise<KnowledgeBase> {
    const ontology = parseOntology(hpo, paths.hpo);
    const text = plainText(hpoa, paths.hpoa, "annotation file", WHERE_HPOA);
    const { version, hpoVersion, excerpt, unknownTerms, ...parsed } = parseHpoa(text, paths.hpoa, ontology);
    const packed =
      orpha && paths.orphanet
        ? parsePacked(plainText(orpha, paths.orphanet, "file of Orphanet", WHERE_ORPHANET), paths.orphanet)
        : [];
    const path = (what: string): string | undefined => products.find((one) => one.what === what)?.path;
    const { entries, dates } = await withProducts(packed, {
      phenotypes: path("orphanet-phenotypes"),
      prevalences: path("orphanet-prevalence"),
      names: path("orphanet-xref"),
    });
    const files: KnowledgeRelease["files"][number][] = [
      { what: "hpo", name: basename(paths.hpo), version: dateOf(ontology.release), hash: hashes.hpo },
      { what: "hpoa", name: basename(paths.hpoa), version, hash: hashes.hpoa },
    ];
    if (paths.orphanet && hashes.orphanet)
      files.push({ what: "orphanet", name: basename(paths.orphanet), version: "", hash: hashes.orphanet });
    for (const one of products)
      files.push({ what: one.what, name: basename(one.path), version: dates.get(one.path) ?? "", hash: one.hash });
    const orphanet = orphanetOf(entries, ontology);
    const made = { release: { hash, files, hpoVersion, unknownTerms, excerpt }, ontology, ...parsed, orphanet };
    if (cache !== undefined) writeCache(cache, made);
    return made;
  }
}

const dateOf = (release: string): string => /\d{4}-\d{2}-\d{2}/.exec(release)?.[0] ?? release;

interface Paths {
  readonly hpo: string;
  readonly hpoa: string;
  readonly orphanet: string | undefined;
  readonly products: readonly { readonly what: (typeof PRODUCTS)[number]; readonly path: string }[];
}

function findFiles(folder: string): Paths {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError("there is no folder with the knowledge base", {
      where: folder,
      fix: ["Give it with --knowledge DIR or DISEASE_KNOWLEDGE.", WHERE_HPO, WHERE_HPOA],
    });
  const files = listFiles(folder);
  const first = (what: FileWhat): string | undefined => files.get(what)?.[0];
  const [hpo, hpoa] = [first("hpo"), first("hpoa")];
  if (hpo === undefined) throw new UserError("no ontology is in the folder", { where: folder, fix: WHERE_HPO });
  if (hpoa === undefined)
    throw new UserError("no annotation file is in the folder", { where: folder, fix: WHERE_HPOA });
  const products = PRODUCTS.flatMap((what) => {
    const path = first(what);
    return path === undefined ? [] : [{ what, path }];
  });
  return { hpo, hpoa, orphanet: first("orphanet"), products };
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
