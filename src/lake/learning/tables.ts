/** What the columns of a table mean: whose row it is, when it was known, which code it has. */
import { UserError } from "../../core/errors.ts";
import type { LakeColumn } from "../../core/lake.ts";
import { identifier } from "../engine/duck.ts";
import type { Declaration } from "./declaration.ts";

export interface TableFacts {
  readonly table: string;
  readonly columns: readonly LakeColumn[];
  /** Whose row it is. */
  readonly patient: string;
  /** A row is known once all of them have passed. Empty: the table has no times. */
  readonly known: readonly string[];
  /** Times that may lie after the row was known: when it ended. They are never looked at. */
  readonly later: readonly string[];
  readonly code?: string;
  readonly system?: string;
  readonly value?: string;
  readonly unit?: string;
}

const PATIENT = ["patient", "patient_id", "person_id", "subject", "subject_id"];
/** When a condition went, when a patient died, when a server wrote the row: no part of when it was known. */
const LATER = /^(abatement|death|updated|birth_date)$/;
const isTime = ({ type }: LakeColumn): boolean => /^(TIMESTAMP|DATE)/.test(type);

/**
 * @param given of the declaration; what it does not say is found by the names
 * @throws UserError for a column that is not there, or when nothing says whose the rows are
 */
export function factsOf(
  table: string,
  columns: readonly LakeColumn[],
  given: Declaration["tables"][string] = {},
  isPatients = false,
): TableFacts {
  const names = columns.map(({ name }) => name);
  const check = (name: string): string => {
    if (names.includes(name)) return name;
    throw new UserError(`table ${table} has no column ${JSON.stringify(name)}`, {
      where: `tables.${table}`,
      fix: `It has ${names.join(", ")}.`,
    });
  };
  const find = (candidates: readonly string[]): string | undefined => candidates.find((name) => names.includes(name));
  const patient = given.patient === undefined ? find(isPatients ? ["id", ...PATIENT] : PATIENT) : check(given.patient);
  if (patient === undefined) {
    throw new UserError(`nothing says whose the rows of ${table} are`, {
      where: `tables.${table}.patient`,
      fix: `Name the column: it has ${names.join(", ")}.`,
    });
  }
  const times = columns.filter(isTime).map(({ name }) => name);
  const known = given.known?.map(check) ?? times.filter((name) => !LATER.test(name));
  return {
    table,
    columns,
    patient,
    known,
    later: times.filter((name) => !known.includes(name)),
    code: given.code === undefined ? find(["code"]) : check(given.code),
    system: given.system === undefined ? find(["system"]) : check(given.system),
    value: given.value === undefined ? find(["value"]) : check(given.value),
    unit: given.unit === undefined ? find(["unit"]) : check(given.unit),
  };
}

export const hasColumn = ({ columns }: TableFacts, name: string): boolean =>
  columns.some((column) => column.name === name);

/** Column of an alias as SQL writes it. */
export const columnOf = (alias: string, name: string): string => `${alias}.${identifier(name)}`;

/**
 * Expression: the last moment that a time may mean. Of "2019" the end of the year, of a date the end of its day.
 * @param precisionName column that says which it is, where the table has it
 */
export function endOf(alias: string, facts: TableFacts, name: string, precisionName = `${name}_precision`): string {
  const at = columnOf(alias, name);
  const { type } = facts.columns.find((column) => column.name === name)!;
  const precision = hasColumn(facts, precisionName) ? columnOf(alias, precisionName) : undefined;
  const day = `${at}::TIMESTAMP + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND`;
  if (precision === undefined) return type === "DATE" ? `(${day})` : `${at}::TIMESTAMP`;
  return `CASE ${precision} WHEN 'year' THEN ${at} + INTERVAL 1 YEAR - INTERVAL 1 MICROSECOND WHEN 'month' THEN ${at} + INTERVAL 1 MONTH - INTERVAL 1 MICROSECOND WHEN 'day' THEN ${day} ELSE ${at}::TIMESTAMP END`;
}

/** Expression: when all of a row was known. Null where no time is. */
export function knownAt(alias: string, facts: TableFacts): string {
  const ends = facts.known.map((name) => endOf(alias, facts, name));
  return ends.length === 1 ? ends[0]! : `greatest(${ends.join(", ")})`;
}

/** Expression: the first moment that anything of a row may have happened. */
export function beganAt(alias: string, facts: TableFacts): string {
  const starts = facts.known.map((name) => `${columnOf(alias, name)}::TIMESTAMP`);
  return starts.length === 1 ? starts[0]! : `least(${starts.join(", ")})`;
}
