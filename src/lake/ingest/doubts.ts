/** What is odd about rows that came in: times that cannot be, the same key twice. */
import { UserError } from "../../core/errors.ts";
import type { ReadContext } from "../../core/lake.ts";
import { type Duck, fileLiteral, identifier, literal } from "../engine/duck.ts";
import type { MadePart } from "./parts.ts";

export interface KeyOptions {
  /** Column of which a value stands for one row. */
  readonly key?: string;
  /** Whether a key with several rows is refused. */
  readonly unique?: boolean;
}

/** No patient was born before. */
const FIRST = "1850-01-01";

const read = (parts: readonly MadePart[]): string =>
  `read_parquet([${parts.map(({ file }) => fileLiteral(file)).join(", ")}], hive_partitioning = false, union_by_name = true)`;

/** Tells of dates in the future and before 1850, by their count a column. */
export async function noticeTimes(
  duck: Duck,
  part: MadePart,
  source: string,
  { now, notice }: Pick<ReadContext, "now" | "notice">,
): Promise<void> {
  const columns = part.schema.filter(({ type }) => type === "DATE" || type === "TIMESTAMP");
  if (columns.length === 0 || part.rows === 0) return;
  const today = literal(new Date(now).toISOString().slice(0, 19));
  const counts = columns.flatMap(({ name }) => {
    const cell = identifier(name);
    return [`count(*) FILTER (${cell} > TIMESTAMP ${today})`, `count(*) FILTER (${cell} < DATE ${literal(FIRST)})`];
  });
  const [row] = await duck.rows(`SELECT [${counts.join(", ")}]::DOUBLE[] AS counts FROM ${read([part])}`);
  const found = row!.counts as readonly number[];
  columns.forEach(({ name }, i) => {
    const tell = (count: number, what: string): void => {
      if (count === 0) return;
      const are = count === 1 ? "one date" : `${count} dates`;
      notice("odd-dates", `${source}: column ${JSON.stringify(name)} has ${are} ${what}`);
    };
    tell(found[2 * i]!, "in the future");
    tell(found[2 * i + 1]!, "before 1850");
  });
}

/**
 * Looks for keys with several rows in what came in for a table; rows that are the same in all columns count once.
 * @throws UserError when there is no such column, or with `unique` when there are such keys
 */
export async function checkKeys(
  duck: Duck,
  parts: readonly MadePart[],
  { key, unique }: KeyOptions,
  notice: ReadContext["notice"],
): Promise<void> {
  if (key === undefined) return;
  const tables = Map.groupBy(parts, ({ table }) => table);
  let isThere = false;
  for (const [table, own] of tables) {
    const column = own.flatMap(({ schema }) => schema).find(({ name }) => name.toLowerCase() === key.toLowerCase());
    if (column === undefined) continue;
    isThere = true;
    const cell = identifier(column.name);
    const [row] = await duck.rows(
      `SELECT count(*)::DOUBLE AS keys, coalesce(sum(rows), 0)::DOUBLE AS rows FROM
       (SELECT count(*) AS rows FROM (SELECT DISTINCT * FROM ${read(own)}) WHERE ${cell} IS NOT NULL GROUP BY ${cell} HAVING count(*) > 1)`,
    );
    const { keys, rows } = row as { keys: number; rows: number };
    if (keys === 0) continue;
    const message = `${keys} ${keys === 1 ? "value" : "values"} of ${JSON.stringify(column.name)} in ${table} ${keys === 1 ? "has" : "have"} several rows that differ (${rows} rows)`;
    if (unique) {
      throw new UserError(message, { where: table, fix: "Mend the file, or take it in without --unique." });
    }
    notice("duplicate-keys", message);
  }
  if (!isThere) {
    throw new UserError(`there is no column ${JSON.stringify(key)}`, {
      where: "--key",
      fix: `The columns are ${[...new Set(parts.flatMap(({ schema }) => schema.map(({ name }) => name)))].slice(0, 30).join(", ")}.`,
    });
  }
}
