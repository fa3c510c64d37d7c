import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLake } from "../../../src/lake/lake.ts";
import { openFolder } from "../../../src/lake/store/folder.ts";
import { type TestLake, testLake } from "../../support/lake.ts";

const ADDER = join(import.meta.dirname, "adder.ts");

function add(place: TestLake, when: string, n: number) {
  const args = [ADDER, place.root, when, String(n), join(place.files, "in")];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

/** Two tables, and a line that is put aside. */
function withFiles(): TestLake {
  const place = testLake();
  mkdirSync(join(place.files, "in"));
  writeFileSync(join(place.files, "in", "patients.csv"), "id,age\n1,20\n2,30\n3,40,x\n");
  writeFileSync(join(place.files, "in", "visits.csv"), "id,day\n1,2020-01-02\n2,2020-01-03\n");
  return place;
}

function written(place: TestLake, name: string, text: string): string {
  writeFileSync(join(place.files, name), text);
  return join(place.files, name);
}

async function rowsOf(place: TestLake): Promise<Record<string, number>> {
  const tables = await place.lake.tables();
  return Object.fromEntries(tables.map(({ table, rows }) => [table, rows]));
}

const changes = ((): number => {
  using place = withFiles();
  const { stdout, stderr } = add(place, "never", 0);
  expect(stderr).toBe("");
  return Number(stdout);
})();

test.for(["before", "after"])(
  "an ingest that is killed %s any of its changes leaves no half table, and is finished by the next",
  { timeout: 600_000 }, // two dozen processes
  async (when) => {
    expect(changes).toBeGreaterThan(8);
    for (let n = 1; n <= changes; n++) {
      using place = withFiles();
      const killed = add(place, when, n);
      expect(killed.signal).toBe("SIGKILL");
      // Each table that is there is whole.
      for (const rows of Object.values(await rowsOf(place))) expect(rows).toBe(2);
      expect((await place.lake.verify()).broken).toEqual([]);

      const again = add(place, "never", 0);
      expect(again).toMatchObject({ status: 0, stderr: "" });
      expect(await rowsOf(place)).toEqual({ patients: 2, visits: 2 });
      expect((await place.lake.query("SELECT count(DISTINCT id)::INT, count(*)::INT FROM patients")).rows).toEqual([
        [2, 2],
      ]);
      // What the killed one left is found, and nothing that is needed is taken.
      await place.lake.collect({ young: true });
      expect((await place.lake.verify()).broken).toEqual([]);
      expect(await place.lake.collect({ young: true, dryRun: true })).toMatchObject({ removed: [], young: 0 });
      expect((await place.lake.query("SELECT count(*)::INT FROM visits")).rows).toEqual([[2]]);
    }
  },
);

test("of four who take the same and other files in at once, each file lands once", async () => {
  using place = testLake();
  const all = ["a", "b", "c", "d", "e"].map((name) => written(place, `${name}.csv`, `id\n${name}\n`));
  const lakes = Array.from({ length: 4 }, () =>
    createLake({ storage: openFolder(place.root), duck: { threads: 1 }, who: "one", now: Date.now, notify: () => {} }),
  );
  await Promise.all(lakes.map((lake, i) => lake.addSource(all.slice(0, i + 2), { table: "t" })));
  const { rows } = await place.lake.query("SELECT id FROM t ORDER BY id");
  expect(rows.flat()).toEqual(["a", "b", "c", "d", "e"]);
  expect((await place.lake.verify()).broken).toEqual([]);
});
