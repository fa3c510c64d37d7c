/** Features of a learning table, as SQL over work.cohort. */
import { UserError } from "../../core/errors.ts";
import { identifier, literal } from "../engine/duck.ts";
import { type FactsByTable, interval, sourceOf } from "./cohort.ts";
import { codeColumn, codeIs, rowsOf } from "./conditions.ts";
import type { Declaration, EventSpec, Feature, Take } from "./declaration.ts";
import { columnOf, hasColumn, knownAt, type TableFacts } from "./tables.ts";

export interface FeatureColumn {
  readonly name: string;
  /** Of the query below that gives it; undefined for what is known of the patient. */
  readonly query?: number;
  /** What the table has: an expression over the cohort (c), the patients (p) or the query's row, by its alias. */
  sql(row: string): string;
  readonly multilabel: boolean;
}

export interface FeatureSql {
  readonly columns: readonly FeatureColumn[];
  /** Each gives rows by `place`. */
  readonly queries: readonly string[];
}

/** Where rows are read: the lake, or the lake as it was before each index. */
export type Source = (table: string) => string;

interface Asked extends EventSpec {
  readonly window?: string;
}

/**
 * The rows of a table that a feature may see: what was known before the index. There is no other way to them.
 * @returns FROM and WHERE of a query with the cohort as c and the table as e, and the moment at which a row was known
 */
export function knownRows(
  facts: TableFacts,
  source: Source,
  { timeless, window }: { readonly timeless: boolean; readonly window?: string },
): { readonly from: string; readonly where: readonly string[]; readonly known: string } {
  const from = `work.cohort c JOIN ${source(facts.table)} e ON ${columnOf("e", facts.patient)} = c.patient`;
  if (timeless) return { from, where: [], known: "NULL::TIMESTAMP" };
  const known = knownAt("e", facts);
  const where = [`${known} < c.index_time`];
  if (window !== undefined) where.push(windowIs(known, window));
  return { from, where, known };
}

const windowIs = (known: string, window: string): string => `${known} >= c.index_time - ${interval(window)}`;

/** @throws UserError for a table without times that nobody called timeless, and for what its tables do not have */
export function featureSql(declaration: Declaration, facts: FactsByTable, source: Source = sourceOf): FeatureSql {
  const columns: FeatureColumn[] = [];
  const queries: string[] = [];
  const grouped = new Map<string, { readonly query: number; readonly parts: Part[]; readonly timeless: boolean }>();
  for (const [name, feature] of Object.entries(declaration.features)) {
    if (feature.age !== undefined) {
      columns.push({ name, sql: () => "date_sub('year', c.birth, c.index_time)", multilabel: false });
      continue;
    }
    if (feature.patient !== undefined) {
      const sql = patientSql(name, feature, declaration, facts);
      columns.push({ name, sql: () => sql, multilabel: false });
      continue;
    }
    const asked: Asked = (feature.labels ?? feature.count ?? feature.days_since ?? feature.value)!;
    const own = facts.get(asked.table)!;
    const timeless = timelessOf(name, feature, own, declaration);
    if (feature.labels !== undefined) {
      queries.push(labelsSql(own, source, feature.labels, timeless));
      columns.push({ name, query: queries.length - 1, sql: (row) => `coalesce(${row}.labels, '|')`, multilabel: true });
      continue;
    }
    const key = `${asked.table} ${timeless}`;
    const group = grouped.get(key) ?? { query: queries.push("") - 1, parts: [], timeless };
    grouped.set(key, group);
    const part = partOf(name, feature, own, asked, timeless, group.parts.length);
    group.parts.push(part);
    for (const { column, aggregate, counts } of part.results) {
      const sql = (row: string): string => (counts ? `coalesce(${row}.${aggregate}, 0)` : `${row}.${aggregate}`);
      columns.push({ name: column, query: group.query, sql, multilabel: false });
    }
    queries[group.query] = groupSql(own, source, group.parts, timeless);
  }
  return { columns, queries };
}

/** What is the same from birth on. */
const INBORN = ["sex", "birth_sex", "race", "ethnicity"];

function patientSql(name: string, feature: Feature, declaration: Declaration, facts: FactsByTable): string {
  const { patients } = declaration;
  const column = feature.patient!;
  const where = `features.${name}.patient`;
  const own = facts.get(patients)!;
  if (!hasColumn(own, column)) {
    throw new UserError(`table ${patients} has no column ${JSON.stringify(column)}`, {
      where,
      fix: `It has ${own.columns.map((c) => c.name).join(", ")}.`,
    });
  }
  if (/^(death|deceased|updated|version|suspect)/.test(column) || own.later.includes(column)) {
    throw new UserError(`column ${column} tells what came after the index`, { where, fix: "Leave it out." });
  }
  if (!feature.timeless && !declaration.timeless && !INBORN.includes(column)) {
    throw new UserError(`nothing says when ${column} of ${patients} was known`, {
      where,
      fix: "Say timeless: true beside it where it was the same before the index.",
    });
  }
  return `p.own.${identifier(column)}`;
}

function timelessOf(name: string, feature: Feature, own: TableFacts, declaration: Declaration): boolean {
  if (declaration.timeless) return true;
  const has = own.known.length > 0;
  if (has !== (feature.timeless === true)) return !has;
  const where = `features.${name}`;
  throw has
    ? new UserError(`table ${own.table} has times, so that it is not timeless`, { where, fix: "Leave timeless out." })
    : new UserError(`table ${own.table} has no times: nothing says what was known before the index`, {
        where,
        fix: [
          "Say timeless: true beside it where all of it was known before,",
          `or name the times: tables: {${own.table}: {known: [COLUMN]}}.`,
        ],
      });
}

function labelsSql(own: TableFacts, source: Source, spec: NonNullable<Feature["labels"]>, timeless: boolean): string {
  const { from, where } = knownRows(own, source, { timeless, window: spec.window });
  const conditions = [...where, ...rowsOf("e", own, spec)];
  const code = codeColumn(own);
  const sets = spec.sets && Object.entries(spec.sets);
  const label =
    sets === undefined
      ? `replace(${columnOf("e", code)}::VARCHAR, '|', '/')`
      : `unnest([${sets.map(([name, codes]) => `CASE WHEN ${codeIs("e", own, codes)} THEN ${literal(name)} END`).join(", ")}])`;
  const seen = `SELECT DISTINCT c.place, ${label} AS label FROM ${from}${conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`}`;
  return `WITH seen AS (SELECT * FROM (${seen}) WHERE label IS NOT NULL), kept AS (SELECT label FROM seen GROUP BY label HAVING count(*) >= ${spec.min_patients}) SELECT place, string_agg(label, '|' ORDER BY label) AS labels FROM seen SEMI JOIN kept USING (label) GROUP BY place`;
}

/** A feature's share of the one pass over its table. */
interface Part {
  /** When a row is of it. */
  readonly condition: string;
  /** Expressions of the rows, by name. */
  readonly row: readonly (readonly [name: string, sql: string])[];
  readonly results: readonly {
    readonly column: string;
    readonly aggregate: string;
    readonly sql: string;
    /** Nothing is none of them. */
    readonly counts: boolean;
  }[];
}

function partOf(
  name: string,
  feature: Feature,
  own: TableFacts,
  asked: Asked,
  timeless: boolean,
  number: number,
): Part {
  const known = timeless ? "NULL::TIMESTAMP" : knownAt("e", own);
  const conditions = rowsOf("e", own, asked);
  const all = [...conditions, ...(asked.window === undefined || timeless ? [] : [windowIs(known, asked.window)])];
  const condition = all.length === 0 ? "true" : all.join(" AND ");
  if (feature.value !== undefined) return valuePart(name, feature.value, own, condition, timeless, number);
  const is = `is_${number}`;
  const sql =
    feature.count === undefined
      ? `floor(epoch(any_value(index_time) - max(known) FILTER (${is})) / 86400)`
      : `count(*) FILTER (${is})`;
  const result = { column: name, aggregate: `r_${number}`, sql, counts: feature.count !== undefined };
  return { condition, row: [[is, condition]], results: [result] };
}

function valuePart(
  name: string,
  spec: NonNullable<Feature["value"]>,
  own: TableFacts,
  condition: string,
  timeless: boolean,
  number: number,
): Part {
  const value = valueSql(name, spec, own);
  const v = `v_${number}`;
  if (timeless && spec.take.some((take) => take === "last" || take === "slope")) {
    throw new UserError(`table ${own.table} has no times, so that nothing is the last`, {
      where: `features.${name}.value.take`,
      fix: "Take mean, min, max or count.",
    });
  }
  const results = spec.take.map((take) => ({
    column: spec.take.length === 1 ? name : `${name}_${take}`,
    aggregate: `r_${number}_${take}`,
    sql: TAKEN[take](v),
    counts: take === "count",
  }));
  const row: [string, string][] = [[v, `CASE WHEN ${condition} THEN ${value} END`]];
  if (spec.take.includes("slope"))
    row.push([`m_${v}`, `CASE WHEN ${v} IS NOT NULL THEN date_diff('minute', c.index_time, ${knownAt("e", own)}) END`]);
  return { condition, row, results };
}

/** In the unit that is asked for, as it came or as it was converted. */
function valueSql(name: string, { unit }: NonNullable<Feature["value"]>, own: TableFacts): string {
  if (own.value === undefined) {
    throw new UserError(`table ${own.table} has no column of values`, {
      where: `features.${name}`,
      fix: `Name it: tables: {${own.table}: {value: COLUMN}}.`,
    });
  }
  const value = `${columnOf("e", own.value)}::DOUBLE`;
  const converted = hasColumn(own, "converted") ? "e.converted" : undefined;
  if (unit === undefined) return converted === undefined ? value : `coalesce(${converted}, ${value})`;
  const units = [
    ...(converted === undefined ? [] : [`WHEN e.converted_unit = ${literal(unit)} THEN ${converted}`]),
    ...[own.unit, hasColumn(own, "ucum") ? "ucum" : undefined].flatMap((column) =>
      column === undefined ? [] : [`WHEN ${columnOf("e", column)} = ${literal(unit)} THEN ${value}`],
    ),
  ];
  if (units.length > 0) return `CASE ${units.join(" ")} END`;
  throw new UserError(`table ${own.table} has no column of units`, {
    where: `features.${name}.value.unit`,
    fix: "Leave unit out.",
  });
}

/** Minutes of a year, in which the slope counts. */
const YEAR = 525_960;
/** Sums of decimals are the same in every order, those of doubles are not: threads sum in any. */
const exact = (sql: string): string => `sum(TRY_CAST(${sql} AS DECIMAL(38, 12)))::DOUBLE`;

/** By least squares; none of values at one moment. */
function slopeSql(v: string): string {
  const t = `m_${v}`;
  const [n, st, sv, stt] = [`count(${v})`, `sum(${t})::DOUBLE`, exact(v), `sum(${t} * ${t})::DOUBLE`];
  return `CASE WHEN min(${t}) < max(${t}) THEN ${YEAR} * (${n} * ${exact(`${t} * ${v}`)} - ${st} * ${sv}) / (${n} * ${stt} - ${st} * ${st}) END`;
}

const TAKEN: Readonly<Record<Take, (v: string) => string>> = {
  last: (v) => `max(CASE WHEN ${v} IS NOT NULL THEN {'k': known, 'v': ${v}} END).v`,
  mean: (v) => `${exact(v)} / nullif(count(${v}), 0)`,
  min: (v) => `min(${v})`,
  max: (v) => `max(${v})`,
  slope: slopeSql,
  count: (v) => `count(${v})`,
};

/** One pass over a table for all features that count and measure in it. */
function groupSql(own: TableFacts, source: Source, parts: readonly Part[], timeless: boolean): string {
  const { from, where, known } = knownRows(own, source, { timeless });
  const conditions = [...new Set(parts.map(({ condition }) => condition))];
  const any = conditions.includes("true") ? [] : [`(${conditions.map((c) => `(${c})`).join(" OR ")})`];
  const rows = parts.flatMap(({ row }) => row.map(([name, sql]) => `${sql} AS ${name}`));
  const filter = [...where, ...any];
  const inner = `SELECT c.place, c.index_time, ${known} AS known, ${rows.join(", ")} FROM ${from}${filter.length === 0 ? "" : ` WHERE ${filter.join(" AND ")}`}`;
  const results = parts.flatMap((part) => part.results.map(({ aggregate, sql }) => `${sql} AS ${aggregate}`));
  return `SELECT place, ${results.join(", ")} FROM (${inner}) GROUP BY place`;
}
