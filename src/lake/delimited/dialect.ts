/** How a text table is written, told by its first bytes. */
import { UserError } from "../../core/errors.ts";
import { DELIMITERS, sniffDelimiter } from "../csv-format.ts";
import { type CsvRecord, CsvScanner } from "../csv-scan.ts";
import { type Renamed, uniqueNames } from "../names.ts";

export interface Dialect {
  readonly delimiter: string;
  /** Whether the first record names the columns. */
  readonly header: boolean;
  readonly names: readonly string[];
  readonly renamed: readonly Renamed[];
}

export interface GivenDialect {
  readonly delimiter?: string;
  readonly header?: boolean;
}

/** Records that are looked at. */
const LOOKED_AT = 100;

/**
 * Names that are empty or there twice are made unique. Without a header the columns are column_1, column_2, …: told by a first record whose
 * cells are numbers or dates in the columns that hold such below it, all of them.
 * @param head UTF-8, without a byte order mark
 * @throws UserError when there is nothing in it, or for a delimiter that cannot be one
 */
export function sniffDialect(head: Buffer, source: string, given: GivenDialect): Dialect {
  const delimiter = given.delimiter ?? sniffDelimiter(head, source);
  if (!/^[\t\x20-\x7e]$/.test(delimiter) || delimiter === '"') {
    throw new UserError(
      `the delimiter has to be one ASCII character other than a quote: ${JSON.stringify(delimiter)}`,
      {
        where: "--delimiter",
        fix: `Use one of ${DELIMITERS.map((one) => JSON.stringify(one)).join(" ")}.`,
      },
    );
  }
  const [first, ...below] = recordsOf(head, delimiter, source);
  if (first === undefined) {
    throw new UserError("there is no row in the file", { where: source, fix: "Give a table with a header." });
  }
  const header = given.header ?? !isData(first, below);
  return { delimiter, header, ...uniqueNames(header ? first : first.map(() => "")) };
}

function recordsOf(head: Buffer, delimiter: string, source: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  const take = ({ bytes, bounds, fields }: CsvRecord): boolean => {
    records.push(Array.from({ length: fields }, (_, i) => bytes.toString("utf8", bounds[2 * i], bounds[2 * i + 1])));
    return records.length < LOOKED_AT;
  };
  const scanner = new CsvScanner(delimiter, source, take);
  try {
    if (scanner.write(head)) scanner.end();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // A quote that makes no sense: the header as it stands.
    const [line] = head
      .toString("utf8")
      .split(/[\r\n]+/)
      .filter((text) => text.trim() !== "");
    if (records.length === 0 && line !== undefined)
      return [line.split(delimiter).map((name) => name.replaceAll('"', ""))];
  }
  return records;
}

const isValue = (cell: string): boolean => /^[-+]?[\d.,]+(e[-+]?\d+)?$|^\d{4}-\d\d?-\d\d?/i.test(cell.trim());

function isData(first: readonly string[], below: readonly (readonly string[])[]): boolean {
  const rows = below.filter((row) => row.length === first.length);
  const valued = first.flatMap((cell, i) => {
    const cells = rows.map((row) => row[i]!).filter((text) => text !== "");
    return cells.length > 0 && cells.every(isValue) ? [cell] : [];
  });
  // A file of one row: numbers in it are no names.
  if (rows.length === 0) return first.some(isValue);
  return valued.length > 0 && valued.every((cell) => cell === "" || isValue(cell)) && valued.some(isValue);
}
