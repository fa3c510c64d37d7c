import { open } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { SqlReader } from "../../core/lake.ts";
import { withPath } from "../archives/bytes.ts";
import { fileLiteral, identifier } from "../engine/duck.ts";
import { fieldsOf } from "../json/struct.ts";

const optionsSchema = z.object({ flatten: z.boolean().optional() });
/** Magic, length of the footer, magic. */
const LEAST_BYTES = 12;

export const reader: SqlReader = {
  id: "parquet",
  title: "Parquet",
  kind: "sql",
  detect(name, head) {
    const magic = Buffer.from(head.subarray(0, 4)).toString("latin1");
    return magic === "PAR1" || magic === "PARE" ? 1 : /\.(parquet|pq)$/i.test(name) ? 0.9 : 0;
  },

  /** @throws UserError for a file that is cut, encrypted or none */
  async prepare(source, folder, context, options) {
    const { path } = await withPath(source, folder);
    await refuseBroken(path, source.name);
    if (!optionsSchema.parse(options).flatten) return [{ path, options: {} }];
    const rows = await context.ask!(`DESCRIBE SELECT * FROM ${read(path)}`);
    const columns = rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
    const select = fieldsOf(columns).map(({ name, sql }) => `${sql} AS ${identifier(name)}`);
    return [{ path, options: { select: select.join(", ") } }];
  },

  query: (path, { select }) => `SELECT ${select ?? "*"} FROM ${read(path)}`,
};

const read = (path: string): string => `read_parquet(${fileLiteral(path)}, hive_partitioning = false)`;

async function refuseBroken(path: string, where: string): Promise<void> {
  await using file = await open(path);
  const { size } = await file.stat();
  const magicAt = async (at: number): Promise<string> =>
    (await file.read(Buffer.alloc(4), 0, 4, Math.max(0, at))).buffer.toString("latin1");
  const [first, last] = [await magicAt(0), await magicAt(size - 4)];
  if (first === "PARE" || last === "PARE") {
    throw new UserError("the Parquet file is encrypted", { where, fix: "Decrypt it first." });
  }
  if (first !== "PAR1") throw new UserError("this is no Parquet file", { where, fix: "It does not begin with PAR1." });
  if (last !== "PAR1" || size < LEAST_BYTES) {
    throw new UserError("the Parquet file is cut: its end is missing", { where, fix: "Copy it again." });
  }
}
