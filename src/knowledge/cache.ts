/** A knowledge base as one binary file, so that it is parsed once a release. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pack, unpack } from "../core/formats/container.ts";
import { hashBytes } from "../core/hash.ts";
import type { KnowledgeBase, KnowledgeRelease, Orphanet } from "../core/knowledge.ts";
import { userCache } from "../core/user-cache.ts";
import { ontologyOf } from "./hpo.ts";
import { type IndexParts, indexParts } from "./search/text-index.ts";

/** To be raised when what is kept, or how files are read, changes. */
const FORMAT = 2;

/** DISEASE_CACHE, else the user's cache folder. */
export function cacheHome(env: NodeJS.ProcessEnv = process.env): string {
  return env.DISEASE_CACHE || userCache(env);
}

const fileOf = (home: string, hash: string): string => join(home, "knowledge", `${hash.slice(0, 16)}-v${FORMAT}.bin`);

// A list of texts is one text: a container's own header is slow with 100,000 strings.
const packed = (texts: readonly string[] | readonly (readonly string[])[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(texts));
const unpacked = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
const texts = (bytes: Uint8Array): string[] => unpacked(bytes) as string[];
const lists = (bytes: Uint8Array): string[][] => unpacked(bytes) as string[][];

/** Writes it for the next time; a cache that cannot be written is not missed. */
export function writeCache(home: string, base: KnowledgeBase): void {
  const { ontology, orphanet, annotations } = base;
  const { modifiers, references, ...columns } = annotations;
  const counts = new Uint32Array(ontology.parents.length + 1);
  ontology.parents.forEach((list, i) => {
    counts[i + 1] = counts[i] + list.length;
  });
  const bytes = pack({
    release: base.release,
    hpo: {
      release: ontology.release,
      ids: packed(ontology.ids),
      names: packed(ontology.names),
      synonyms: packed(ontology.synonyms),
      offsets: counts,
      parents: Uint32Array.from(ontology.parents.flat()),
      replaced: packed([...ontology.replaced].flat()),
    },
    diseases: packed(base.diseases),
    names: packed(base.names),
    columns,
    modifiers: packed(modifiers),
    references: packed(references),
    orphanet: {
      ids: packed(orphanet.ids),
      names: packed(orphanet.names),
      types: packed(orphanet.types),
      omim: packed(orphanet.omim),
      offsets: orphanet.offsets,
      term: orphanet.term,
      frequency: orphanet.frequency,
      prevalence: orphanet.prevalence,
      prevalenceText: packed(orphanet.prevalenceText),
    },
  });
  keep(fileOf(home, base.release.hash), bytes);
}

/** Puts a whole file in its place, or none. */
function keep(file: string, content: Uint8Array | string): void {
  const mine = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(mine, content);
    renameSync(mine, file);
  } catch {
    rmSync(mine, { force: true });
  }
}

/** To be raised when texts are folded or split otherwise. */
const INDEX_FORMAT = "index-v1";

/** Parts of an index over texts, kept under the hash of the texts. */
export function keptParts(home: string, texts: readonly { readonly text: string }[]): IndexParts {
  const hash = hashBytes(texts.map(({ text }) => text).join("\n"));
  const file = join(home, "knowledge", `${hash.slice(0, 16)}-${INDEX_FORMAT}.bin`);
  const lines = (bytes: Uint8Array): string[] => new TextDecoder().decode(bytes).split("\n");
  try {
    const kept = unpack(readFileSync(file)) as Pick<IndexParts, "offsets" | "postings"> &
      Record<"folded" | "vocabulary", Uint8Array>;
    const parts = { ...kept, folded: lines(kept.folded), vocabulary: lines(kept.vocabulary) };
    if (parts.folded.length === texts.length) return parts;
  } catch {
    // Nothing is kept, or it is damaged.
  }
  const made = indexParts(texts);
  const joined = (all: readonly string[]): Uint8Array => new TextEncoder().encode(all.join("\n"));
  keep(file, pack({ ...made, folded: joined(made.folded), vocabulary: joined(made.vocabulary) }));
  return made;
}

/**
 * What was made before under a name, else made anew and kept. Plain JSON data.
 * @param home undefined: made anew, and not kept
 * @param name says all that the result depends on
 */
export async function cached<T>(home: string | undefined, name: string, make: () => Promise<T>): Promise<T> {
  if (home === undefined) return await make();
  const file = join(home, "knowledge", name);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    const made = await make();
    keep(file, JSON.stringify(made));
    return made;
  }
}

interface Kept {
  release: KnowledgeRelease;
  hpo: Record<"ids" | "names" | "synonyms" | "replaced", Uint8Array> & {
    release: string;
    offsets: Uint32Array;
    parents: Uint32Array;
  };
  diseases: Uint8Array;
  names: Uint8Array;
  columns: Omit<KnowledgeBase["annotations"], "modifiers" | "references">;
  modifiers: Uint8Array;
  references: Uint8Array;
  orphanet: Record<"ids" | "names" | "types" | "omim" | "prevalenceText", Uint8Array> &
    Pick<Orphanet, "offsets" | "term" | "frequency" | "prevalence">;
}

/** What was kept of the files with a hash; undefined where there is nothing, or it is damaged. */
export function readCache(home: string, hash: string): KnowledgeBase | undefined {
  try {
    const kept = unpack(readFileSync(fileOf(home, hash))) as Kept;
    const { hpo, orphanet } = kept;
    const pairs = texts(hpo.replaced);
    return {
      release: kept.release,
      ontology: ontologyOf({
        release: hpo.release,
        ids: texts(hpo.ids),
        names: texts(hpo.names),
        synonyms: lists(hpo.synonyms),
        parents: Array.from({ length: hpo.offsets.length - 1 }, (_, i) =>
          Array.from(hpo.parents.subarray(hpo.offsets[i], hpo.offsets[i + 1])),
        ),
        replaced: new Map(Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i], pairs[2 * i + 1]])),
      }),
      diseases: texts(kept.diseases),
      names: texts(kept.names),
      annotations: { ...kept.columns, modifiers: texts(kept.modifiers), references: texts(kept.references) },
      orphanet: {
        ...orphanet,
        ids: texts(orphanet.ids),
        names: texts(orphanet.names),
        types: texts(orphanet.types),
        omim: lists(orphanet.omim),
        prevalenceText: texts(orphanet.prevalenceText),
      },
    };
  } catch {
    return undefined;
  }
}
