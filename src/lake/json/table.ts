/** Objects as rows of a table. */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { ByteSource, LakeColumn, ReadContext, SqlInput, SqlReader } from "../../core/lake.ts";
import { headBytes, withPath } from "../archives/bytes.ts";
import { decoded, utf16Of } from "../encoding/text.ts";
import { fileLiteral, identifier, literal } from "../engine/duck.ts";
import { MOST_BYTES, mendJson } from "./mend.ts";
import { fieldsOf } from "./struct.ts";

const optionsSchema = z.object({ flatten: z.boolean().optional() });

type Format = "newline_delimited" | "auto";

interface JsonInput {
  readonly format: Format;
  readonly flatten: boolean;
  /** In place of a look at all objects, where it is the same. */
  readonly columns?: readonly LakeColumn[];
  readonly select: string;
  readonly isMended: boolean;
}

/** The reader of objects that are written in one of the ways. Types hold for all objects, not for the first ones. */
export function jsonReader(format: Format): Pick<SqlReader, "kind" | "prepare" | "query" | "mend"> {
  return {
    kind: "sql",
    async prepare(source, folder, context, options) {
      const flatten = optionsSchema.parse(options).flatten ?? false;
      const local = await withPath(await inUtf8(source, context), folder);
      try {
        return [await inputOf(context, local.path, { format, flatten, isMended: false })];
      } catch {
        context.signal.throwIfAborted();
        return [await mended(source, folder, context, flatten)];
      }
    },
    query: (path, options) => {
      const { select, format: written, columns } = options as unknown as JsonInput;
      return `SELECT ${select} FROM ${readJson(path, written, columns)}`;
    },
    async mend({ input }, source, folder, context) {
      const { isMended, flatten } = input.options as unknown as JsonInput;
      return isMended ? undefined : mended(source, folder, context, flatten);
    },
  };
}

async function inUtf8(source: ByteSource, context: ReadContext): Promise<ByteSource> {
  const encoding = utf16Of(await headBytes(source, 4096));
  if (encoding === undefined) return source;
  context.notice("encoding", `${source.name} is read as ${encoding}`);
  return { name: source.name, open: () => decoded(source.open(), encoding) };
}

async function mended(source: ByteSource, folder: string, context: ReadContext, flatten: boolean): Promise<SqlInput> {
  const path = join(folder, "mended.ndjson");
  const good = await mendJson(await inUtf8(source, context), path, context);
  if (good === 0) {
    throw new UserError("there is no object in the file that can be read", {
      where: source.name,
      fix: "Give one JSON object a row: in a list, or one a line.",
    });
  }
  return inputOf(context, path, { format: "newline_delimited", flatten, isMended: true });
}

async function inputOf(
  context: ReadContext,
  path: string,
  { format, flatten, isMended }: { readonly format: Format; readonly flatten: boolean; readonly isMended: boolean },
): Promise<SqlInput> {
  const described = await context.ask!(`DESCRIBE SELECT * FROM ${readJson(path, format)}`);
  const columns = described.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
  const select = (flatten ? fieldsOf(columns) : columns.map((column) => ({ ...column, sql: identifier(column.name) })))
    .map(({ name, type, sql }) => `${plain(sql, type)} AS ${identifier(name)}`)
    .join(", ");
  // Keys that differ by their case only were renamed: they are not found by their names.
  const isPlain = columns.every(({ name }) => name !== "" && !/_\d+$/.test(name));
  const options: JsonInput = { format, flatten, select, isMended, ...(isPlain && { columns }) };
  return { path, options: { ...options } };
}

/** Types of the lake: times of day and identifiers are text. */
const plain = (sql: string, type: string): string => (/^(TIME|UUID)$/.test(type) ? `${sql}::VARCHAR` : sql);

function readJson(path: string, format: Format, columns?: readonly LakeColumn[]): string {
  const how =
    columns === undefined
      ? "sample_size = -1, records = true"
      : `records = true, columns = {${columns.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(", ")}}`;
  return `read_json(${fileLiteral(path)}, format = ${literal(format)}, ${how}, maximum_object_size = ${MOST_BYTES})`;
}
