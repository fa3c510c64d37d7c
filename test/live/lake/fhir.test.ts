import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { disease } from "../../support/cli.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/lake/fhir");

interface Resource {
  readonly resourceType: string;
  readonly id: string;
  readonly component?: readonly unknown[];
}

/** All resources of the excerpts, by a plain reading of the JSON. */
function plain(): readonly Resource[] {
  return readdirSync(FIXTURES)
    .filter((name) => /json$/.test(name))
    .flatMap((name): Resource[] => {
      const text = readFileSync(join(FIXTURES, name), "utf8");
      if (name.endsWith(".ndjson")) {
        return text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line));
      }
      return JSON.parse(text).entry.map(({ resource }: { resource: Resource }) => resource);
    });
}

test("a folder of bundles and bulk exports is in the lake as a plain reading of it counts", async () => {
  const root = mkdtempSync(join(tmpdir(), "disease-test-fhir-"));
  try {
    const run = async (...args: string[]) => disease(["lake", ...args], { cwd: root });
    await run("init");
    const added = await run("add", FIXTURES);
    expect(added).toMatchObject({ code: 0 });
    const resources = plain();
    const count = (type: string): number => resources.filter(({ resourceType }) => resourceType === type).length;
    const values = resources
      .filter(({ resourceType }) => resourceType === "Observation")
      .reduce((sum, { component }) => sum + (component?.length ?? 1), 0);
    const tables = ["patients", "conditions", "observations", "procedures", "medications", "encounters", "reports"];
    const sql = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(", ");
    const asked = await run("sql", `SELECT ${sql}`, "--json");
    expect(JSON.parse(asked.stdout).rows).toEqual([
      {
        patients: count("Patient"),
        conditions: count("Condition"),
        observations: values,
        procedures: count("Procedure"),
        medications: count("MedicationRequest"),
        encounters: count("Encounter"),
        reports: count("DiagnosticReport"),
      },
    ]);
    const joined = await run(
      "sql",
      "SELECT count(*) AS n FROM observations o JOIN patients p ON o.patient = p.id JOIN encounters e ON o.encounter = e.id",
      "--json",
    );
    const kept = new Set(resources.filter(({ resourceType }) => resourceType === "Encounter").map(({ id }) => id));
    expect(JSON.parse(joined.stdout).rows[0].n).toBe(
      resources
        .filter(({ resourceType }) => resourceType === "Observation")
        .filter((each) => kept.has(encounterOf(each)))
        .reduce((sum, { component }) => sum + (component?.length ?? 1), 0),
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

const encounterOf = (resource: Resource): string =>
  (resource as Resource & { encounter: { reference: string } }).encounter.reference.replace(
    /^urn:uuid:|^Encounter\//,
    "",
  );

/** Reads a bundle of so many MB that is made as it is read, and tells of how many patients it was. */
const LARGE = `
const { readFhir } = await import(process.argv[1]);
const megabytes = Number(process.argv[2]);
let patients = 0;
const source = {
  name: "large.json",
  async *open() {
    yield Buffer.from('{"resourceType":"Bundle","type":"collection","entry":[');
    const text = "x".repeat(900);
    for (let k = 0, made = 0; made < megabytes * 1e6; ) {
      const entries = [];
      for (let i = 0; i < 1000; i++, k++) {
        entries.push('{"fullUrl":"urn:uuid:' + k + '","resource":{"resourceType":"Patient","id":"' + k + '","note":"' + text + '"}}');
      }
      const chunk = Buffer.from((made === 0 ? "" : ",") + entries.join(","));
      made += chunk.length;
      yield chunk;
    }
    yield Buffer.from("]}");
  },
};
const context = {
  signal: new AbortController().signal, now: Date.now(), shared: new Map(),
  quarantine: ({ reason }) => { throw new Error(reason); }, notice: () => {}, progress: () => {},
};
for await (const { rows } of readFhir(source, context)) patients += rows;
console.log(patients);
`;

test("a bundle of 100 MB is read with 32 MB for objects", () => {
  const read = new URL("../../../src/lake/fhir/read.ts", import.meta.url).href;
  const args = ["--max-old-space-size=32", "--input-type=module", "-e", LARGE, read, "100"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(Number(stdout)).toBeGreaterThan(90_000);
});
