/** Who is in a learning table, at which moment and with which label, as SQL. Here alone what comes after the index is looked at. */
import { literal } from "../engine/duck.ts";
import { rowsOf } from "./conditions.ts";
import { type Declaration, type EventSpec, secondsOf } from "./declaration.ts";
import { beganAt, columnOf, endOf, hasColumn, type TableFacts } from "./tables.ts";

export interface CohortSql {
  /** In their order; the last makes work.cohort (place, patient, index_time, birth, class). */
  readonly statements: readonly string[];
  readonly warnings: readonly string[];
}

export type FactsByTable = ReadonlyMap<string, TableFacts>;

/** Name of a table of the lake as SQL writes it. */
export const sourceOf = (table: string): string => `lake."${table}"`;
export const interval = (duration: string): string => `to_seconds(${secondsOf(duration)})`;

export function cohortSql(declaration: Declaration, facts: FactsByTable): CohortSql {
  const { index, visits } = declaration;
  const needsVisits = visitsNeeded(declaration);
  const statements = [
    "CREATE SCHEMA work",
    peopleSql(declaration, facts.get(declaration.patients)!),
    `CREATE TABLE work.label AS ${labelSql(declaration, facts)}`,
    ...(needsVisits
      ? [
          `CREATE TABLE work.visits AS ${eventsSql(facts.get(visits)!, { table: visits }, "min(began) AS first, max(began) AS last")}`,
        ]
      : []),
    `CREATE TABLE work.moments AS ${indexSql(declaration, facts)}`,
    candidatesSql(declaration),
    `CREATE TABLE work.cohort AS SELECT row_number() OVER (ORDER BY patient) AS place, patient, index_time, birth, class FROM work.candidates WHERE reason IS NULL`,
  ];
  const warnings = index?.before_label
    ? [
        `the index depends on the label (before_label, ${index.before_label.others}): how well a model tells the patients apart says little of how well it would foresee the disease in who comes in`,
      ]
    : [];
  return { statements, warnings };
}

/** Whether the declaration asks how long patients were followed. */
export const visitsNeeded = ({ index, exclude }: Declaration): boolean =>
  index?.before_label !== undefined || exclude.history_under !== undefined || exclude.follow_up_under !== undefined;

export const agesNeeded = ({ index, features, exclude }: Declaration): boolean =>
  index?.age !== undefined ||
  index?.first?.from_age !== undefined ||
  index?.before_label?.others === "matched" ||
  exclude.age_under !== undefined ||
  exclude.age_over !== undefined ||
  Object.values(features).some(({ age }) => age !== undefined);

/** One row a patient: of several the one that was updated last. Birth is the last day that it may have been. */
function peopleSql({ patients }: Declaration, facts: TableFacts): string {
  const birth = hasColumn(facts, "birth_date")
    ? `date_trunc('day', ${endOf("p", facts, "birth_date", "birth_precision")})`
    : "NULL::TIMESTAMP";
  const own = hasColumn(facts, "updated") ? "max({'updated': p.updated, 'own': p}).own" : "max(p)";
  const patient = columnOf("p", facts.patient);
  return `CREATE TABLE work.people AS SELECT patient, ${birth} AS birth, p AS own FROM (SELECT ${patient}::VARCHAR AS patient, ${own} AS p FROM ${sourceOf(patients)} p WHERE ${patient} IS NOT NULL GROUP BY 1)`;
}

/** Query: patient, and aggregates over the beginnings (`began`) of rows of a table. */
function eventsSql(facts: TableFacts, spec: EventSpec, aggregates: string, more = ""): string {
  const conditions = rowsOf("e", facts, spec);
  const began = facts.known.length === 0 ? "NULL::TIMESTAMP" : beganAt("e", facts);
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const events = `SELECT ${columnOf("e", facts.patient)}::VARCHAR AS patient, ${began} AS began FROM ${sourceOf(facts.table)} e${where}`;
  return `SELECT patient, ${aggregates} FROM (${events})${more} GROUP BY patient`;
}

/** Query: patient, first occurrence, class. */
function labelSql({ label, timeless }: Declaration, facts: FactsByTable): string {
  const { table, codes, classes, column } = label;
  const own = facts.get(table)!;
  if (column !== undefined) {
    const value = columnOf("e", column);
    return `SELECT ${columnOf("e", own.patient)}::VARCHAR AS patient, NULL::TIMESTAMP AS first, CASE WHEN count(DISTINCT ${value}) = 1 THEN min(${value}::VARCHAR) END AS class FROM ${sourceOf(table)} e WHERE ${value} IS NOT NULL GROUP BY 1`;
  }
  const sets = codes === undefined ? Object.entries(classes!) : [["yes", codes] as const];
  const parts = sets.map(
    ([name, set], rank) =>
      `SELECT patient, first, ${rank} AS rank, ${literal(name)} AS class FROM (${eventsSql(own, { table, codes: set }, "min(began) AS first")})`,
  );
  const known = timeless ? "" : " WHERE first IS NOT NULL";
  if (parts.length === 1) return `SELECT patient, first, class FROM (${parts[0]})${known}`;
  return `SELECT patient, first, class FROM (${parts.join(" UNION ALL ")})${known} QUALIFY row_number() OVER (PARTITION BY patient ORDER BY first, rank) = 1`;
}

/** Query: patient and moment of the prediction. */
function indexSql({ index, timeless }: Declaration, facts: FactsByTable): string {
  if (timeless || index === undefined) return "SELECT patient, NULL::TIMESTAMP AS moment FROM work.people";
  if (index.date !== undefined) return `SELECT patient, ${literal(index.date)}::TIMESTAMP AS moment FROM work.people`;
  if (index.age !== undefined)
    return `SELECT patient, birth + to_days(${Math.round(index.age * 365.25)}) AS moment FROM work.people`;
  if (index.first !== undefined) {
    const from = index.first.from_age;
    const old =
      from === undefined
        ? ""
        : ` JOIN work.people USING (patient) WHERE began >= birth + to_days(${Math.round(from * 365.25)})`;
    return eventsSql(facts.get(index.first.table)!, index.first, "min(began) AS moment", old);
  }
  if (index.last !== undefined) return eventsSql(facts.get(index.last.table)!, index.last, "max(began) AS moment");
  return beforeLabelSql(index.before_label!);
}

/** Cases that are tried for each patient without the label. */
const TRIES = 32;

/**
 * Those without the label get the age of one with it: of the first, in an order by hash that has to do with nothing, at whose age they
 * were followed.
 */
function beforeLabelSql({ gap, others }: NonNullable<NonNullable<Declaration["index"]>["before_label"]>): string {
  const before = interval(gap);
  const cases = `SELECT patient, first - ${before} AS moment FROM work.label`;
  if (others === "last_visit") {
    return `${cases} UNION ALL SELECT patient, last - ${before} FROM work.visits ANTI JOIN work.label USING (patient)`;
  }
  return `WITH cases AS (${cases}), drawn AS (SELECT row_number() OVER (ORDER BY sha256(patient)) - 1 AS n, moment - birth AS age FROM cases JOIN work.people USING (patient) WHERE birth IS NOT NULL),
others AS (SELECT patient, birth, first, last, row_number() OVER (ORDER BY sha256(patient)) - 1 AS n FROM work.people JOIN work.visits USING (patient) ANTI JOIN work.label USING (patient) WHERE birth IS NOT NULL),
tries AS (SELECT patient, birth, first, last, try, (n + try) % (SELECT count(*) FROM drawn) AS n FROM others, range(${TRIES}) t(try))
SELECT patient, moment FROM cases UNION ALL SELECT patient, arg_min(birth + age, try) FROM tries JOIN drawn USING (n) WHERE birth + age BETWEEN first AND last GROUP BY patient`;
}

/** Everyone, and why one is left out. */
function candidatesSql(declaration: Declaration): string {
  const { label, exclude, timeless } = declaration;
  const other = label.codes === undefined ? label.else : "no";
  const horizon = label.horizon === undefined ? "" : ` AND l.first < m.moment + ${interval(label.horizon)}`;
  const within = timeless ? "l.class IS NOT NULL" : `l.first >= m.moment${horizon}`;
  const otherClass = other === undefined ? "NULL" : literal(other);
  const age = "date_sub('year', p.birth, m.moment)";
  const rules: (readonly [reason: string, condition: string])[] = [];
  const add = (reason: string, condition: string | false): void => {
    if (condition !== false) rules.push([reason, condition]);
  };
  add("no index", !timeless && "m.moment IS NULL");
  add("no birth date", exclude.no_birth_date && agesNeeded(declaration) && "p.birth IS NULL");
  add("label before the index", !timeless && "l.first < m.moment");
  add("too young", exclude.age_under !== undefined && `${age} < ${exclude.age_under}`);
  add("too old", exclude.age_over !== undefined && `${age} > ${exclude.age_over}`);
  add(
    "too little history",
    exclude.history_under !== undefined && `coalesce(v.first > m.moment - ${interval(exclude.history_under)}, true)`,
  );
  add(
    "followed too shortly",
    exclude.follow_up_under !== undefined &&
      `NOT coalesce(${within}, false) AND coalesce(v.last < m.moment + ${interval(exclude.follow_up_under)}, true)`,
  );
  add("no class", `NOT coalesce(${within}, false) AND ${otherClass} IS NULL`);
  const reasons = rules.map(([reason, condition]) => `WHEN ${condition} THEN ${literal(reason)}`);
  const visits = visitsNeeded(declaration) ? " LEFT JOIN work.visits v USING (patient)" : "";
  const all = `SELECT p.patient, m.moment AS index_time, p.birth, CASE WHEN coalesce(${within}, false) THEN l.class ELSE ${otherClass} END AS class, CASE ${reasons.join(" ")} END AS reason FROM work.people p LEFT JOIN work.moments m USING (patient) LEFT JOIN work.label l USING (patient)${visits}`;
  if (label.min_patients === undefined) return `CREATE TABLE work.candidates AS ${all}`;
  const few = `reason IS NULL AND count(*) FILTER (reason IS NULL) OVER (PARTITION BY class) < ${label.min_patients}`;
  return `CREATE TABLE work.candidates AS SELECT * REPLACE (CASE WHEN ${few} THEN 'class of few patients' ELSE reason END AS reason) FROM (${all})`;
}
