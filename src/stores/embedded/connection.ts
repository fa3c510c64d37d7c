import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { storeFault } from "./faults.ts";

export type Row = readonly SQLOutputValue[];

/** A database whose failures are UserErrors and whose statements are prepared once. */
export interface Connection {
  readonly file: string;
  /** Rows as arrays, in the order of the selected columns. */
  all(sql: string, ...values: SQLInputValue[]): Row[];
  /** The same for SQL that was built for one search: it is not kept. */
  allOnce(sql: string, ...values: SQLInputValue[]): Row[];
  first(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** @returns the row id of the last INSERT */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** Runs several statements without values. */
  script(sql: string): void;
  /** All of `action` or nothing of it; takes the write lock at once, so that it never fails half-way for a lock. */
  transaction<T>(action: () => T): T;
  close(): void;
}

/**
 * @param location path or file: URL
 * @param file what messages name
 * @param timeout milliseconds to wait for another writer
 * @throws UserError when it cannot be opened
 */
export function connect(location: string | URL, file: string, timeout: number, readOnly: boolean): Connection {
  const guard = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw storeFault(error, file);
    }
  };
  const db = guard(() => new DatabaseSync(location, { readOnly, timeout }));
  const prepared = new Map<string, StatementSync>();

  function prepare(sql: string): StatementSync {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  }
  function kept(sql: string): StatementSync {
    const statement = prepared.get(sql) ?? prepare(sql);
    prepared.set(sql, statement);
    return statement;
  }
  // node:sqlite types rows as objects even when setReturnArrays makes them arrays
  const rows = (statement: StatementSync, values: SQLInputValue[]) => statement.all(...values) as unknown as Row[];

  return {
    file,
    all: (sql, ...values) => guard(() => rows(kept(sql), values)),
    allOnce: (sql, ...values) => guard(() => rows(prepare(sql), values)),
    first: (sql, ...values) => guard(() => rows(kept(sql), values)[0]),
    run: (sql, ...values) => guard(() => Number(kept(sql).run(...values).lastInsertRowid)),
    script: (sql) => guard(() => db.exec(sql)),
    transaction: (action) =>
      guard(() => {
        db.exec("BEGIN IMMEDIATE");
        try {
          const result = action();
          db.exec("COMMIT");
          return result;
        } catch (error) {
          if (db.isTransaction) db.exec("ROLLBACK");
          throw error;
        }
      }),
    close: () => db.close(),
  };
}
