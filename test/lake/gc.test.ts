import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type TestLake, testLake } from "../support/lake.ts";

const HASH = "ab".repeat(32);
const ORPHANS = [
  `raw/ab/${HASH}`,
  `curated/t/${HASH}.parquet`,
  "quarantine/0123.ndjson",
  ".tmp/ingest-abc/part.parquet",
];
const HOUR = 3_600_000;

/** Files that nothing names, so many hours old as the lake sees it. */
function leave(place: TestLake, hours: number): void {
  for (const path of ORPHANS) {
    const file = join(place.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "left");
    const time = new Date(place.time - hours * HOUR);
    utimesSync(file, time, time);
    utimesSync(dirname(file), time, time);
  }
}

const left = (place: TestLake): readonly string[] => ORPHANS.filter((path) => existsSync(join(place.root, path)));

function lease(
  place: TestLake,
  content: { readonly host: string; readonly pid: number; readonly time: number },
): string {
  const file = join(place.root, "ingests", "0123456789abcdef.open");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test("what nothing names is removed when it is a day old", async () => {
  using place = testLake();
  leave(place, 23);
  expect((await place.lake.collect()).removed).toEqual([]);
  leave(place, 25);
  expect((await place.lake.collect({ dryRun: true })).removed).toHaveLength(4);
  expect(left(place)).toHaveLength(4);
  expect((await place.lake.collect()).bytes).toBe(16);
  expect(left(place)).toEqual([]);
});

test("young files go when they are asked for, but not while somebody writes", async () => {
  using place = testLake();
  leave(place, 1);
  const file = lease(place, { host: hostname(), pid: process.pid, time: place.time - HOUR });
  await expect(place.lake.collect({ young: true })).rejects.toThrow("taking files in");
  expect(left(place)).toHaveLength(4);
  lease(place, { host: hostname(), pid: 2 ** 22 + 1, time: place.time - HOUR }); // no process has that number
  await place.lake.collect({ young: true });
  expect(left(place)).toEqual([]);
  expect(existsSync(file)).toBe(false);
});

test("what came since a writer began is left to it, however long it takes", async () => {
  using place = testLake();
  leave(place, 30);
  lease(place, { host: hostname(), pid: process.pid, time: place.time - 40 * HOUR });
  expect((await place.lake.collect()).removed).toEqual([]);
  // A writer on another machine is believed for a day.
  lease(place, { host: "elsewhere", pid: process.pid, time: place.time - 40 * HOUR });
  expect((await place.lake.collect()).removed).toHaveLength(4);
});

test("what a version or an ingest names stays", async () => {
  using place = testLake();
  writeFileSync(join(place.files, "t.csv"), "id,age\n1,20\n2,30,40\n");
  await place.lake.addSource(join(place.files, "t.csv"));
  place.time += 1000 * 24 * HOUR;
  expect((await place.lake.collect()).removed).toEqual([]);
  expect((await place.lake.verify()).broken).toEqual([]);
});
