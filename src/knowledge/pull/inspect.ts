/** Reads a file of knowledge whole, to know that it is one, and what is in it. */
import { messageOf, UserError } from "../../core/errors.ts";
import { type FileWhat, kindOf } from "../files.ts";
import { ontologyOf, parseOntology } from "../hpo.ts";
import { parseHpoa, WHERE_HPOA } from "../hpoa.ts";
import { readGenemap2, readMim2gene, readTitles } from "../omim.ts";
import { type Element, readDisorders } from "../orphadata/disorders.ts";
import { describedOf, phenotypesOf, prevalencesOf } from "../orphadata/products.ts";
import { parsePacked } from "../orphanet.ts";
import { parseBabelon } from "../search/babelon.ts";
import { openPieces, plainText, readBytes } from "../source.ts";

export interface Inspected {
  /** "2025-01-16"; empty where the file does not say. */
  readonly release: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** @throws UserError saying what is wrong with it, and in which line where that is known */
export async function inspect(what: FileWhat, path: string): Promise<Inspected> {
  await refuseOthers(path, what);
  switch (what) {
    case "hpo": {
      const { release, ids } = parseOntology(await readBytes(path, "ontology", ""), path);
      return { release: /\d{4}-\d{2}-\d{2}/.exec(release)?.[0] ?? release, counts: { terms: ids.length } };
    }
    case "hpoa": {
      const text = plainText(await readBytes(path, "annotation file", WHERE_HPOA), path, "annotation file", WHERE_HPOA);
      const none = ontologyOf({ release: "", ids: [], names: [], synonyms: [], parents: [], replaced: new Map() });
      const { version, diseases, unknownTerms } = parseHpoa(text, path, none);
      return { release: version, counts: { diseases: diseases.length, annotations: unknownTerms } };
    }
    case "orphanet": {
      const entries = parsePacked(plainText(await readBytes(path, "file", ""), path, "file", ""), path);
      return { release: "", counts: { disorders: entries.length } };
    }
    case "orphanet-phenotypes":
      return await product(what, path, "phenotypes", (one) => phenotypesOf(one).length);
    case "orphanet-prevalence":
      return await product(what, path, "prevalences", (one) => prevalencesOf(one).length);
    case "orphanet-xref":
      return await product(what, path, "references", (one) => describedOf(one).references.length);
    case "orphanet-names-es":
      return await product(what, path, "names", (one) => 1 + describedOf(one).synonyms.length);
    case "hpo-es": {
      const rows = parseBabelon(
        plainText(await readBytes(path, "translation", ""), path, "translation", ""),
        path,
        "es",
      );
      return { release: "", counts: { terms: new Set(rows.map(({ id }) => id)).size, names: rows.length } };
    }
    case "omim-mim2gene":
      return ofTable(await readMim2gene(path), "entries");
    case "omim-genemap2":
      return ofTable(await readGenemap2(path), "phenotypes");
    case "omim-titles":
      return ofTable(await readTitles(path), "entries");
  }
}

const ofTable = (table: { date: string; rows: ReadonlyMap<string, unknown> }, what: string): Inspected => ({
  release: table.date,
  counts: { [what]: table.rows.size },
});

async function product(
  what: FileWhat,
  path: string,
  parts: string,
  count: (disorder: Element) => number,
): Promise<Inspected> {
  let sum = 0;
  const { date, disorders } = await readDisorders(path, (one) => {
    sum += count(one);
  });
  if (sum === 0) throw wrongKind(`it has no ${parts}`, path, what);
  return { release: date, counts: { disorders, [parts]: sum } };
}

const wrongKind = (why: string, path: string, what: FileWhat): UserError =>
  new UserError(`this is no file of ${kindOf(what).title}: ${why}`, {
    where: path,
    fix: `It ${kindOf(what).url ? `is at ${kindOf(what).url}` : "is made from Orphapackets"}; give it with --from, or name what the file is.`,
  });

/** What is taken for a file of knowledge by mistake. */
async function refuseOthers(path: string, what: FileWhat): Promise<void> {
  const { text } = await headOf(path);
  if (text === "") throw wrongKind("it is empty", path, what);
  if (/^\s*<(!doctype html|html)/i.test(text)) throw wrongKind("it is a web page", path, what);
  if (text.slice(257, 262) === "ustar")
    throw wrongKind("it is a tar archive, which must be unpacked first", path, what);
}

/** The first 512 letters of a file, unpacked. @throws UserError when it cannot be read, or is a broken .gz */
export async function headOf(path: string): Promise<{ readonly text: string; readonly zipped: boolean }> {
  try {
    const { zipped, pieces } = await openPieces(path);
    for await (const piece of pieces) return { text: Buffer.from(piece.subarray(0, 512)).toString("latin1"), zipped };
    return { text: "", zipped };
  } catch (error) {
    throw new UserError(`the file cannot be read: ${messageOf(error)}`, {
      where: path,
      fix: "Get it again: it may be cut short.",
    });
  }
}
