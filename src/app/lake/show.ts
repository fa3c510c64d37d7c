import { UserError } from "../../core/errors.ts";
import type { TableVersion } from "../../core/lake.ts";
import type { IngestRecord } from "../../lake/ingest/log.ts";
import type { Lake } from "../../lake/lake.ts";
import { parseAddress } from "../../lake/versions/address.ts";
import { diffLines, diffSchema } from "../../lake/versions/diff.ts";

export interface TableRow {
  readonly table: string;
  readonly version: number;
  readonly rows: number;
  readonly columns: number;
  readonly bytes: number;
  readonly time: number;
  readonly change: TableVersion["change"];
  readonly quarantined: number;
  readonly deidentified: boolean;
}

const tableRow = (version: TableVersion): TableRow => ({
  table: version.table,
  version: version.version,
  rows: version.rows,
  columns: version.schema.length,
  bytes: version.parts.reduce((sum, { bytes }) => sum + bytes, 0),
  time: version.time,
  change: version.change,
  quarantined: version.quarantined,
  deidentified: version.deidentified,
});

/** The newest version of every table. */
export async function lakeTables(lake: Lake): Promise<readonly TableRow[]> {
  return (await lake.tables()).map(tableRow);
}

export interface IngestRow {
  readonly ingest: string;
  readonly time: number;
  readonly who: string;
  readonly change: IngestRecord["change"];
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly tables: readonly string[];
  /** Whether not all of its versions are made yet. */
  readonly pending: boolean;
}

/** What was taken in, the newest first. */
export async function lakeIngests(lake: Lake): Promise<readonly IngestRow[]> {
  const { records, pending } = await lake.log.read();
  return records.toReversed().map((record) => ({
    ingest: record.id,
    time: record.time,
    who: record.who,
    change: record.change,
    files: record.sources.length,
    bytes: record.sources.reduce((sum, { bytes }) => sum + bytes, 0),
    rows: record.tables.reduce((sum, { rows }) => sum + rows, 0),
    quarantined: record.quarantined,
    tables: record.tables.map(({ table }) => table),
    pending: pending.has(record.id),
  }));
}

export interface ShownTable {
  readonly kind: "table";
  readonly version: TableVersion;
  /** All versions, the newest first, with what became of the columns. */
  readonly history: readonly (TableRow & {
    readonly who: string;
    readonly sources: readonly string[];
    readonly diff: readonly string[];
  })[];
}

export interface ShownIngest {
  readonly kind: "ingest";
  readonly ingest: IngestRecord;
  readonly pending: boolean;
}

/** A table, a version of one, or an ingest by its number. @throws UserError when there is none */
export async function lakeShow(lake: Lake, what: string): Promise<ShownTable | ShownIngest> {
  if (/^\d+$/.test(what)) {
    const { records, pending } = await lake.log.read();
    const ingest = records.find(({ id }) => Number(id) === Number(what));
    if (ingest === undefined)
      throw new UserError(`the lake has no ingest ${what}`, { fix: "`disease lake ls` lists them." });
    return { kind: "ingest", ingest, pending: pending.has(ingest.id) };
  }
  const address = parseAddress(what);
  const version = await lake.resolve(address);
  const versions = await lake.versions(address.table);
  const history = versions.map((one, i) => ({
    ...tableRow(one),
    who: one.who,
    sources: one.sources.map(({ name }) => name),
    diff: i === 0 ? [] : diffLines(diffSchema(versions[i - 1]!.schema, one.schema)),
  }));
  return { kind: "table", version, history: history.toReversed() };
}
