/** The change that takes identities out of what comes into the lake; docs/privacy.md says what it does about each identifier. */
import { extname } from "node:path";
import { UserError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import type { LakeColumn, LakeValue, RowBatch } from "../../core/lake.ts";
import { identifier } from "../engine/duck.ts";
import type { Transform } from "../ingest/make.ts";
import { keyedHash, pseudonym, pseudonymSql, shiftDays, shiftDaysSql } from "./keyed.ts";
import { type ColumnRole, type PlannedColumn, planColumns } from "./roles.ts";
import { scrub, scrubSql } from "./scrub.ts";

/** To be raised when other values come out. */
const METHOD = 1;
const DAY = 86_400_000;
/** Ages above 89 are one: 90. */
const OLDEST = 90;
/**
 * First three digits of ZIP codes of 20,000 people or fewer (census of 2000; HHS' guidance on 45 CFR 164.514(b)(2)(i)(B)): 000 is told.
 */
const SMALL = [
  ...["036", "059", "063", "102", "203", "556", "692", "790", "821"],
  ...["823", "830", "831", "878", "879", "884", "890", "893"],
];

export interface Deidentifier extends Transform {
  /** What was decided of the columns of tables that came by. */
  plans(): ReadonlyMap<string, readonly PlannedColumn[]>;
}

export interface DeidentifyOptions {
  /** The project's. */
  readonly key: string;
  /** Milliseconds since the epoch: ages are as of then. */
  readonly now: number;
  /** Roles of columns by name, before what their names and types say. */
  readonly columns?: Readonly<Record<string, ColumnRole>>;
}

/** A transform that gives the same pseudonyms and offsets of dates in all ingests under a key. */
export function createDeidentifier({ key, now, columns: named = {} }: DeidentifyOptions): Deidentifier {
  const given = new Map(Object.entries(named));
  const plans = new Map<string, readonly PlannedColumn[]>();
  const plan = (table: string, columns: readonly LakeColumn[], isClinical: boolean): readonly PlannedColumn[] => {
    const planned = planColumns(table, columns, given, isClinical);
    refuseLoneDates(table, planned);
    plans.set(table, planned);
    return planned;
  };
  // Of an id, for the patients of a batch come together.
  let last: { readonly patient: string; readonly shift: number } | undefined;
  const shiftOf = (patient: LakeValue): number | null => {
    if (patient === null) return null;
    const own = String(patient);
    if (last?.patient !== own) last = { patient: own, shift: shiftDays(key, own) * DAY };
    return last.shift;
  };
  const oldest = Date.UTC(new Date(now).getUTCFullYear() - OLDEST, 0, 1);
  const change = (role: ColumnRole, value: LakeValue, patient: LakeValue): LakeValue => {
    if (value === null) return null;
    switch (role) {
      case "patient":
      case "id":
        return pseudonym(key, String(value));
      case "ids":
        return JSON.stringify((JSON.parse(String(value)) as unknown[]).map((id) => pseudonym(key, String(id))));
      case "date":
      case "birth": {
        const shift = shiftOf(patient);
        if (shift === null) return null;
        return role === "birth" && Number(value) < oldest + 365 * DAY ? oldest : Number(value) + shift;
      }
      case "birth-year":
        return Math.max(Number(value), new Date(oldest).getUTCFullYear());
      case "age":
        return Math.min(Number(value), OLDEST);
      case "postcode":
        return postcode3(String(value));
      case "text":
        return scrub(String(value));
      case "codings":
        return JSON.stringify(
          (JSON.parse(String(value)) as { system: unknown; code: unknown }[]).map(({ system, code }) => ({
            system,
            code,
          })),
        );
      default:
        return value;
    }
  };
  return {
    id: `deidentify ${METHOD} ${hashJson([keyedHash(key, "key"), Object.entries(named).sort()])}`,
    plans: () => plans,
    columns: (table, columns) =>
      plan(table, columns, true)
        .filter(({ role }) => role !== "drop")
        .map(resulting),
    sourceName: (name) => `${pseudonym(key, name).slice(0, 12)}${extname(name)}`,
    batch(batch) {
      const planned = plans.get(batch.table)!;
      const whose = planned.find(({ role }) => role === "patient")?.name;
      const patients = whose === undefined ? undefined : batch.columns[whose];
      const columns: Record<string, readonly LakeValue[]> = {};
      for (const { name, role } of planned) {
        const values = batch.columns[name];
        if (role === "drop" || values === undefined) continue;
        columns[name] =
          role === "keep" ? values : values.map((value, row) => change(role, value, patients?.[row] ?? null));
      }
      return { ...batch, columns } satisfies RowBatch;
    },
    sql(query, table, columns) {
      const planned = plan(table, columns, false);
      const whose = planned.find(({ role }) => role === "patient");
      const patient = whose && `${identifier(whose.name)}::VARCHAR`;
      const selected = planned
        .filter(({ role }) => role !== "drop")
        .map((column) => `${expression(column, patient)} AS ${identifier(column.name)}`);
      if (selected.length === 0) {
        throw new UserError("no column of the table is left", { where: table, fix: "Keep some: --column NAME=keep." });
      }
      return `SELECT ${selected.join(", ")} FROM (${query})`;
    },
  };

  function expression({ name, type, role }: PlannedColumn, patient: string | undefined): string {
    const own = identifier(name);
    const text = `${own}::VARCHAR`;
    switch (role) {
      case "patient":
      case "id":
        return pseudonymSql(key, text);
      case "ids":
        return `NULL::VARCHAR`;
      case "date":
      case "birth": {
        const moved = `(${own} + to_days(${shiftDaysSql(key, patient!)}))::${type}`;
        const pooled = `make_date(${new Date(oldest).getUTCFullYear()}, 1, 1)::${type}`;
        const isOld = `${own}::TIMESTAMP < make_timestamp(${oldest + 365 * DAY} * 1000)`;
        return role === "date"
          ? moved
          : `CASE WHEN ${patient} IS NOT NULL AND ${isOld} THEN ${pooled} ELSE ${moved} END`;
      }
      case "birth-year":
        return `greatest(${own}, ${new Date(oldest).getUTCFullYear()})::${type}`;
      case "age":
        return `CASE WHEN ${own} IS NULL THEN NULL ELSE least(${own}, ${OLDEST}) END::${type}`;
      case "postcode": {
        const digits =
          type === "VARCHAR" ? `trim(${own})` : `lpad(${text}, CASE WHEN ${own} < 1000 THEN 3 ELSE 5 END, '0')`;
        const three = `left(${digits}, 3)`;
        return `CASE WHEN ${three} IN (${SMALL.map((zip) => `'${zip}'`).join(", ")}) THEN '000' ELSE ${three} END`;
      }
      case "text":
        return scrubSql(text);
      case "codings":
        return "NULL::VARCHAR";
      default:
        return own;
    }
  }
}

function postcode3(postcode: string): string {
  const three = postcode.trim().slice(0, 3);
  return SMALL.includes(three) ? "000" : three;
}

const TEXTS: ReadonlySet<ColumnRole> = new Set(["patient", "id", "ids", "postcode", "text", "codings"]);

const resulting = ({ name, type, role }: PlannedColumn): LakeColumn => ({
  name,
  type: TEXTS.has(role) ? "VARCHAR" : type,
});

/** Without a patient nothing says how far dates are to be moved. */
function refuseLoneDates(table: string, planned: readonly PlannedColumn[]): void {
  if (planned.some(({ role }) => role === "patient")) return;
  const dates = planned.filter(({ role }) => role === "date" || role === "birth").map(({ name }) => name);
  if (dates.length === 0) return;
  throw new UserError(`nothing says whose the dates of table ${table} are: ${dates.join(", ")}`, {
    where: table,
    fix: [`Name the column of the patient's id: --id COLUMN,`, `or leave the dates out: --column ${dates[0]}=drop.`],
  });
}
