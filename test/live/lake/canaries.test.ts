import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { disease } from "../../support/cli.ts";

/** Stands for every value of a patient. */
const CANARY = "Qzcanary";
const patient = (id: string, more: object = {}): string =>
  JSON.stringify({ resourceType: "Patient", id, name: [{ family: CANARY }], ...more });

/** Files of all readers, good and bad, whose values are all canaries; names of columns, types and files are told. */
const FILES: Readonly<Record<string, string>> = {
  "good.csv": `patient,note\n${CANARY}1,${CANARY} text\n`,
  "columns.csv": `patient,note\n${CANARY}1,a\n${CANARY}2,b,${CANARY},c\n`,
  "quotes.csv": `patient,note\n${CANARY}1,"open ${CANARY}\n${CANARY}2,x\n`,
  "types.csv": `patient,day,hb\n${Array.from({ length: 30_000 }, (_, i) => `p${i},2020-01-02,12.5`).join("\n")}\n${CANARY},${CANARY}-31-99,${CANARY}\n`,
  "encoding.csv": `patient,note\n${CANARY},\u0000\u0000${CANARY}\n`,
  "broken.json": `[{"patient": "${CANARY}", "x": ${CANARY}}]`,
  "good.ndjson": `${patient(`${CANARY}1`)}\n`,
  "bad.ndjson": [
    patient(`${CANARY}2`, { birthDate: `${CANARY}-99` }),
    patient(`${CANARY}3`, { birthDate: "2999-01-01" }),
    `{"resourceType": "Patient", "id": "${CANARY}`,
    `{"resourceType": "Media", "id": "${CANARY}"}`,
    JSON.stringify({
      ...{ resourceType: "Observation", id: CANARY, subject: { reference: `Patient/${CANARY}2` } },
      code: { coding: [{ system: "http://loinc.org", code: "718-7" }] },
      valueQuantity: { value: 12, unit: CANARY, code: CANARY },
    }),
  ].join("\n"),
  "bundle.json": `{"resourceType": "Bundle", "entry": [{"resource": ${patient(CANARY)}}, {"resource": {${CANARY}`,
  "packet.json": JSON.stringify({
    ...{ id: CANARY, subject: { id: CANARY, sex: CANARY, dateOfBirth: CANARY } },
    phenotypicFeatures: [{ type: { id: CANARY, label: CANARY } }],
    metaData: { phenopacketSchemaVersion: "2.0" },
  }),
  "note.txt": `Patient name: ${CANARY}. No fever. ${CANARY} niega fiebre.\n`,
  "not.parquet": `PAR1${CANARY}`,
  "not.pdf": `%PDF-1.7 ${CANARY}`,
  "not.zip": `PK\u0003\u0004${CANARY}`,
};

/** By design these hold what came. */
const HOLDS = /[/\\]lake[/\\](raw|curated|quarantine)[/\\]/;

test("no value of a patient is printed, nor in manifests, records of ingests or runs, whatever is wrong with a file", async () => {
  const root = mkdtempSync(join(tmpdir(), "disease-test-canaries-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "experiments"));
  const inbox = mkdtempSync(join(tmpdir(), "disease-test-inbox-"));
  onTestFinished(() => rmSync(inbox, { recursive: true, force: true }));
  const run = async (...args: string[]): Promise<void> => {
    const { stdout, stderr } = await disease(["lake", ...args], { cwd: root });
    expect(`${args.join(" ")}\n${stdout}\n${stderr}`).not.toContain(CANARY);
  };
  for (const [name, text] of Object.entries(FILES)) {
    writeFileSync(join(inbox, name), text);
    await run("add", join(inbox, name));
    await run("add", join(inbox, name), "--deidentify", "--dry-run", "--json");
  }
  await run("sql", "SELECT CAST(note AS INTEGER) FROM good");
  await run("ls");
  await run("show", "good");
  await run("verify");
  await run("anonymity", "good", "--quasi", "patient,note");
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  expect(paths.some((path) => HOLDS.test(path) && readFileSync(path, "latin1").includes(CANARY))).toBe(true);
  expect(paths.filter((path) => !HOLDS.test(path) && readFileSync(path, "latin1").includes(CANARY))).toEqual([]);
}, 180_000);
