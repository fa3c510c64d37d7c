import { UserError } from "../../core/errors.ts";
import type { LakeColumn } from "../../core/lake.ts";
import { type Duck, fileLiteral, identifier } from "../engine/duck.ts";
import { diffLines, diffSchema, fitsInto, mergeSchema, type SchemaDiff } from "../versions/diff.ts";
import type { SourcedPart } from "./make.ts";
import { retype } from "./parts.ts";

export interface Reconciled {
  readonly schema: readonly LakeColumn[];
  readonly parts: readonly SourcedPart[];
  /** Columns that the table has got by it. */
  readonly added: readonly LakeColumn[];
}

/**
 * Parts of a table, made to agree with its columns: a narrower type is widened, an empty column takes any type, a new column is added.
 * @param before the table's columns so far
 * @throws UserError with the diff where a column is gone or has another type
 */
export async function reconcile(
  duck: Duck,
  table: string,
  before: readonly LakeColumn[] | undefined,
  parts: readonly SourcedPart[],
  folder: string,
): Promise<Reconciled> {
  let schema = before;
  const agreed: SourcedPart[] = [];
  for (const part of parts) {
    if (schema === undefined) schema = part.schema;
    const diff = diffSchema(schema, part.schema);
    const types = new Map<string, string>();
    for (const { name, from, to } of diff.retyped) {
      if (fitsInto(to, from) || (to === "VARCHAR" && (await isEmpty(duck, part, name))))
        types.set(nameIn(part, name), from);
    }
    const refused = { ...diff, retyped: diff.retyped.filter(({ name }) => !types.has(nameIn(part, name))) };
    if (refused.removed.length + refused.retyped.length > 0) throw changed(table, refused, before !== undefined);
    agreed.push(types.size === 0 ? part : { ...part, ...(await retype(duck, part, types, folder)) });
    schema = mergeSchema(schema, part.schema);
  }
  return { schema: schema!, parts: agreed, added: before === undefined ? [] : diffSchema(before, schema!).added };
}

function changed(table: string, diff: SchemaDiff, isOld: boolean): UserError {
  return new UserError(
    isOld ? `the columns of table ${table} changed` : `the files of table ${table} have different columns`,
    {
      where: table,
      fix: [
        ...diffLines(diff),
        isOld
          ? "Take the file in with --replace, under another name with --table, or mend it."
          : "Take them in one by one under names of their own (--table), or mend them.",
      ],
    },
  );
}

const nameIn = ({ schema }: SourcedPart, name: string): string =>
  schema.find((column) => column.name.toLowerCase() === name.toLowerCase())!.name;

async function isEmpty(duck: Duck, part: SourcedPart, name: string): Promise<boolean> {
  const file = fileLiteral(part.file);
  const [row] = await duck.rows(
    `SELECT count(${identifier(nameIn(part, name))})::DOUBLE AS filled FROM read_parquet(${file})`,
  );
  return row!.filled === 0;
}
