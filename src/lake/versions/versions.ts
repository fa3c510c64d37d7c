import { UserError } from "../../core/errors.ts";
import type { LakeAddress, LakeStorage, TableVersion } from "../../core/lake.ts";
import { nearest } from "../source.ts";
import { showAddress } from "./address.ts";
import { hashContent, manifestPath, parseVersion, toFile } from "./manifest.ts";

/** All that a new version says of itself; the rest follows from the table. */
export type NewVersion = Omit<TableVersion, "table" | "version" | "rows" | "hash">;

export interface Versions {
  /** Newest version number by table. */
  newest(): Promise<ReadonlyMap<string, number>>;
  /** Numbers of a table's versions, ascending; empty where there is no such table. */
  numbers(table: string): Promise<readonly number[]>;
  read(table: string, version: number): Promise<TableVersion>;
  /** The newest version of a table; undefined where there is no such table. */
  last(table: string): Promise<TableVersion | undefined>;
  /** @throws UserError, with the nearest name, when there is none */
  resolve(address: LakeAddress): Promise<TableVersion>;
  /**
   * Makes the next version of a table. `next` is asked again each time that another process was first.
   * @param next gives the version to be, or the one that made it needless, which is then returned
   */
  commit(
    table: string,
    next: (newest: TableVersion | undefined) => NewVersion | TableVersion | Promise<NewVersion | TableVersion>,
  ): Promise<TableVersion>;
}

/** Versions of a lake's tables. A version is there when its manifest is, and never changes. */
export function openVersions(storage: LakeStorage): Versions {
  const known = new Map<string, TableVersion>();
  const numbers = async (table: string): Promise<readonly number[]> => {
    const found: number[] = [];
    for await (const { path } of storage.list(`manifests/${table}/`)) {
      const match = /\/v([1-9]\d*)\.json$/.exec(path);
      if (match !== null) found.push(Number(match[1]));
    }
    return found.sort((a, b) => a - b);
  };
  const newest = async (): Promise<ReadonlyMap<string, number>> => {
    const found = new Map<string, number>();
    for await (const { path } of storage.list("manifests/")) {
      const match = /^manifests\/([^/]+)\/v([1-9]\d*)\.json$/.exec(path);
      if (match !== null) found.set(match[1]!, Math.max(found.get(match[1]!) ?? 0, Number(match[2])));
    }
    return found;
  };
  const read = async (table: string, version: number): Promise<TableVersion> => {
    const path = manifestPath(table, version);
    const there = known.get(path) ?? parseVersion(await storage.read(path), path);
    known.set(path, there);
    return there;
  };
  const last = async (table: string): Promise<TableVersion | undefined> => {
    const number = (await numbers(table)).at(-1);
    return number === undefined ? undefined : read(table, number);
  };
  return {
    newest,
    numbers,
    read,
    last,
    async resolve(address) {
      const there = await numbers(address.table);
      const version = address.version ?? there.at(-1);
      if (version !== undefined && there.includes(version)) return read(address.table, version);
      if (there.length > 0) {
        throw new UserError(`${address.table} has no version ${version}`, {
          where: showAddress(address),
          fix: `The newest is v${there.at(-1)}: \`disease lake show ${address.table}\` lists them.`,
        });
      }
      const tables = [...(await newest()).keys()];
      const near = nearest(address.table, tables);
      throw new UserError(`the lake has no table ${address.table}`, {
        where: showAddress(address),
        fix:
          near !== undefined
            ? `Did you mean ${near}?`
            : tables.length > 0
              ? `It has ${tables.sort().slice(0, 12).join(", ")}.`
              : "It is empty: `disease lake add FILE` takes files in.",
      });
    },
    async commit(table, next) {
      for (;;) {
        const before = await last(table);
        const made = await next(before);
        if ("version" in made) return made;
        const { schema, parts } = made;
        const version: TableVersion = {
          table,
          version: (before?.version ?? 0) + 1,
          ...made,
          rows: parts.reduce((sum, part) => sum + part.rows, 0),
          hash: hashContent(schema, parts),
        };
        if (await storage.putNew(manifestPath(table, version.version), toFile(version))) return version;
      }
    },
  };
}
