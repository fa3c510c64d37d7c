import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import type { ByteSource, ReadContext, SqlInput, SqlReader } from "../../core/lake.ts";
import { headBytes, withPath } from "../archives/bytes.ts";
import { type Dialect, sniffDialect } from "../delimited/dialect.ts";
import { mendText } from "../delimited/mend.ts";
import { guessTypes, MISFIT, proveTypes, queryOf, type TextTable } from "../delimited/types.ts";
import { decoded, scanText, utf16Of } from "../encoding/text.ts";

const optionsSchema = z.object({
  delimiter: z.string().optional(),
  encoding: z.string().optional(),
  header: z.boolean().optional(),
  decimal: z.enum([",", "."]).optional(),
});

/** What a file is told by. */
const HEAD = 4 << 20;

/** Of an input: how its text is written, and what was done about it so far. */
interface CsvInput extends TextTable {
  readonly names: readonly string[];
  /** Whether the records were gone through one by one. */
  readonly isMended: boolean;
  readonly encoding: string;
}

export const reader: SqlReader = {
  id: "csv",
  title: "Text table (CSV, TSV)",
  kind: "sql",

  detect(name, head) {
    if (head.includes(0) && utf16Of(head) === undefined) return /\.(csv|tsv)$/i.test(name) ? 0.3 : 0;
    return /\.(csv|tsv|tab)$/i.test(name) ? 0.9 : /\.txt$/i.test(name) ? 0.2 : 0;
  },

  async prepare(source, folder, context, options) {
    const given = optionsSchema.parse(options);
    const local = await withPath(source, folder);
    const { encoding, isClean } = await scanText(local.open(), context.signal, given.encoding);
    const dialect = await dialectOf(local, encoding, isClean, given);
    for (const { name } of dialect.renamed) {
      if (dialect.header)
        context.notice(
          "renamed-column",
          `${source.name}: a column without a name of its own is read as ${JSON.stringify(name)}`,
        );
    }
    if (!dialect.header)
      context.notice("no-header", `${source.name} has no header: its columns are column_1, column_2, …`);
    const start = { dialect, encoding, given };
    if (!isClean) return [await mended(local, start, folder, context)];
    try {
      const table = await guessTypes(context.ask!, local.path, { ...dialect, decimal: given.decimal });
      return [{ path: local.path, options: { ...table, names: dialect.names, encoding, isMended: false } }];
    } catch (error) {
      context.signal.throwIfAborted();
      if (!/sniffing|CSV Error/i.test(messageOf(error))) throw error;
      return [await mended(local, start, folder, context)];
    }
  },

  query: (path, options) => queryOf(path, options as unknown as CsvInput),

  async mend({ input, error }, source, folder, context) {
    const table = input.options as unknown as CsvInput;
    const isMisfit = messageOf(error).includes(MISFIT) || /^Conversion Error/.test(messageOf(error));
    if (isMisfit && !table.isProven) {
      const proven = await proveTypes(context.ask!, input.path, table).catch(() => undefined);
      if (proven !== undefined) {
        tellWidened(source.name, table, proven, context);
        return { ...input, options: { ...table, ...proven } };
      }
    }
    if (table.isMended) return undefined;
    const local = await withPath(source, folder);
    const dialect = { ...table, renamed: [] };
    return mended(local, { dialect, encoding: table.encoding, given: { decimal: table.decimal } }, folder, context);
  },
};

interface Start {
  readonly dialect: Dialect;
  readonly encoding: string;
  readonly given: { readonly decimal?: "," | "." };
}

/** A copy of which every record is well-formed. */
async function mended(
  source: ByteSource & { readonly path: string },
  { dialect, encoding, given }: Start,
  folder: string,
  context: ReadContext,
): Promise<SqlInput> {
  const path = join(folder, "mended.csv");
  const isUtf8 = encoding === "utf-8";
  const { delimiter, header, names } = dialect;
  if (!isUtf8) context.notice("encoding", `${source.name} is read as ${encoding}`);
  await mendText(
    isUtf8 ? source.open() : decoded(source.open(), encoding),
    path,
    { source: source.name, delimiter, fields: names.length, isOriginal: isUtf8 },
    context,
  );
  const text = names.map((name) => ({ name, type: "VARCHAR" }));
  const asText: TextTable = { delimiter, header, decimal: given.decimal ?? ".", columns: text, isProven: true };
  const table = await guessTypes(context.ask!, path, { ...dialect, ...given }).catch(() => asText);
  return { path, options: { ...table, names, encoding, isMended: true } };
}

async function dialectOf(
  source: ByteSource,
  encoding: string,
  isClean: boolean,
  given: z.infer<typeof optionsSchema>,
): Promise<Dialect> {
  let head = await headBytes(source, HEAD);
  if (encoding !== "utf-8") head = Buffer.from(new TextDecoder(encoding).decode(head));
  else if (!isClean) head = Buffer.from(head.filter((byte) => byte !== 0));
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) head = head.subarray(3);
  return sniffDialect(head, source.name, given);
}

function tellWidened(source: string, before: TextTable, after: TextTable, context: ReadContext): void {
  for (const [i, { name, type }] of before.columns.entries()) {
    const now = after.columns[i]!.type;
    if (now === type) continue;
    const what = now === "VARCHAR" ? "text" : now;
    context.notice(
      "widened-column",
      `${source}: column ${JSON.stringify(name)} is ${what}: not all of its cells are ${type}`,
    );
  }
}
