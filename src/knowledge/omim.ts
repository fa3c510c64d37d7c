/** OMIM's tables (https://www.omim.org/downloads): kinds of entries, genes of phenotypes, titles. */
import { UserError } from "../core/errors.ts";
import { plainText, readBytes } from "./source.ts";

const WHERE =
  "mim2gene.txt is open to all at https://www.omim.org/downloads; genemap2.txt and mimTitles.txt come with a key that OMIM gives on request.";

export interface OmimTable<Row> {
  /** "2025-11-20", when it was made; empty where it is not said. */
  readonly date: string;
  /** By number: "154700" */
  readonly rows: ReadonlyMap<string, Row>;
}

export interface OmimKind {
  /** "gene", "phenotype", "predominantly phenotypes", "gene/phenotype", "moved/removed" */
  readonly kind: string;
  /** HGNC's symbol; "" where there is none */
  readonly gene: string;
}

export interface OmimGene {
  readonly gene: string;
  /** "Autosomal dominant"; "" where it is not said */
  readonly inheritance: string;
  /** "the molecular basis is known" … by OMIM's number 1 to 4 */
  readonly basis: string;
}

/** OMIM's numbers in parentheses. */
const BASES: Readonly<Record<string, string>> = {
  "1": "placed by association of the wild type",
  "2": "mapped by linkage",
  "3": "molecular basis known",
  "4": "contiguous genes deleted or duplicated",
};

/** mim2gene.txt. @throws UserError with the line that lacks columns */
export const readMim2gene = (path: string): Promise<OmimTable<OmimKind>> =>
  readTable(path, ["MIM Number", "MIM Entry Type", "Approved Gene Symbol"], (rows, [id, kind, gene = ""]) => {
    rows.set(id!, { kind: kind!, gene });
  });

/** mimTitles.txt: preferred titles as OMIM writes them. @throws UserError with the line that lacks columns */
export const readTitles = (path: string): Promise<OmimTable<string>> =>
  readTable(path, ["MIM Number", "Preferred Title"], (rows, [id, title]) => {
    rows.set(id!, title!);
  });

/** genemap2.txt, turned round: genes by the number of the phenotype. @throws UserError with the line that lacks columns */
export const readGenemap2 = (path: string): Promise<OmimTable<readonly OmimGene[]>> =>
  readTable(
    path,
    ["Approved Gene Symbol", "Gene/Locus", "Phenotypes"],
    (rows, [approved, symbols, phenotypes = ""]) => {
      const gene = approved || symbols?.split(",")[0]?.trim();
      if (!gene) return;
      // "Marfan syndrome, 154700 (3), Autosomal dominant; {Ectopia lentis, familial}, 129600 (3), Autosomal dominant"
      for (const one of phenotypes.split(";")) {
        const [, id, basis, inheritance = ""] = /,\s*(\d{6})\s*\((\d)\)(?:,\s*(.*))?$/.exec(one.trim()) ?? [];
        if (id === undefined) continue;
        const entry = { gene, inheritance: inheritance.trim(), basis: BASES[basis!] ?? "" };
        rows.set(id, [...(rows.get(id) ?? []), entry]);
      }
    },
  );

/** Names of columns begin with these texts: OMIM puts remarks behind them. */
async function readTable<Row>(
  path: string,
  columns: readonly string[],
  add: (rows: Map<string, Row>, cells: readonly (string | undefined)[]) => void,
): Promise<OmimTable<Row>> {
  const text = plainText(await readBytes(path, "table of OMIM", WHERE), path, "table of OMIM", WHERE);
  const rows = new Map<string, Row>();
  let places: number[] | undefined;
  let [date, line, known] = ["", 0, 0];
  for (const content of text.split(/\r?\n/)) {
    line++;
    if (content.startsWith("#")) {
      date ||= /^# Generated:\s*(\d{4}-\d{2}-\d{2})/.exec(content)?.[1] ?? "";
      const names = content.replace(/^#\s*/, "").split("\t");
      const found = columns.map((column) => findColumn(names, column));
      if (!found.includes(-1)) places = found;
      continue;
    }
    if (content.trim() === "") continue;
    const cells = content.split("\t");
    if (
      places === undefined ||
      cells.length <= places[0]! ||
      (columns[0] === "MIM Number" && !/^\d{6}$/.test(cells[places[0]!]!))
    )
      throw new UserError(
        places === undefined
          ? "this is no such table of OMIM: a line with its columns is missing"
          : "the table of OMIM is cut short or broken",
        { where: `${path}, line ${line}`, fix: [`Its columns are ${columns.join(", ")} and more.`, WHERE] },
      );
    known++;
    add(
      rows,
      places.map((place) => cells[place]?.trim()),
    );
  }
  if (known === 0) throw new UserError("the table of OMIM is empty", { where: path, fix: WHERE });
  return { date, rows };
}

function findColumn(names: readonly string[], column: string): number {
  const exact = names.findIndex((name) => name.trim() === column);
  return exact >= 0 ? exact : names.findIndex((name) => name.trim().startsWith(column));
}
