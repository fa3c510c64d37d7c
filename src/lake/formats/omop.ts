import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ByteSource, LakeColumn, ReadContext, SqlInput, SqlReader } from "../../core/lake.ts";
import { fileSource } from "../ingest/sources.ts";
import { tidyQuery } from "../omop/map.ts";
import { omopTables } from "../omop/tables.ts";
import { tableOf } from "../versions/address.ts";
import { reader as csv } from "./csv.ts";

const CONCEPTS = "omop:concepts";

/** Of an input beside those of a text table. */
interface OmopInput {
  readonly columns: readonly LakeColumn[];
  /** Name of OMOP's table that is to be made tidy. */
  readonly tidy?: string;
  /** Query over concept.csv. */
  readonly concept?: string;
  /** How often it was mended. */
  readonly mends?: number;
}

/** OMOP's tables as they are, "omop_person", and as the tidy tables that FHIR gives, "patients". */
export const reader: SqlReader = {
  id: "omop",
  title: "OMOP CDM v5.4 (CSV)",
  kind: "sql",

  detect(name, head) {
    const table = omopTables[tableOf(name)];
    if (table === undefined || !/\.(csv|tsv|txt)$/i.test(name)) return 0;
    const [header = ""] = Buffer.from(head)
      .toString("latin1")
      .toLowerCase()
      .split(/[\r\n]/, 1);
    return table.known.every((column) => header.includes(column)) ? 0.97 : 0;
  },

  async prepare(source, folder, context, options) {
    const name = tableOf(source.name);
    const [input] = await csv.prepare!(source, folder, context, options);
    if (name === "concept") context.shared?.set(CONCEPTS, csv.query(input!.path, input!.options!));
    const whole = { ...input!, table: `omop_${name}` };
    if (omopTables[name]?.tidy === undefined) return [whole];
    const concept = await conceptsFor(source, folder, context);
    if (concept === undefined) {
      context.notice("no-concepts", `${source.name}: without concept.csv beside it, codes are OMOP's concept ids`);
    }
    const tidy: SqlInput = {
      path: input!.path,
      table: omopTables[name].tidy.table,
      options: { ...input!.options, tidy: name, concept },
    };
    return [whole, tidy];
  },

  query(path, options) {
    const { tidy, concept, columns } = options as unknown as OmopInput;
    const rows = csv.query(path, options);
    return tidy === undefined ? rows : tidyQuery(rows, columns, omopTables[tidy]!, concept);
  },

  /** Once for both tables: lines are put aside once. */
  async mend(failed, source, folder, context, options) {
    const { tidy, concept, mends = 0 } = failed.input.options as unknown as OmopInput;
    const key = `omop:${source.name}:${mends}`;
    const mended =
      (context.shared?.get(key) as SqlInput | undefined) ?? (await csv.mend!(failed, source, folder, context, options));
    if (mended === undefined) return undefined;
    context.shared?.set(key, mended);
    const own = { tidy, concept, mends: mends + 1 };
    return { ...mended, table: failed.input.table, options: { ...mended.options, ...own } };
  },
};

/** Read in this ingest before, or beside the file. */
async function conceptsFor(source: ByteSource, folder: string, context: ReadContext): Promise<string | undefined> {
  const known = context.shared?.get(CONCEPTS) as string | undefined;
  if (known !== undefined || source.path === undefined) return known;
  const place = dirname(source.path);
  const file = (await readdir(place)).find((name) => /^concept\.csv$/i.test(name));
  if (file === undefined) return undefined;
  const quiet = { ...context, notice: () => {}, quarantine: () => {} };
  const [input] = await csv.prepare!(fileSource(join(place, file), file, 0), folder, quiet, {});
  return csv.query(input!.path, input!.options!);
}
