/** The lake as it was before each patient's index: what a table is built from a second time, to prove that it has seen no more. */
import { sourceOf } from "./cohort.ts";
import type { Source } from "./features.ts";
import { columnOf, type TableFacts } from "./tables.ts";

export const asOfSource: Source = (table) => `as_of."${table}"`;

/**
 * Views without the rows of which any time is at or after the patient's index, and without later times in the others. It says so of
 * each column by itself, and asks nothing of what the features do.
 * @param tables those that features read
 */
export function asOfSql(tables: readonly TableFacts[]): readonly string[] {
  const views = tables.map((facts) => {
    const { table, known, later, patient } = facts;
    const source = sourceOf(table);
    const after = known.map((name) => `coalesce(${columnOf("e", name)} >= c.index_time, false)`);
    const hidden = later.map(
      (name) => `CASE WHEN ${columnOf("e", name)} < c.index_time THEN ${columnOf("e", name)} END AS "${name}"`,
    );
    const columns = hidden.length === 0 ? "e.*" : `e.* REPLACE (${hidden.join(", ")})`;
    const where = after.length === 0 ? "" : ` WHERE NOT (${after.join(" OR ")})`;
    return `CREATE VIEW as_of."${table}" AS SELECT ${columns} FROM ${source} e JOIN work.cohort c ON ${columnOf("e", patient)} = c.patient${where}`;
  });
  return ["CREATE SCHEMA as_of", ...views];
}
