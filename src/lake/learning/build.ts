/** Builds a learning table: one row a patient, with the label and what was known before the index. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import type { LakeColumn, TableVersion } from "../../core/lake.ts";
import { type Duck, fileLiteral, identifier, openDuck } from "../engine/duck.ts";
import { openLease } from "../ingest/lease.ts";
import { schemaOf, writeParquet } from "../ingest/parts.ts";
import { hashFile } from "../ingest/sources.ts";
import type { Lake } from "../lake.ts";
import { nearest } from "../source.ts";
import { showAddress } from "../versions/address.ts";
import { hashContent } from "../versions/manifest.ts";
import { localParts, selectParts } from "../versions/views.ts";
import { asOfSource, asOfSql } from "./as-of.ts";
import { cohortSql, type FactsByTable, sourceOf, visitsNeeded } from "./cohort.ts";
import { codeIs } from "./conditions.ts";
import type { Declaration } from "./declaration.ts";
import { type FeatureColumn, featureSql } from "./features.ts";
import { type LearningRoles, rolesEntry } from "./roles.ts";
import { factsOf } from "./tables.ts";

/** A declaration, read and checked, its files of codes too. */
export interface Declared {
  readonly name: string;
  /** For messages and the lineage: "lake/NAME.yaml". */
  readonly file: string;
  readonly declaration: Declaration;
}

export interface BuildOptions {
  /** Shows what would be asked, and makes nothing. */
  readonly dryRun?: boolean;
  /** Build a second time from the lake as it was before each index, and compare. Default: true. */
  readonly check?: boolean;
  /** Of this program, for the record. */
  readonly program: string;
  readonly signal?: AbortSignal;
  readonly notify: (notice: { readonly code: string; readonly message: string }) => void;
}

export interface BuildResult {
  readonly table: string;
  /** Null in a dry run. */
  readonly address: string | null;
  readonly version: number | null;
  /** False where it was there already, of the same inputs. */
  readonly isNew: boolean;
  readonly rows: number;
  readonly columns: readonly string[];
  /** Patients by class. */
  readonly classes: Readonly<Record<string, number>>;
  /** Patients who were left out, by reason. */
  readonly excluded: Readonly<Record<string, number>>;
  readonly lineage: readonly string[];
  /** Whether it was built a second time without what came later, to the same bytes. Null where it was not asked. */
  readonly checked: boolean | null;
  readonly sql: readonly string[];
}

/**
 * Builds a table as the next version; the same inputs make none.
 * @throws UserError for what the declaration asks and the lake does not have, for a table without rows or with one class, and when the
 *   check finds a feature that has seen what came after the index
 */
export async function buildTable(lake: Lake, declared: Declared, options: BuildOptions): Promise<BuildResult> {
  const { name, declaration } = declared;
  const inputs = await inputsOf(lake, declared);
  const facts = factsOfAll(declaration, inputs);
  const cohort = cohortSql(declaration, facts);
  const features = featureSql(declaration, facts);
  const query = tableSql(declaration, features);
  checkNames(declared, features.columns);
  for (const message of cohort.warnings) options.notify({ code: "label-dependent-index", message });
  const sql = [...cohort.statements, query];
  const lineage = lineageOf(declared, inputs, sql, options.program);
  if (options.dryRun) {
    const columns = columnNames(declaration, features.columns);
    const nothing = { version: null, address: null, isNew: false, rows: 0, classes: {}, excluded: {}, checked: null };
    return { table: name, ...nothing, columns, lineage, sql };
  }
  const newest = await newestOf(lake, name);
  if (newest?.change === "build" && isMadeAs(newest.lineage, lineage)) {
    return { ...told(newest, false), classes: {}, excluded: {}, checked: null, sql };
  }
  await using duck = await openDuck(lake.duck);
  await openInputs(duck, lake, inputs);
  for (const statement of cohort.statements) {
    options.signal?.throwIfAborted();
    await duck.run(statement);
  }
  const classes = await countBy(duck, "class", "work.cohort");
  const excluded = await countBy(duck, "reason", "work.candidates WHERE reason IS NOT NULL");
  refuseEmpty(declared, classes, excluded);
  await refuseMixedUnits(duck, declaration, facts);
  const folder = await mkdtemp(join(tmpdir(), "disease-build-"));
  try {
    const file = join(folder, "table.parquet");
    const rows = await writeParquet(duck, query, file);
    const hash = await hashFile(file);
    const checked =
      options.check === false || declaration.timeless ? null : await checkAsOf(duck, declared, facts, hash, folder);
    const schema = await schemaOf(duck, file);
    const version = await commit(
      lake,
      name,
      { file, rows, hash, schema },
      [...lineage, rolesEntry(rolesOf(declaration, features.columns))],
      Object.values(inputs),
    );
    return { ...told(version.made, version.isNew), classes, excluded, checked, sql };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Inputs = Readonly<Record<string, TableVersion>>;

/** The newest version of each table that the declaration names. */
async function inputsOf(lake: Lake, { name, file, declaration }: Declared): Promise<Inputs> {
  const tables = new Set([declaration.patients, declaration.label.table, ...featureTables(declaration)]);
  for (const event of [declaration.index?.first, declaration.index?.last]) if (event) tables.add(event.table);
  if (visitsNeeded(declaration)) tables.add(declaration.visits);
  if (tables.has(name)) {
    throw new UserError(`${name} would be made of itself`, { where: file, fix: "Give the declaration another name." });
  }
  const known = [...(await lake.table.newest()).keys()];
  const inputs: [string, TableVersion][] = [];
  for (const table of [...tables].sort()) {
    if (!known.includes(table)) {
      const near = nearest(table, known);
      throw new UserError(`the lake has no table ${table}`, {
        where: file,
        fix: near === undefined ? "`disease lake add FILE` takes files in." : `Did you mean ${near}?`,
      });
    }
    inputs.push([table, await lake.resolve({ table })]);
  }
  return Object.fromEntries(inputs);
}

function featureTables({ features }: Declaration): readonly string[] {
  return Object.values(features).flatMap(({ labels, count, days_since, value }) => {
    const asked = labels ?? count ?? days_since ?? value;
    return asked === undefined ? [] : [asked.table];
  });
}

const PROGRAM = "disease ";

/** The queries say what this program makes of the declaration. */
function lineageOf(
  { file, declaration }: Declared,
  inputs: Inputs,
  sql: readonly string[],
  program: string,
): readonly string[] {
  return [
    ...Object.values(inputs).map(showAddress),
    `${file} ${hashJson(declaration)}`,
    `sql ${hashJson(sql)}`,
    `${PROGRAM}${program}`,
  ];
}

/** Whether a version was made of the same, by whichever program. */
const isMadeAs = (there: readonly string[], now: readonly string[]): boolean =>
  now.every((entry) => entry.startsWith(PROGRAM) || there.includes(entry));

async function newestOf(lake: Lake, table: string): Promise<TableVersion | undefined> {
  const last = (await lake.table.numbers(table)).at(-1);
  return last === undefined ? undefined : lake.table.read(table, last);
}

function factsOfAll(declaration: Declaration, inputs: Inputs): FactsByTable {
  return new Map(
    Object.entries(inputs).map(([table, { schema }]) => [
      table,
      factsOf(table, schema, declaration.tables[table], table === declaration.patients),
    ]),
  );
}

async function openInputs(duck: Duck, lake: Lake, inputs: Inputs): Promise<void> {
  await duck.run("CREATE SCHEMA lake");
  for (const [table, version] of Object.entries(inputs)) {
    const files = await localParts(lake.storage, version);
    await duck.run(`CREATE VIEW ${sourceOf(table)} AS ${selectParts(version, files)}`);
  }
}

function columnNames({ index, label, group }: Declaration, features: readonly FeatureColumn[]): readonly string[] {
  const groups = group === "patient" ? [] : [group];
  return ["patient", ...groups, ...(index ? ["index_date"] : []), ...features.map(({ name }) => name), label.name];
}

function checkNames({ file, declaration }: Declared, features: readonly FeatureColumn[]): void {
  const names = columnNames(declaration, features).map((name) => name.toLowerCase());
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new UserError(`two columns are named ${twice}`, { where: file, fix: "Give one another name." });
}

function tableSql(
  declaration: Declaration,
  { columns, queries }: { readonly columns: readonly FeatureColumn[]; readonly queries: readonly string[] },
): string {
  const { index, label, group } = declaration;
  const selected = [
    "c.patient",
    ...(group === "patient" ? [] : [`p.own.${identifier(group)}::VARCHAR AS ${identifier(group)}`]),
    ...(index ? ["c.index_time AS index_date"] : []),
    ...columns.map(({ name, query, sql }) => `${sql(`f${query}`)} AS ${identifier(name)}`),
    `c.class AS ${identifier(label.name)}`,
  ];
  const joins = queries.map((query, i) => `LEFT JOIN (${query}) f${i} ON f${i}.place = c.place`);
  return [
    `SELECT ${selected.join(",\n  ")}`,
    "FROM work.cohort c JOIN work.people p ON p.patient = c.patient",
    ...joins,
    "ORDER BY c.place",
  ].join("\n");
}

function rolesOf({ index, label, group }: Declaration, features: readonly FeatureColumn[]): LearningRoles {
  return {
    target: label.name,
    group,
    columns: {
      ...(group === "patient" ? {} : { patient: { role: "ignore" as const } }),
      ...(index ? { index_date: { role: "ignore" as const } } : {}),
      ...Object.fromEntries(
        features
          .filter(({ multilabel }) => multilabel)
          .map(({ name }) => [name, { role: "feature" as const, type: "multilabel" as const, separator: "|" }]),
      ),
    },
  };
}

async function countBy(duck: Duck, column: string, from: string): Promise<Readonly<Record<string, number>>> {
  const rows = await duck.rows(`SELECT ${column} AS name, count(*)::DOUBLE AS n FROM ${from} GROUP BY ALL ORDER BY 1`);
  return Object.fromEntries(rows.map(({ name, n }) => [String(name), Number(n)]));
}

function refuseEmpty(
  { file }: Declared,
  classes: Readonly<Record<string, number>>,
  excluded: Readonly<Record<string, number>>,
): void {
  const found = Object.keys(classes);
  if (found.length > 1) return;
  const reasons = Object.entries(excluded).map(([reason, n]) => `${reason}: ${n}`);
  throw new UserError(found.length === 0 ? "no patient is left" : `all patients are of one class, ${found[0]}`, {
    where: file,
    fix: ["Look at label, index and exclude.", ...(reasons.length > 0 ? [`Left out: ${reasons.join(", ")}.`] : [])],
  });
}

/** Values of several units make no column. */
async function refuseMixedUnits(duck: Duck, declaration: Declaration, facts: FactsByTable): Promise<void> {
  for (const [name, { value }] of Object.entries(declaration.features)) {
    if (value === undefined || value.unit !== undefined) continue;
    const own = facts.get(value.table)!;
    const converted = own.columns.some((column) => column.name === "converted_unit") ? "converted_unit, " : "";
    if (own.unit === undefined) continue;
    const rows = await duck.rows(
      `SELECT DISTINCT coalesce(${converted}e.${identifier(own.unit)}) AS unit FROM ${sourceOf(value.table)} e WHERE ${codeIs("e", own, value.codes)} AND e.${identifier(own.unit)} IS NOT NULL ORDER BY 1 LIMIT 6`,
    );
    if (rows.length < 2) continue;
    throw new UserError(`${name}: the values have several units`, {
      where: `features.${name}.value.unit`,
      fix: `Name one: ${rows.map(({ unit }) => String(unit)).join(", ")}.`,
    });
  }
}

async function checkAsOf(
  duck: Duck,
  declared: Declared,
  facts: FactsByTable,
  hash: string,
  folder: string,
): Promise<true> {
  const { declaration } = declared;
  const timed = [...new Set(featureTables(declaration))];
  for (const statement of asOfSql(timed.map((table) => facts.get(table)!))) await duck.run(statement);
  const file = join(folder, "as-of.parquet");
  const features = featureSql(declaration, facts, asOfSource);
  await writeParquet(duck, tableSql(declaration, features), file);
  if ((await hashFile(file)) === hash) return true;
  const table = join(folder, "table.parquet");
  const both = `read_parquet(${fileLiteral(table)}) a JOIN read_parquet(${fileLiteral(file)}) b USING (patient)`;
  const differ: string[] = [];
  for (const { name } of features.columns) {
    const own = identifier(name);
    const [row] = await duck.rows(`SELECT count(*)::DOUBLE AS n FROM ${both} WHERE a.${own} IS DISTINCT FROM b.${own}`);
    if (Number(row?.n) > 0) differ.push(name);
  }
  throw new UserError(`what came after the index changes ${differ.join(", ") || "the table"}`, {
    where: declared.file,
    fix: "Nothing was built. Look at `known` of the tables; if it is right, please report this.",
  });
}

async function commit(
  lake: Lake,
  table: string,
  {
    file,
    rows,
    hash,
    schema,
  }: { readonly file: string; readonly rows: number; readonly hash: string; readonly schema: readonly LakeColumn[] },
  lineage: readonly string[],
  inputs: readonly TableVersion[],
): Promise<{ readonly made: TableVersion; readonly isNew: boolean }> {
  await using _lease = await openLease(lake.storage, lake.now());
  const path = `curated/${table}/${hash}.parquet`;
  const part = { path, rows, bytes: (await stat(file)).size, hash, ingest: "build" };
  await lake.storage.put(path, file);
  let isNew = true;
  const made = await lake.table.commit(table, (newest) => {
    const same = newest?.change === "build" && newest.hash === hashContent(schema, [part]);
    isNew = !(same && isMadeAs(newest.lineage, lineage));
    if (!isNew) return newest!;
    return {
      ...{ change: "build", time: lake.now(), who: lake.who, reader: "build", schema, parts: [part], sources: [] },
      ...{ lineage, quarantined: 0, deidentified: inputs.every(({ deidentified }) => deidentified) },
    };
  });
  return { made, isNew };
}

function told(version: TableVersion, isNew: boolean) {
  const { table, rows, schema, lineage } = version;
  return {
    ...{ table, rows, lineage, isNew, version: version.version, address: showAddress(version) },
    columns: schema.map(({ name }) => name),
  };
}
