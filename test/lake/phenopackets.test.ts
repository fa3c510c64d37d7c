import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { collectCases } from "../../src/lake/phenopackets/read.ts";
import { SOLVED, temporary } from "../support/knowledge.ts";

const packet = (more: object = {}): object => ({
  id: "one",
  subject: { id: "one", sex: "FEMALE", timeAtLastEncounter: { age: { iso8601duration: "P6Y6M" } } },
  phenotypicFeatures: [
    { type: { id: "HP:0001250", label: "Seizure" } },
    { type: { id: "HP:0001251", label: "Ataxia" }, excluded: true },
  ],
  interpretations: [{ progressStatus: "SOLVED", diagnosis: { disease: { id: "OMIM:1", label: "First" } } }],
  diseases: [{ term: { id: "OMIM:1", label: "First" }, onset: { ontologyClass: { id: "HP:0003577" } } }],
  metaData: { externalReferences: [{ id: "PMID:77" }] },
  ...more,
});

interface Entry {
  readonly name: string;
  readonly text: string | Buffer;
  readonly flags?: number;
}

/** A ZIP archive of deflated entries. */
function zip(entries: readonly Entry[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, text, flags = 0x800 } of entries) {
    const packed = deflateRawSync(text);
    const file = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(file.length, 22);
    const body = Buffer.concat([Buffer.from("PK\x03\x04"), common, file, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), common, tail, file]));
    bodies.push(body);
    at += body.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

function read(name: string, content: string | Uint8Array): ReturnType<typeof collectCases> {
  using folder = temporary();
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return collectCases(path);
}
const readJson = (value: unknown, name = "PMID_5_x.json") => read(name, JSON.stringify(value));

test("a phenopacket v2 gives terms, sex, age, onset, diagnosis and publication", () => {
  expect(readJson(packet()).cases[0]).toMatchObject({
    name: "PMID_5_x.json",
    id: "one",
    present: [{ id: "HP:0001250", label: "Seizure" }],
    excluded: [{ id: "HP:0001251", label: "Ataxia" }],
    sex: "female",
    age: 6.5,
    onset: { term: "HP:0003577" },
    diagnoses: [{ id: "OMIM:1", label: "First" }],
    publication: "PMID:77",
  });
});

test("a phenopacket v1 says the same in its own words", () => {
  const old = {
    id: "old",
    subject: { id: "s", ageAtCollection: { age: "P4Y" }, sex: "MALE" },
    phenotypicFeatures: [
      { type: { id: "HP:0001250", label: "Seizure" } },
      { type: { id: "HP:0001251", label: "Ataxia" }, negated: true },
    ],
    diseases: [{ term: { id: "OMIM:2", label: "Second" }, ageOfOnset: { age: "P30D" } }],
    metaData: { phenopacketSchemaVersion: "1.0.0" },
  };
  expect(readJson(old).cases[0]).toMatchObject({
    present: [{ id: "HP:0001250" }],
    excluded: [{ id: "HP:0001251" }],
    sex: "male",
    age: 4,
    onset: { years: expect.closeTo(30 / 365.25) },
    diagnoses: [{ id: "OMIM:2" }],
    publication: "PMID:5",
  });
});

test("names as protobuf spells them are understood", () => {
  const { cases } = readJson({
    subject: {
      sex: 2,
      time_at_last_encounter: { age_range: { start: { iso8601duration: "P2Y" }, end: { iso8601duration: "P4Y" } } },
    },
    phenotypic_features: [{ type: { id: "HP:0001250" } }],
    meta_data: { external_references: [{ id: "pmid:3" }] },
  });
  expect(cases[0]).toMatchObject({ sex: "male", age: 3, present: [{ id: "HP:0001250" }], publication: "PMID:3" });
});

test.each([
  [{ age: { iso8601duration: "P1Y2M3W4D" } }, 1 + 2 / 12 + 25 / 365.25],
  [{ gestationalAge: { weeks: 30 } }, 0],
  [{ age: { iso8601duration: "six" } }, undefined],
  [{ ontologyClass: { id: "HP:0003593" } }, undefined],
])("age %j", (timeAtLastEncounter, age) => {
  const found = readJson(packet({ subject: { timeAtLastEncounter } })).cases[0].age;
  if (age === undefined) expect(found).toBeUndefined();
  else expect(found).toBeCloseTo(age);
});

test("an unsolved interpretation is no diagnosis; the disease that is listed is", () => {
  const interpretations = [{ progressStatus: "UNSOLVED", diagnosis: { disease: { id: "OMIM:9", label: "" } } }];
  expect(readJson(packet({ interpretations })).cases[0].diagnoses.map(({ id }) => id)).toEqual(["OMIM:1"]);
  expect(readJson(packet({ interpretations: [], diseases: [] })).cases[0].diagnoses).toEqual([]);
});

test.each([
  [{ id: "f", proband: packet(), relatives: [], pedigree: {} }, /family message/],
  [{ id: "c", members: [packet()] }, /cohort message/],
  [{ resourceType: "Patient" }, /no phenopacket/],
  [[packet()], /a JSON object is expected/],
  [null, /a JSON object is expected/],
])("what is not one person's phenopacket is refused by its name (%#)", (value, why) => {
  expect(readJson(value)).toMatchObject({ cases: [], problems: [{ problem: expect.stringMatching(why) }] });
});

test("a folder is read with all that is in it, whatever else lies there", () => {
  using folder = temporary();
  mkdirSync(join(folder.path, "a/b"), { recursive: true });
  mkdirSync(join(folder.path, "trap.json"));
  writeFileSync(join(folder.path, "a/b/PMID_1_x.json"), JSON.stringify(packet()));
  writeFileSync(join(folder.path, "a/PMID_2_y.json"), `\uFEFF${JSON.stringify(packet())}`);
  writeFileSync(join(folder.path, "notes.txt"), "not a case");
  const { cases, problems } = collectCases(folder.path);
  expect([...cases.map(({ name }) => name), problems.length]).toEqual(["PMID_2_y.json", "PMID_1_x.json", 0]);
});

test("files of the same name in two folders keep their folders", () => {
  const text = JSON.stringify(packet());
  const { cases } = read(
    "cases.zip",
    zip([
      { name: "a/x.json", text },
      { name: "b/x.json", text },
      { name: "c/y.json", text },
    ]),
  );
  expect(cases.map(({ name }) => name)).toEqual(["a/x.json", "b/x.json", "y.json"]);
});

test("broken JSON in an archive is named without its content, and the rest is read", () => {
  const good = JSON.stringify(packet());
  const { cases, problems } = read(
    "cases.zip",
    zip([
      { name: "a/good.json", text: good },
      { name: "a/bad.json", text: `${good.slice(0, 60)}SECRET` },
      { name: "a/locked.json", text: good, flags: 1 },
      { name: "__MACOSX/a/._good.json", text: "\0" },
      { name: "a/also.json", text: good },
    ]),
  );
  expect(cases.map(({ name }) => name)).toEqual(["good.json", "also.json"]);
  expect(problems.map(({ source }) => source.replace(/^.*cases/, "cases"))).toEqual([
    "cases.zip/a/bad.json",
    "cases.zip/a/locked.json",
  ]);
  expect(problems[0].problem).toMatch(/^it is broken JSON/);
  expect(problems[0].problem).not.toContain("SECRET");
  expect(problems[1].problem).toMatch(/encrypted/);
});

test("an entry that names a path outside is a name and no more", () => {
  using folder = temporary();
  mkdirSync(join(folder.path, "inner"));
  const path = join(folder.path, "inner/cases.zip");
  writeFileSync(path, zip([{ name: "../../escaped.json", text: JSON.stringify(packet()) }]));
  expect(collectCases(path).cases[0].name).toBe("escaped.json");
  expect(() => readFileSync(join(folder.path, "escaped.json"))).toThrow("ENOENT");
});

test("an entry that unfolds to hundreds of megabytes is refused, and the others are read", () => {
  const bomb = Buffer.alloc(200 << 20, 32);
  const { cases, problems } = read(
    "cases.zip",
    zip([
      { name: "bomb.json", text: bomb },
      { name: "good.json", text: JSON.stringify(packet()) },
    ]),
  );
  expect(cases).toHaveLength(1);
  expect(problems).toEqual([
    { source: expect.stringMatching(/bomb.json$/), problem: expect.stringMatching(/too large/) },
  ]);
});

test.each([
  ["is none", (bytes: Buffer) => Buffer.from("PK but no archive").subarray(0, bytes.length)],
  ["is cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length - 30)],
  ["is empty", () => Buffer.alloc(0)],
  ["has a directory that points beyond it", (bytes: Buffer) => Buffer.concat([bytes.subarray(60)])],
])("an archive that %s is refused", (_, spoil) => {
  const whole = zip([{ name: "x.json", text: JSON.stringify(packet()) }]);
  expect(() => read("cases.zip", spoil(whole))).toThrow(/no ZIP archive, or it is cut short/);
});

test("nothing to read is an error", () => {
  expect(() => read("cases.zip", zip([{ name: "x.txt", text: "" }]))).toThrow(/no .json file/);
  expect(() => collectCases("nowhere.json")).toThrow(/no such file/);
});

test("the shipped cases are whole", () => {
  const { cases, problems } = collectCases(SOLVED);
  expect(problems).toEqual([]);
  expect(cases).toHaveLength(300);
  expect(
    cases.every(({ publication, diagnoses, present }) => publication && diagnoses.length > 0 && present.length >= 0),
  ).toBe(true);
});
