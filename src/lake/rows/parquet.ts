/** Rows of a Parquet file as a stream of cells, and a table of text as a Parquet file. */
import { UserError } from "../../core/errors.ts";
import { fileLiteral, literal } from "../engine/duck.ts";
import { describeParquet, expression, openParquet } from "../parquet.ts";
import type { Source } from "../source.ts";
import type { RowBatch } from "./text.ts";

/** Columns that are no numbers, texts or lists are left out. @throws UserError when it cannot be read */
export async function* readParquetRows(source: Source): AsyncGenerator<RowBatch> {
  await using duck = await openParquet(source);
  const { names, forms, result } = await duck.does(async (connection) => {
    const { table, columns } = await describeParquet(connection, duck.file);
    const wanted = columns.filter((column) => column.form !== undefined);
    if (wanted.length === 0) throw new UserError("the table has no column of numbers or texts", { where: source.path });
    const select = wanted.map(({ column, form }) => expression(column, form!)).join(", ");
    return {
      names: wanted.map(({ name }) => name),
      forms: wanted.map(({ form }) => form),
      result: await connection.stream(`SELECT ${select} FROM ${table}`),
    };
  });
  for (let at = 0; ; ) {
    const chunk = await duck.does(() => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    const cells = chunk.convertRows((value) => plainValue(value));
    const rows = cells.map((row) =>
      row.map((value, i) => (forms[i] === "boolean" && value !== null ? value === 1 : value)),
    );
    const first = at;
    yield { names, rows, where: (row) => `${source.path}, row ${first + row + 1}`, decimalComma: false };
    at += rows.length;
  }
}

/** A list of DuckDB as a list. */
function plainValue(value: unknown): unknown {
  const items = value !== null && typeof value === "object" && "items" in value ? value.items : value;
  return Array.isArray(items) ? items.filter((item) => item !== null) : items;
}

/**
 * Writes a CSV file (with a header, empty cells being missing) as Parquet, without holding it in memory.
 * @param types DuckDB's, by column, in the file's order
 */
export async function csvToParquet(csv: string, out: string, types: Readonly<Record<string, string>>): Promise<void> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    ...{ autoinstall_known_extensions: "false", autoload_known_extensions: "false" },
  });
  try {
    const columns = Object.entries(types).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
    const read = `read_csv(${fileLiteral(csv)}, header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, columns = {${columns.join(", ")}})`;
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT * FROM ${read}) TO ${literal(out)} (FORMAT parquet, COMPRESSION zstd)`);
  } finally {
    instance.closeSync();
  }
}
