import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLake, type Lake } from "../../src/lake/lake.ts";
import { anonymityOf } from "../../src/lake/privacy/anonymity.ts";
import { createDeidentifier } from "../../src/lake/privacy/deidentify.ts";
import { type ForgetOptions, forgetInLake } from "../../src/lake/privacy/forget.ts";
import { keyedHash, pseudonym, shiftDays } from "../../src/lake/privacy/keyed.ts";
import { openFolder } from "../../src/lake/store/folder.ts";
import { type TestLake, testLake } from "../support/lake.ts";

const KEY = "a key of a project for tests";
const DAY = 86_400_000;

const file = (place: TestLake, name: string, text: string): string => {
  writeFileSync(join(place.files, name), text);
  return join(place.files, name);
};

/** As another process sees it. */
const again = (place: TestLake): Lake =>
  createLake({
    storage: openFolder(place.root),
    duck: { threads: 1, memory: "500MB" },
    ...{ who: "tester@here", now: () => place.time, notify: () => {} },
  });

/** All that lies in a lake as text. */
const contents = (place: TestLake): string =>
  readdirSync(place.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.name}\n${readFileSync(join(entry.parentPath, entry.name), "latin1")}`)
    .join("\n");

const forget = (place: TestLake, patient: string, more: Partial<ForgetOptions> = {}) =>
  forgetInLake(again(place), { patient, isHash: false, key: KEY, dryRun: false, elsewhere: async () => {}, ...more });

const FHIR = [
  {
    resourceType: "Patient",
    id: "canary-p1",
    name: [{ family: "Canaryname" }],
    gender: "female",
    birthDate: "1960-02-03",
  },
  { resourceType: "Patient", id: "other-p2", gender: "male", birthDate: "1925-02-03" },
  {
    resourceType: "Condition",
    id: "c1",
    subject: { reference: "Patient/canary-p1" },
    code: { coding: [{ system: "http://snomed.info/sct", code: "44054006" }], text: "Diabetes" },
    onsetDateTime: "2010-05-06",
  },
]
  .map((resource) => JSON.stringify(resource))
  .join("\n");

test("without identities, tables join as before, intervals stay, and nothing of the original is kept", async () => {
  using place = testLake();
  const transform = createDeidentifier({ key: KEY, now: place.time });
  const broken = '{"resourceType": "Patient", "id": "canary-broken';
  const result = await place.lake.addSource(file(place, "Canaryfile.ndjson", `${FHIR}\n${broken}\n`), { transform });
  expect(result.quarantined).toBe(1);
  const asked = await place.lake.query(
    `SELECT p.id, epoch_ms(c.onset)::DOUBLE - epoch_ms(p.birth_date)::DOUBLE, epoch_ms(c.onset)::DOUBLE
     FROM patients p JOIN conditions c ON c.patient = p.id`,
  );
  const onset = Date.UTC(2010, 4, 6);
  expect(asked.rows).toEqual([
    [pseudonym(KEY, "canary-p1"), onset - Date.UTC(1960, 1, 3), onset + shiftDays(KEY, "canary-p1") * DAY],
  ]);
  // Who is older than 89 is 90.
  expect((await place.lake.query("SELECT min(year(birth_date))::INT FROM patients")).rows).toEqual([[1936]]);
  expect(await place.lake.resolve("patients")).toMatchObject({ deidentified: true });
  expect(contents(place)).not.toMatch(/canary/i);
  await expect(place.lake.addSource(file(place, "more.ndjson", FHIR))).rejects.toThrow("has no identities");
  // The same files again are known, and those of a plain table join them.
  const same = createDeidentifier({ key: KEY, now: place.time });
  await place.lake.addSource(file(place, "visits.csv", "patient_id,visit_date\ncanary-p1,2010-05-06\n"), {
    transform: same,
  });
  const joined = await place.lake.query(
    "SELECT v.visit_date = c.onset::DATE FROM visits v JOIN conditions c ON c.patient = v.patient_id",
  );
  expect(joined.rows).toEqual([[true]]);
});

test("dates of nobody are refused, until somebody says whose they are", async () => {
  using place = testLake();
  const path = file(place, "v.csv", "who,day\na,2020-01-02\n");
  const none = createDeidentifier({ key: KEY, now: place.time });
  await expect(place.lake.addSource(path, { transform: none })).rejects.toThrow("nothing says whose");
  const given = createDeidentifier({ key: KEY, now: place.time, columns: { who: "patient" } });
  await place.lake.addSource(path, { transform: given });
  expect((await place.lake.query("SELECT who FROM v")).rows).toEqual([[pseudonym(KEY, "a")]]);
});

test("a patient is forgotten in every version; files of the patient go, and do not come back", async () => {
  using place = testLake();
  const csv = file(place, "labs.csv", "patient,hb\ncanary-p1,12\nother-p2,13\n");
  await place.lake.addSource(csv);
  await place.lake.addSource(file(place, "more.csv", "patient,hb\nother-p2,14\ncanary-p1,15,9\n"), { table: "labs" });
  const bulk = file(place, "bulk.ndjson", FHIR);
  await place.lake.addSource(bulk);

  const asked: unknown[] = [];
  const elsewhere: ForgetOptions["elsewhere"] = async ({ ids }, how) => void asked.push([ids, how.dryRun]);
  const planned = await forget(place, "canary-p1", { dryRun: true, elsewhere });
  expect(planned.tables).toEqual({ conditions: 1, labs: 1, patients: 1 });
  expect(contents(place)).toMatch(/canary/);
  const gone = await forget(place, "canary-p1", { reason: "withdrew", elsewhere });
  // What lies outside of the tables is counted by a dry run too.
  expect(asked).toEqual([
    [["canary-p1"], true],
    [["canary-p1"], false],
  ]);
  expect(gone).toMatchObject({ rows: 3, quarantined: 1, tables: planned.tables });
  expect(gone.versions).toEqual(["lake://conditions@v1", "lake://labs@v1", "lake://labs@v2", "lake://patients@v1"]);
  expect(contents(place)).not.toMatch(/canary/i);
  // The other lines of bulk data are kept.
  expect(contents(place)).toContain("other-p2");

  const lake = again(place);
  expect((await lake.verify()).broken).toEqual([]);
  expect((await lake.query('SELECT count(*)::INT FROM "labs@v1"')).rows).toEqual([[1]]);
  expect((await lake.versions("labs")).map(({ change }) => change)).toEqual(["forget", "forget"]);
  expect((await lake.collect({ young: true, dryRun: true })).removed).toEqual([]);
  for (const path of [csv, bulk]) await expect(lake.addSource(path)).rejects.toThrow("was forgotten");
  const record = readFileSync(join(place.root, "forgotten.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(record.map(({ state, patient, reason }) => [state, patient, reason])).toEqual([
    ["begun", keyedHash(KEY, "canary-p1"), "withdrew"],
    ["done", keyedHash(KEY, "canary-p1"), "withdrew"],
  ]);
  // Again: nothing is left, and what it had seen is still known.
  expect(await forget(place, "canary-p1")).toMatchObject({ rows: 0, versions: gone.versions });
});

test("the hash is enough, with identities and without", async () => {
  using place = testLake();
  await place.lake.addSource(file(place, "a.csv", "patient,x\ncanary-p1,1\nother-p2,2\n"));
  const transform = createDeidentifier({ key: KEY, now: place.time });
  await place.lake.addSource(file(place, "b.csv", "patient,x\ncanary-p1,3\nother-p2,4\n"), { transform });
  const gone = await forget(place, keyedHash(KEY, "canary-p1"), { isHash: true });
  expect(gone.tables).toEqual({ a: 1, b: 1 });
  expect(contents(place)).not.toMatch(/canary/);
  expect((await again(place).query("SELECT (SELECT sum(x) FROM a)::INT, (SELECT sum(x) FROM b)::INT")).rows).toEqual([
    [2, 4],
  ]);
});

test("k is the smallest class; a column that drives it is told by what its absence saves", async () => {
  using place = testLake();
  const rows = Array.from({ length: 10 }, (_, i) => `${i < 9 ? 30 : 31},f,${i % 2 ? "flu" : "cold"}`);
  await place.lake.addSource(file(place, "t.csv", `age,sex,disease\n${rows.join("\n")}\n`));
  expect(await anonymityOf(place.lake, "t", { k: 5, sensitive: "disease" })).toEqual({
    ...{ address: "lake://t@v1", quasi: ["age", "sex"], rows: 10, classes: 2, smallest: 1, asked: 5 },
    ...{ classesBelow: 1, rowsAtRisk: 1, without: { age: 0, sex: 1 } },
    diversity: { column: "disease", smallest: 1, rowsOfOne: 1 },
  });
  await expect(anonymityOf(place.lake, "t", { k: 5, quasi: ["zip"] })).rejects.toThrow("no column zip");
});
