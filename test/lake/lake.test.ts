import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { testLake } from "../support/lake.ts";

const file = (folder: string, name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const caught = async (promise: Promise<unknown>): Promise<UserError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
};

test("a file becomes a version of the table of its name, and its bytes are kept", async () => {
  using place = testLake();
  const { lake } = place;
  const text = "id,age,sex\n1,20,m\n2,30,f\n";
  const result = await lake.addSource(file(place.files, "Patients 2024.csv", text));
  expect(result.tables).toEqual([{ table: "patients_2024", version: 1, added: 2, rows: 2, newColumns: [] }]);
  const version = await lake.resolve("lake://patients_2024");
  expect(version).toMatchObject({
    version: 1,
    change: "append",
    who: "tester@here",
    reader: "csv",
    time: place.time,
    quarantined: 0,
  });
  expect(version.schema).toEqual([
    { name: "id", type: "BIGINT" },
    { name: "age", type: "BIGINT" },
    { name: "sex", type: "VARCHAR" },
  ]);
  const { hash, name } = version.sources[0]!;
  expect(name).toBe("Patients 2024.csv");
  expect(readFileSync(join(place.root, "raw", hash.slice(0, 2), hash), "utf8")).toBe(text);
});

test("the same bytes again are passed over, under another name too when it is the same table", async () => {
  using place = testLake();
  const { lake } = place;
  const text = "id,age\n1,20\n";
  await lake.addSource(file(place.files, "patients.csv", text));
  const again = await lake.addSource(file(place.files, "copy.csv", text), { table: "patients" });
  expect(again).toMatchObject({ ingest: null, tables: [], files: [{ name: "copy.csv", known: true }] });
  expect(await lake.versions("patients")).toHaveLength(1);
});

test("new rows make a version that shares the parts of the last one", async () => {
  using place = testLake();
  const { lake } = place;
  await lake.addSource(file(place.files, "a.csv", "id,age\n1,20\n"), { table: "t" });
  await lake.addSource(file(place.files, "b.csv", "id,age\n2,30\n"), { table: "t" });
  const [one, two] = await lake.versions("t");
  expect(two?.parts.slice(0, 1)).toEqual(one?.parts);
  expect(two?.lineage).toEqual(["lake://t@v1"]);
  expect((await lake.query("SELECT sum(age)::INT FROM t")).rows).toEqual([[50]]);
  expect((await lake.query('SELECT sum(age)::INT FROM "t@v1"')).rows).toEqual([[20]]);
});

test("what replaces a table leaves its versions, and what was there may come in again", async () => {
  using place = testLake();
  const { lake } = place;
  const a = file(place.files, "a.csv", "id\n1\n");
  const b = file(place.files, "b.csv", "name\nx\n");
  await lake.addSource(a, { table: "t" });
  const replaced = await lake.addSource(b, { table: "t", replace: true });
  expect(replaced.tables).toMatchObject([{ version: 2, rows: 1 }]);
  expect((await lake.addSource(b, { table: "t", replace: true })).ingest).toBeNull();
  expect((await lake.addSource(a, { table: "t", replace: true })).tables).toMatchObject([{ version: 3 }]);
  expect((await lake.versions("t")).map(({ change }) => change)).toEqual(["append", "replace", "replace"]);
});

test("a new column is added, and older rows lack it", async () => {
  using place = testLake();
  const { lake } = place;
  await lake.addSource(file(place.files, "a.csv", "id,age\n1,20\n"), { table: "t" });
  const { tables } = await lake.addSource(file(place.files, "b.csv", "age,id,weight\n30,2,70.5\n"), { table: "t" });
  expect(tables).toMatchObject([{ newColumns: ["weight"] }]);
  expect((await lake.query("SELECT id::INT, age::INT, weight FROM t ORDER BY id")).rows).toEqual([
    [1, 20, null],
    [2, 30, 70.5],
  ]);
});

test("a column that is gone or has another type is refused with the difference, and nothing is left of it", async () => {
  using place = testLake();
  const { lake } = place;
  await lake.addSource(file(place.files, "a.csv", "id,age\n1,20\n"), { table: "t" });
  const error = await caught(lake.addSource(file(place.files, "b.csv", "id\nabc\n"), { table: "t" }));
  expect(error.fix).toEqual(expect.arrayContaining(["- age BIGINT", "~ id BIGINT → VARCHAR"]));
  expect(error.exitCode).toBe(2);
  expect(await lake.versions("t")).toHaveLength(1);
  expect(await lake.collect({ dryRun: true, young: true })).toMatchObject({ removed: [], young: 0 });
});

test("a narrower type and an empty column take the type that the table has", async () => {
  using place = testLake();
  const { lake } = place;
  await lake.addSource(file(place.files, "a.csv", "weight,born\n70.5,2001-02-03\n"), { table: "t" });
  await lake.addSource(file(place.files, "b.csv", "weight,born\n70,\n"), { table: "t" });
  expect((await lake.resolve("t")).schema.map(({ type }) => type)).toEqual(["DOUBLE", "DATE"]);
  expect((await lake.query("SELECT sum(weight) FROM t")).rows).toEqual([[140.5]]);
});

test("lines that cannot be read are put aside with their text for the owner alone; the rest goes in", async () => {
  using place = testLake();
  const { lake } = place;
  const result = await lake.addSource(file(place.files, "a.csv", "id,age\n1,20\n2,30,40\n3,50\n"));
  expect(result).toMatchObject({ quarantined: 1, tables: [{ rows: 2 }] });
  const [name] = readdirSync(join(place.root, "quarantine"));
  const path = join(place.root, "quarantine", name!);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
    source: "a.csv",
    line: 3,
    offset: 12,
    reason: "3 fields in place of 2",
    text: "2,30,40",
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await lake.resolve("a")).quarantined).toBe(1);
});

test("a lake's folders are its owner's alone, and new ones are as open as they made the lake", async () => {
  using place = testLake();
  const modeOf = (...path: string[]): number => statSync(join(place.root, ...path)).mode & 0o777;
  await place.lake.addSource(file(place.files, "a.csv", "id\n1\n"));
  expect([modeOf(), modeOf("curated"), modeOf("curated", "a")]).toEqual([0o700, 0o700, 0o700]);
  chmodSync(place.root, 0o750);
  await place.lake.addSource(file(place.files, "b.csv", "id\n1\n"));
  expect(modeOf("curated", "b")).toBe(0o750);
});

test("a dry run tells what would come in and leaves no file", async () => {
  using place = testLake();
  const result = await place.lake.addSource(file(place.files, "a.csv", "id\n1\n"), { dryRun: true });
  expect(result).toMatchObject({ ingest: null, tables: [{ table: "a", version: null, added: 1 }] });
  expect(readdirSync(place.files)).toEqual(["a.csv"]);
});

test("a query reads tables of the lake and nothing else, and writes nothing", async () => {
  using place = testLake();
  const { lake } = place;
  const path = file(place.files, "a.csv", "id\n1\n");
  await lake.addSource(path);
  const [part] = await lake.paths("a");
  for (const sql of [
    `SELECT * FROM read_csv('${path}')`,
    `SELECT * FROM '${path}'`,
    "SELECT * FROM glob('/*')",
    `COPY a TO '${part}' (USE_TMP_FILE false)`,
    `COPY a TO '${join(place.files, "out.csv")}'`,
    "SELECT 1; SELECT 2",
    "SET enable_external_access = true",
    "CREATE TABLE b AS SELECT * FROM a",
    `ATTACH '${join(place.files, "x.db")}'`,
    "EXPLAIN ANALYZE INSERT INTO a VALUES (2)",
  ]) {
    await caught(lake.query(sql));
  }
  expect(readdirSync(place.files).sort()).toEqual(["a.csv", "lake"]);
  expect((await lake.query("SELECT id FROM a")).rows).toEqual([[1n]]);
  expect((await caught(lake.query("SELECT * FROM patients"))).fix.join()).toContain("It has a;");
});

test("an error of a query shows no value", async () => {
  using place = testLake();
  await place.lake.addSource(file(place.files, "a.csv", "name\nMiriam Secret\n"));
  const error = await caught(place.lake.query("SELECT CAST(name AS INTEGER) FROM a"));
  expect(`${error.message} ${error.fix.join()}`).not.toMatch(/Miriam|Secret/);
});

test("an address that is not there is answered with the nearest one", async () => {
  using place = testLake();
  const { lake } = place;
  expect((await caught(lake.resolve("patients"))).fix.join()).toContain("lake add");
  await lake.addSource(file(place.files, "patients.csv", "id\n1\n"));
  expect((await caught(lake.resolve("patient"))).fix.join()).toContain("patients");
  expect((await caught(lake.resolve("lake://patients@v7"))).fix.join()).toContain("v1");
  expect((await caught(lake.resolve("../../etc"))).message).toContain("not an address");
});
