/** Types of a text table's columns. A type holds for all cells or it is not the column's: no cell is rounded, cut or shifted. */
import type { LakeColumn, ReadContext } from "../../core/lake.ts";
import { fileLiteral, identifier, literal } from "../engine/duck.ts";

/** A text table as DuckDB shall read it. */
export interface TextTable {
  readonly delimiter: string;
  readonly header: boolean;
  readonly decimal: "," | ".";
  readonly columns: readonly LakeColumn[];
  /** Whether all cells of all rows were tried with these types. */
  readonly isProven: boolean;
}

type Ask = NonNullable<ReadContext["ask"]>;

const ZONED = "TIMESTAMP WITH TIME ZONE";
const CANDIDATES = ["BOOLEAN", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", ZONED, "VARCHAR"];
/** Rows from which the types are guessed. */
const SAMPLE = 20_480;
/** Columns whose types are proven by one reading. */
const AT_ONCE = 1000;
/** DuckDB's error where a cell is not of its column's type. */
export const MISFIT = "a cell is not of its column's type";

/** What reads a table; cells are checked against the types unless those are proven. */
export function queryOf(path: string, table: TextTable): string {
  const isText = (type: string): boolean => isChecked(type) || (table.isProven && type === ZONED);
  const casts = table.columns.flatMap(({ name, type }) => {
    const cell = identifier(name);
    if (type === ZONED) return [`timezone('UTC', ${cell}::${ZONED}) AS ${cell}`];
    if (!isChecked(type)) return [];
    const value = type === "BOOLEAN" ? `lower(${cell}) = 'true'` : `${cell}::${type}`;
    if (table.isProven) return [`${value} AS ${cell}`];
    const misfit = `error(${literal(MISFIT)})::${type}`;
    return [
      `CASE WHEN ${cell} IS NULL THEN NULL WHEN ${proofOf(cell, type)} THEN ${value} ELSE ${misfit} END AS ${cell}`,
    ];
  });
  const read = readCsv(path, table, isText);
  return casts.length === 0 ? `SELECT * FROM ${read}` : `SELECT * REPLACE (${casts.join(", ")}) FROM ${read}`;
}

/** Types that DuckDB casts to with a loss: 1.5 to 2, "007" to 7, a time to its date, a zone to none. */
const isChecked = (type: string): boolean => ["BIGINT", "DATE", "TIMESTAMP", "BOOLEAN"].includes(type);

function proofOf(cell: string, type: string): string {
  if (type === "BOOLEAN") return `lower(${cell}) IN ('true', 'false')`;
  if (type === "TIMESTAMP") {
    const end = `${cell}[12:]`;
    return `length(${cell}) <= 26 AND strpos(${end}, '+') = 0 AND strpos(${end}, '-') = 0 AND strpos(${end}, 'Z') = 0 AND strpos(${end}, ' ') = 0`;
  }
  return `try_cast(${cell} AS ${type})::VARCHAR = ${cell}`;
}

function readCsv(
  path: string,
  { delimiter, header, decimal, columns }: TextTable,
  asText?: (type: string) => boolean,
): string {
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(asText?.(type) ? "VARCHAR" : type)}`);
  const comma = decimal === "," ? ", decimal_separator = ','" : "";
  return `read_csv(${fileLiteral(path)}, auto_detect = false, ${dialect(delimiter, header)}${comma}, columns = {${types.join(", ")}})`;
}

const dialect = (delimiter: string, header: boolean): string =>
  `delim = ${literal(delimiter)}, quote = '"', escape = '"', header = ${header}`;

/** Guesses by the first rows. @throws what DuckDB says when they are no table */
export async function guessTypes(
  ask: Ask,
  path: string,
  given: {
    readonly delimiter: string;
    readonly header: boolean;
    readonly names: readonly string[];
    readonly decimal?: "," | ".";
  },
): Promise<TextTable> {
  const { delimiter, header, names } = given;
  const sniff = async (decimal: "," | "."): Promise<TextTable> => {
    const candidates = CANDIDATES.map(literal).join(", ");
    const [row] = await ask(
      `SELECT Columns AS columns, TimestampFormat AS format FROM sniff_csv(${fileLiteral(path)}, ${dialect(delimiter, header)}, names = [${names.map(literal).join(", ")}], dateformat = '%Y-%m-%d', decimal_separator = ${literal(decimal)}, sample_size = ${SAMPLE}, auto_type_candidates = [${candidates}])`,
    );
    const { columns, format } = row as { columns: { name: string; type: string }[]; format: string | null };
    // 03/04/2020 is a day in March or in April.
    const isOdd = format !== null && !format.startsWith("%Y-%m-%d");
    const types = columns.map(({ type }) => (isOdd && type.startsWith("TIMESTAMP") ? "VARCHAR" : type));
    return {
      delimiter,
      header,
      decimal,
      columns: names.map((name, i) => ({ name, type: types[i] ?? "VARCHAR" })),
      isProven: false,
    };
  };
  const guess = await sniff(given.decimal ?? ".");
  const facts = await sampleFacts(ask, path, guess);
  const isComma = given.decimal === undefined && delimiter !== "," && names.some((name) => facts.get(name)?.hasComma);
  const table = isComma ? await sniff(",") : guess;
  const columns = table.columns.map(({ name, type }) => ({
    name,
    type: type === "DOUBLE" && (facts.get(name)?.digits ?? 0) >= 17 ? "VARCHAR" : type,
  }));
  return { ...table, columns };
}

/** Of the first rows: the longest number without a point, which may be an identifier, and whether decimal commas fit. */
async function sampleFacts(ask: Ask, path: string, table: TextTable) {
  const facts = new Map<string, { readonly digits: number; readonly hasComma: boolean }>();
  const asked = table.columns.filter(({ type }) => type === "DOUBLE" || type === "VARCHAR");
  const text = allText(path, table);
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const some = asked.slice(at, at + AT_ONCE);
    const wanted = some.map(({ name, type }) => {
      const cell = identifier(name);
      const digits = `max(CASE WHEN strpos(${cell}, '.') = 0 AND strpos(lower(${cell}), 'e') = 0 THEN length(${cell}) END)`;
      const number = `regexp_full_match(${cell}, '[-+]?\\d+(,\\d+)?')`;
      const comma =
        table.delimiter === "," || type !== "VARCHAR"
          ? "false"
          : `coalesce(bool_and(${number}) AND bool_or(strpos(${cell}, ',') > 0), false)`;
      return `[${digits}, (${comma})::BIGINT]`;
    });
    const rows = Math.min(SAMPLE, Math.ceil(2_000_000 / some.length));
    const [row] = await ask(`SELECT [${wanted.join(", ")}] AS facts FROM (SELECT * FROM ${text} LIMIT ${rows})`);
    const found = row!.facts as (bigint | number | null)[][];
    some.forEach(({ name }, i) => {
      facts.set(name, { digits: Number(found[i]![0] ?? 0), hasComma: Number(found[i]![1]) === 1 });
    });
  }
  return facts;
}

const allText = (path: string, table: TextTable): string => readCsv(path, table, () => true);

/** The narrowest types that hold all cells of the file. */
export async function proveTypes(ask: Ask, path: string, table: TextTable): Promise<TextTable> {
  const asked = table.columns.filter(({ type }) => type !== "VARCHAR");
  const proven = new Map<string, string>();
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const some = asked.slice(at, at + AT_ONCE);
    const wanted = some.map(({ name }) => {
      const cell = identifier(name);
      const number = table.decimal === "," ? `replace(${cell}, ',', '.')` : cell;
      const tests = [
        proofOf(cell, "BOOLEAN"),
        proofOf(cell, "BIGINT"),
        `try_cast(${number} AS DOUBLE) IS NOT NULL AND NOT regexp_matches(${cell}, '^[-+]?(0\\d|\\d{17,}$|0x)|_')`,
        `try_cast(${cell} AS DATE) IS NOT NULL AND regexp_full_match(${cell}, '\\d{4}-\\d\\d?-\\d\\d?')`,
        `try_cast(${cell} AS TIMESTAMP) IS NOT NULL AND ${proofOf(cell, "TIMESTAMP")}`,
        `try_cast(${cell} AS ${ZONED}) IS NOT NULL`,
      ];
      return `[${tests.map((test) => `coalesce(bool_and(${cell} IS NULL OR coalesce(${test}, false)), true)`).join(", ")}]`;
    });
    const [row] = await ask(`SELECT [${wanted.join(", ")}] AS fits FROM ${allText(path, table)}`);
    const fits = row!.fits as boolean[][];
    some.forEach(({ name }, i) => {
      proven.set(name, CANDIDATES[fits[i]!.indexOf(true)] ?? "VARCHAR");
    });
  }
  const columns = table.columns.map(({ name, type }) => ({ name, type: proven.get(name) ?? type }));
  return { ...table, columns, isProven: true };
}
