import type { Notice } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { ColumnCollector } from "./csv-column.ts";
import { DELIMITERS, type Encoding, encodingOf, sniffDelimiter } from "./csv-format.ts";
import { type CsvRecord, CsvScanner } from "./csv-scan.ts";
import { columnNames } from "./names.ts";
import { chunksOf, type Source } from "./source.ts";
import type { RawOptions, RawTable } from "./table.ts";

/**
 * Reads delimited text by an own scanner. DuckDB's reader, tried first (all cells as text, then typed by SQL), took 3.7
 * times the CPU and 1.7 times the memory on 100,000 × 140; besides, every error has to name its line, Latin-1 has to be
 * told from UTF-8, and the rules of inference have to be the same for every format.
 *
 * The file is read again only when it proves not to be UTF-8, or when text follows in what had been a long column of
 * numbers.
 */
export async function readCsv(source: Source, options: RawOptions): Promise<RawTable> {
  const { encoding, markBytes } = encodingOf(source.head, source.path);
  const head = Buffer.from(
    encoding.startsWith("utf-16") ? new TextDecoder(encoding).decode(source.head) : source.head.subarray(markBytes),
  );
  const delimiter = options.delimiter ?? sniffDelimiter(head, source.path);
  if (!/^[\t\x20-\x7e]$/.test(delimiter) || delimiter === '"') {
    throw new UserError(
      `the delimiter has to be one ASCII character other than a quote: ${JSON.stringify(delimiter)}`,
      {
        where: source.path,
        fix: `Use one of ${DELIMITERS.map((d) => JSON.stringify(d)).join(" ")}.`,
      },
    );
  }
  let pass: Pass = { encoding, delimiter, asText: new Set() };
  for (;;) {
    const result = await readOnce(source, options, pass);
    if ("columns" in result) return result;
    pass = { ...pass, ...result };
  }
}

interface Pass {
  readonly encoding: Encoding;
  readonly delimiter: string;
  /** Positions of columns that turned out to be text. */
  readonly asText: ReadonlySet<number>;
}

async function readOnce(source: Source, options: RawOptions, pass: Pass): Promise<RawTable | Partial<Pass>> {
  const { path } = source;
  const decoder = new TextDecoder(pass.encoding === "windows-1252" ? "windows-1252" : "utf-8", { fatal: true });
  const decode = (bytes: Uint8Array): string => decoder.decode(bytes);
  const notices: Notice[] = [];
  if (pass.encoding === "windows-1252") {
    notices.push({ code: "latin-1", message: "the file is not UTF-8; read as Latin-1 (windows-1252)" });
  }
  let names: readonly string[] | undefined;
  let collectors: (ColumnCollector | undefined)[] = [];
  let rows = 0;
  const limit = options.limitRows ?? Number.POSITIVE_INFINITY;

  const onHeader = (record: CsvRecord): void => {
    const header = columnNames(fieldTexts(record, decode));
    names = header.names;
    notices.push(...header.notices);
    collectors = names.map((name, position) => {
      if (options.skip.has(name)) return undefined;
      const asText = options.asText.has(name) || pass.asText.has(position);
      return new ColumnCollector({ asText, decimalComma: pass.delimiter !== ",", missing: options.missing, decode });
    });
  };
  const onRecord = (record: CsvRecord): boolean => {
    if (names === undefined) {
      onHeader(record);
      return limit > 0;
    }
    if (record.fields !== names.length) throw raggedRow(path, record, names.length);
    const { bytes, bounds } = record;
    for (let i = 0; i < collectors.length; i++) collectors[i]?.push(bytes, bounds[2 * i]!, bounds[2 * i + 1]!);
    return ++rows < limit;
  };

  const scanner = new CsvScanner(pass.delimiter, path, onRecord);
  try {
    for await (const chunk of textChunks(source, pass.encoding)) if (!scanner.write(chunk)) break;
    scanner.end();
  } catch (error) {
    const notUtf8 = (error as { code?: unknown }).code === "ERR_ENCODING_INVALID_ENCODED_DATA";
    if (notUtf8 && pass.encoding === "utf-8") return { encoding: "windows-1252" };
    throw error;
  }
  if (names === undefined) {
    throw new UserError("the file is empty", { where: path, fix: "Give a table with a header and one row a patient." });
  }
  const broken = [...collectors.keys()].filter((i) => collectors[i]?.broken);
  if (broken.length > 0) return { asText: new Set([...pass.asText, ...broken]) };
  const columns = names.map((name, i) => ({
    name,
    values: collectors[i]?.finish() ?? ({ form: "other", type: "skipped" } as const),
  }));
  return { rows, columns, decimalComma: pass.delimiter !== ",", notices };
}

/** Bytes of the file without its byte order mark, in UTF-8 or windows-1252. */
async function* textChunks(source: Source, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding.startsWith("utf-16")) {
    const decoder = new TextDecoder(encoding);
    for await (const chunk of chunksOf(source)) yield Buffer.from(decoder.decode(chunk, { stream: true }));
    return;
  }
  let { markBytes } = encodingOf(source.head, source.path);
  for await (const chunk of chunksOf(source)) {
    yield chunk.subarray(markBytes);
    markBytes = 0;
  }
}

function fieldTexts(record: CsvRecord, decode: (bytes: Uint8Array) => string): string[] {
  const { bytes, bounds } = record;
  return Array.from({ length: record.fields }, (_, i) => decode(bytes.subarray(bounds[2 * i], bounds[2 * i + 1])));
}

function raggedRow(path: string, record: CsvRecord, wanted: number): UserError {
  return new UserError(`this row has ${record.fields} fields, the header has ${wanted}`, {
    where: `${path}:${record.line}`,
    fix: "Mend the row: a delimiter inside a field needs quotes around the field; a missing cell is left empty.",
  });
}
