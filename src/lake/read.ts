import { MISSING_TOKENS } from "../core/formats/cells.ts";
import { buildDataset, type LakeDataset } from "./build.ts";
import { readCsv } from "./csv.ts";
import type { ColumnDeclaration } from "./infer.ts";
import { readParquet } from "./parquet.ts";
import { openSource } from "./source.ts";
import type { RawOptions } from "./table.ts";

export interface ReadOptions {
  /** Default: the file's name. */
  readonly name?: string;
  readonly target: string;
  /** Patient or publication: rows of one group never cross a split. */
  readonly group?: string;
  readonly columns?: Readonly<Record<string, ColumnDeclaration>>;
  /** Texts that mean "missing", besides the empty one. Default: MISSING_TOKENS. */
  readonly missing?: readonly string[];
  /** One ASCII character. Default: told from the first rows among , ; tab | */
  readonly delimiter?: string;
  /** Reads only the first rows. */
  readonly limitRows?: number;
  /** For Parquet: DuckDB's memory limit in megabytes. Default: DuckDB's own (80 % of the machine). */
  readonly memoryLimitMB?: number;
}

/**
 * Reads a table with a header and one row a patient: CSV and TSV (UTF-8, UTF-16 with a mark, Latin-1), Parquet, each
 * also gzipped. Types are inferred (the rules: infer.ts; what became of each column: `columns` and `describeColumns`),
 * cells and names are trimmed, rows without a target and columns without information are left out with a notice.
 *
 * Symptoms in one cell ("fever|cough") make a multilabel column; an empty cell there is "not known", a cell that holds
 * only the separator is "none".
 * @throws UserError for a file, a column or a row that cannot be used, with its place and how to mend it
 */
export async function readDataset(path: string, options: ReadOptions): Promise<LakeDataset> {
  const columns = Object.fromEntries(
    Object.entries(options.columns ?? {}).map(([name, declaration]) => [name.normalize("NFC").trim(), declaration]),
  );
  const target = options.target.normalize("NFC").trim();
  const group = options.group?.normalize("NFC").trim();
  const declared = Object.entries(columns);
  const raw: RawOptions = {
    skip: new Set(declared.filter(([, { role }]) => role === "ignore").map(([name]) => name)),
    asText: new Set([
      target,
      ...(group === undefined ? [] : [group]),
      ...declared.filter(([, { type }]) => type === "categorical" || type === "multilabel").map(([name]) => name),
    ]),
    missing: new Set(options.missing ?? MISSING_TOKENS),
    delimiter: options.delimiter,
    limitRows: options.limitRows,
  };
  const source = await openSource(path);
  const table =
    source.format === "parquet" ? await readParquet(source, raw, options.memoryLimitMB) : await readCsv(source, raw);
  return buildDataset(table, { name: options.name ?? baseName(path), source: path, target, group, columns });
}

/** The file's name without folder and endings. */
function baseName(path: string): string {
  return path.replace(/^.*[\\/]/, "").replace(/(?:\.(?:csv|tsv|txt|parquet))?(?:\.gz)?$/i, "");
}
