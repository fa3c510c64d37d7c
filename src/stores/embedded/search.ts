import type { SQLInputValue } from "node:sqlite";
import { UserError } from "../../core/errors.ts";
import type { Entity, Field } from "../../core/filter/fields.ts";
import { type Clause, type OrderKey, parseFilter, parseOrder } from "../../core/filter/filter.ts";
import type { SearchRuns } from "../../core/store.ts";
import { pageSize } from "../rules.ts";
import type { Connection, Row } from "./connection.ts";
import { RUN_COLUMNS } from "./read.ts";

interface Sql {
  readonly text: string;
  readonly values: readonly SQLInputValue[];
}

/** Tables of rows (run, key, value). */
const TABLES: Readonly<Partial<Record<Entity, string>>> = { metric: "latest_metrics", param: "params", tag: "tags" };

/**
 * One page of runs, as rows of RUN_COLUMNS, with the semantics of MLflow 3.18's SqlAlchemyStore: a clause holds only for
 * runs that have the key; NaN satisfies != alone; NaN, then absent values come last either way; ties by start time,
 * newest first, then by run id.
 * @throws UserError for a wrong filter, order, page size, token or experiment id
 */
export function searchPage(connection: Connection, search: SearchRuns): { rows: Row[]; nextPageToken?: string } {
  const size = pageSize(search.maxResults);
  const offset = offsetOf(search.pageToken);
  const clauses = parseFilter(search.filter ?? "").map(condition);
  const orders = parseOrder(search.orderBy ?? []);
  const joins = orders.map(join);
  const stages = { active: ["active"], deleted: ["deleted"], all: ["active", "deleted"] }[search.view ?? "active"];
  const sql = `SELECT ${RUN_COLUMNS} FROM runs ${joins.map((j) => j.text).join(" ")}
    WHERE runs.experiment_id IN (SELECT value FROM json_each(?))
    AND runs.lifecycle_stage IN (SELECT value FROM json_each(?))
    ${clauses.map((c) => `AND ${c.text}`).join(" ")}
    ORDER BY ${orderBy(orders)} LIMIT ? OFFSET ?`;
  const rows = connection.allOnce(
    sql,
    ...joins.flatMap((j) => j.values),
    JSON.stringify(search.experimentIds.map(experimentNumber)),
    JSON.stringify(stages),
    ...clauses.flatMap((c) => c.values),
    size + 1,
    offset,
  );
  if (rows.length <= size) return { rows };
  return { rows: rows.slice(0, size), nextPageToken: tokenOf(offset + size) };
}

function condition(clause: Clause): Sql {
  const table = TABLES[clause.entity];
  if (table !== undefined) return keyed(table, clause);
  if (clause.entity === "dataset") return ofDataset(clause);
  // MLflow reads the run's name from its tag
  if (clause.key === "run_name") return keyed("tags", { ...clause, entity: "tag", key: "mlflow.runName" });
  return comparison(column(clause), clause);
}

function keyed(table: string, clause: Clause): Sql {
  const having = `runs.run_uuid IN (SELECT run_uuid FROM ${table} WHERE "key" = ?`;
  if (clause.comparator === "IS NOT NULL") return { text: `${having})`, values: [clause.key] };
  if (clause.comparator === "IS NULL") return { text: `NOT ${having})`, values: [clause.key] };
  const value = comparison("value", clause);
  const nan = clause.comparator === "!=" ? "OR is_nan" : "AND NOT is_nan";
  const test = clause.entity === "metric" ? `(${value.text} ${nan})` : value.text;
  return { text: `${having} AND ${test})`, values: [clause.key, ...value.values] };
}

function ofDataset(clause: Clause): Sql {
  const isContext = clause.key === "context";
  const value = comparison(isContext ? "t.value" : `d.${clause.key}`, clause);
  return {
    text: `runs.run_uuid IN (SELECT i.destination_id FROM datasets d JOIN inputs i ON i.source_id = d.dataset_uuid
      ${isContext ? "JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'" : ""}
      WHERE ${value.text})`,
    values: value.values,
  };
}

function comparison(left: string, { comparator, value }: Clause): Sql {
  if (comparator === "IN" || comparator === "NOT IN") {
    return { text: `${left} ${comparator} (SELECT value FROM json_each(?))`, values: [JSON.stringify(value)] };
  }
  // The connection has case_sensitive_like on, so ILIKE compares in lower case.
  if (comparator === "ILIKE") return { text: `lower(${left}) LIKE lower(?)`, values: [String(value)] };
  return { text: `${left} ${comparator} ?`, values: [typeof value === "number" ? value : String(value)] };
}

function column(field: Field): string {
  const names: Readonly<Record<string, string>> = { run_id: "run_uuid", run_name: "name" };
  return `runs.${names[field.key] ?? field.key}`;
}

function join(order: OrderKey, i: number): Sql {
  const table = TABLES[order.entity];
  if (table === undefined) return { text: "", values: [] };
  return {
    text: `LEFT JOIN ${table} o${i} ON o${i}.run_uuid = runs.run_uuid AND o${i}."key" = ?`,
    values: [order.key],
  };
}

function orderBy(orders: readonly OrderKey[]): string {
  const terms = orders.flatMap((order, i) => {
    const value = TABLES[order.entity] === undefined ? column(order) : `o${i}.value`;
    const nan = order.entity === "metric" ? `WHEN o${i}.is_nan THEN 1` : "";
    return [`CASE ${nan} WHEN ${value} IS NULL THEN 2 ELSE 0 END`, `${value} ${order.descending ? "DESC" : "ASC"}`];
  });
  const byStart = orders.some((o) => o.entity === "attribute" && o.key === "start_time");
  return [...terms, ...(byStart ? [] : ["runs.start_time DESC"]), "runs.run_uuid"].join(", ");
}

function experimentNumber(id: string): number {
  if (!/^\d{1,18}$/.test(id)) {
    throw new UserError(`"${id}" is not the id of an experiment`, { fix: "Ids are numbers, such as 1." });
  }
  return Number(id);
}

/** MLflow's token: base64 of {"offset": n}. */
function tokenOf(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString("base64");
}

function offsetOf(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const offset = /^\{"offset": ?(\d{1,15})\}$/.exec(Buffer.from(token, "base64").toString())?.[1];
  if (offset === undefined) {
    throw new UserError("The page token is not one of this store", { fix: "Use the token of the page before." });
  }
  return Number(offset);
}
