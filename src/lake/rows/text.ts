/** Rows of delimited text as a stream of cells, for models that answer row by row; nothing is inferred from other rows. */
import { UserError } from "../../core/errors.ts";
import { encodingOf, sniffDelimiter } from "../csv-format.ts";
import { type CsvRecord, CsvScanner } from "../csv-scan.ts";
import { columnNames } from "../names.ts";

/** Rows at once. */
const MOST_ROWS = 4096;

export interface RowBatch {
  /** The same in all batches. */
  readonly names: readonly string[];
  /** [rows][names]: texts, or what a Parquet file holds; null is missing */
  readonly rows: readonly (readonly unknown[])[];
  /** Where each row stands, for messages: "patients.csv:12". */
  where(row: number): string;
  /** Whether "1,5" may be a number. */
  readonly decimalComma: boolean;
}

/**
 * Cells of CSV or TSV as they arrive: a batch holds what has come until then. Cells that are no UTF-8 are read as Latin-1.
 * @param path for messages
 * @throws UserError for text that is no table, with its line
 */
export async function* readTextRows(
  chunks: AsyncIterable<Buffer>,
  path: string,
  delimiter?: string,
): AsyncGenerator<RowBatch> {
  const decode = createDecoder();
  let names: readonly string[] | undefined;
  let rows: string[][] = [];
  let lines: number[] = [];
  let scanner: CsvScanner | undefined;
  let decimalComma = false;
  let utf16: InstanceType<typeof TextDecoder> | undefined;
  const onRecord = (record: CsvRecord): boolean => {
    const cells = cellsIn(record, decode);
    if (names === undefined) names = columnNames(cells).names;
    else if (cells.length !== names.length) {
      throw new UserError(`this row has ${cells.length} fields, the header has ${names.length}`, {
        where: `${path}:${record.line}`,
        fix: "Mend the row: a delimiter inside a field needs quotes around the field; a missing cell is left empty.",
      });
    } else {
      rows.push(cells);
      lines.push(record.line);
    }
    return true;
  };
  function* taken(): Generator<RowBatch> {
    const [all, at] = [rows, lines];
    [rows, lines] = [[], []];
    for (let from = 0; from < all.length; from += MOST_ROWS) {
      const part = all.slice(from, from + MOST_ROWS);
      yield { names: names!, rows: part, where: (row) => `${path}:${at[from + row]}`, decimalComma };
    }
  }
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (scanner === undefined) {
      const { encoding, markBytes } = encodingOf(chunk, path);
      if (encoding.startsWith("utf-16")) utf16 = new TextDecoder(encoding);
      bytes = utf16 === undefined ? chunk.subarray(markBytes) : Buffer.from(utf16.decode(chunk, { stream: true }));
      const mark = delimiter ?? sniffDelimiter(bytes, path);
      decimalComma = mark !== ",";
      scanner = new CsvScanner(mark, path, onRecord);
    } else if (utf16 !== undefined) bytes = Buffer.from(utf16.decode(chunk, { stream: true }));
    scanner.write(bytes);
    yield* taken();
  }
  scanner?.end();
  yield* taken();
  if (names === undefined) {
    throw new UserError("the table is empty", {
      where: path,
      fix: "Give a table with a header and one row a patient.",
    });
  }
}

function createDecoder(): (bytes: Uint8Array) => string {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const latin1 = new TextDecoder("windows-1252");
  return (bytes) => {
    try {
      return utf8.decode(bytes);
    } catch {
      return latin1.decode(bytes);
    }
  };
}

function cellsIn({ bytes, bounds, fields }: CsvRecord, decode: (bytes: Uint8Array) => string): string[] {
  return Array.from({ length: fields }, (_, i) => decode(bytes.subarray(bounds[2 * i], bounds[2 * i + 1])));
}
