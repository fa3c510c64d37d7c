import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AddResult } from "../../src/lake/ingest/commit.ts";
import type { TestLake } from "./lake.ts";

/** Takes a file in as table "t". */
export function addAs(
  place: TestLake,
  name: string,
  bytes: string | Uint8Array,
  options: Record<string, unknown> = {},
): Promise<AddResult> {
  writeFileSync(join(place.files, name), bytes);
  return place.lake.addSource(join(place.files, name), { table: "t", options });
}

/** Rows of a query, 64-bit integers as numbers. */
export async function rowsOf(place: TestLake, sql = "SELECT * FROM t"): Promise<readonly unknown[]> {
  const { rows } = await place.lake.query(sql);
  return rows.map((row) => row.map((cell) => (typeof cell === "bigint" ? Number(cell) : cell)));
}

export async function typesOf(place: TestLake, table = "t"): Promise<unknown> {
  return Object.fromEntries((await place.lake.resolve(table)).schema.map(({ name, type }) => [name, type]));
}

/** What was put aside, in all ingests. */
export function putAside(place: TestLake): readonly Record<string, unknown>[] {
  const folder = join(place.root, "quarantine");
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );
}
