import { UserError } from "../core/errors.ts";
import type { LakeColumn, LakeStorage } from "../core/lake.ts";
import { type Duck, type DuckOptions, literal, openDuck } from "./engine/duck.ts";
import { nearest } from "./source.ts";
import type { Versions } from "./versions/versions.ts";
import { makeView } from "./versions/views.ts";

export interface QueryOptions extends DuckOptions {
  /** A Parquet or CSV file on this disk that gets the rows, instead of the caller. Absolute. */
  readonly out?: string;
  /** Rows to return at most. */
  readonly limit?: number;
}

export interface QueryResult {
  readonly columns: readonly LakeColumn[];
  /** As plain JavaScript values: dates as Date, 64-bit integers as bigint where a number would not hold them. */
  readonly rows: readonly (readonly unknown[])[];
  /** All that there are, or were written. */
  readonly count: number;
  /** Whether `limit` cut rows off; count is then the limit. */
  readonly more: boolean;
}

export interface QueryContext {
  readonly storage: LakeStorage;
  readonly versions: Versions;
  readonly duck: DuckOptions;
}

/** Asks one SELECT of a DuckDB that sees the tables it names and no other file. */
export async function askLake(context: QueryContext, sql: string, options: QueryOptions): Promise<QueryResult> {
  await using duck = await openDuck({ ...context.duck, ...options });
  await refuseMany(duck, sql);
  const files = await viewsFor(duck, context, sql);
  await lock(duck, options.out === undefined ? files : [...files, options.out]);
  const query = sql.trim().replace(/;\s*$/, "");
  await explained(context.versions, () => refuseUnlessSelect(duck, query));
  const columns = await duck.columns(query);
  if (options.out !== undefined) {
    const format = /\.parquet$/i.test(options.out) ? "FORMAT parquet, COMPRESSION zstd" : "FORMAT csv, HEADER";
    const count = await duck.run(`COPY (${query}\n) TO ${literal(options.out)} (${format}, USE_TMP_FILE false)`);
    return { columns, rows: [], count, more: false };
  }
  const { rows, more } = await fetch(duck, query, options.limit ?? Number.POSITIVE_INFINITY);
  return { columns, rows, count: rows.length, more };
}

/** Errors of a query with what it can name instead. */
async function explained<T>(versions: Versions, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const missing = /Table with name (.+) does not exist/.exec(error.message)?.[1];
    if (missing !== undefined) {
      const tables = [...(await versions.newest()).keys()].sort();
      const near = nearest(missing, tables);
      throw new UserError(`the lake has no table ${missing}`, {
        where: "sql",
        fix:
          near !== undefined
            ? `Did you mean ${near}?`
            : tables.length > 0
              ? `It has ${tables.slice(0, 12).join(", ")}; "${tables[0]}@v1" is a version of one.`
              : "It is empty: `disease lake add FILE` takes files in.",
        cause: error,
      });
    }
    if (/^Permission Error/.test(error.message)) {
      throw new UserError("a query reads tables of the lake alone", {
        where: "sql",
        fix: "Take the file in by `disease lake add`.",
        cause: error,
      });
    }
    throw error;
  }
}

async function fetch(duck: Duck, query: string, limit: number) {
  return duck.does(async (connection) => {
    const result = await connection.stream(query);
    const rows: (readonly unknown[])[] = [];
    for await (const chunk of result.yieldRowsJs()) {
      for (const row of chunk) {
        if (rows.length === limit) return { rows, more: true };
        rows.push(row);
      }
    }
    return { rows, more: false };
  });
}

/** Views of the tables whose names are in the text: the newest versions, and those that it names by "table@v2". */
async function viewsFor(duck: Duck, { storage, versions }: QueryContext, sql: string): Promise<readonly string[]> {
  const text = sql.toLowerCase();
  const files: string[] = [];
  for (const [table, newest] of await versions.newest()) {
    if (!text.includes(table)) continue;
    files.push(...(await makeView(duck, storage, table, await versions.read(table, newest))));
    const named = new Set(
      [...text.matchAll(new RegExp(`"${table}@v([1-9]\\d*)"`, "g"))].map(([, number]) => Number(number)),
    );
    for (const version of named) {
      files.push(
        ...(await makeView(duck, storage, `${table}@v${version}`, await versions.resolve({ table, version }))),
      );
    }
  }
  return files;
}

/** From now on DuckDB reads and writes these files and no others, loads nothing, and takes no setting. */
async function lock(duck: Duck, files: readonly string[]): Promise<void> {
  await duck.run(`SET allowed_paths = [${[...new Set(files)].map(literal).join(", ")}]`);
  await duck.run("SET enable_external_access = false");
  await duck.run("SET lock_configuration = true");
}

const REFUSED = {
  where: "sql",
  fix: "Write SELECT … FROM TABLE; --out FILE.parquet writes its rows.",
};

async function refuseMany(duck: Duck, sql: string): Promise<void> {
  const { count } = await duck.does((connection) => connection.extractStatements(sql));
  if (count !== 1) throw new UserError("one statement is answered, and no more", REFUSED);
}

async function refuseUnlessSelect(duck: Duck, query: string): Promise<void> {
  const { StatementType } = await import("@duckdb/node-api");
  const type = await duck.does(async (connection) => {
    const statement = await (await connection.extractStatements(query)).prepare(0);
    const { statementType } = statement;
    statement.destroySync();
    return statementType;
  });
  if (type !== StatementType.SELECT) throw new UserError("only a SELECT is answered", REFUSED);
}
