import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { commonAndRare } from "../scripts/common-and-rare.ts";

const data = join(import.meta.dirname, "..", "data");
const readme = readFileSync(join(data, "README.md"), "utf8");
const names = readdirSync(data)
  .filter((file) => file.endsWith(".csv"))
  .map((file) => file.replace(".csv", ""));

test.each(names)("data/README.md tells rows, target, licence, origin and hash of %s as they are", (name) => {
  const section = readme.split(/^## /m).find((text) => text.startsWith(`${name}\n`));
  const bytes = readFileSync(join(data, `${name}.csv`));
  const [header, ...rows] = bytes.toString("utf8").trimEnd().split("\n");
  expect(section).toContain(`- Rows: ${rows.length}${new Set(rows).size < rows.length ? ", of which" : "\n"}`);
  expect(section).toContain(`- Target: \`${header.trimEnd().split(",").at(-1)}\``);
  expect(section).toContain(`- SHA-256: \`${createHash("sha256").update(bytes).digest("hex")}\``);
  for (const part of ["Licence", "Cite", "Taken from"]) expect(section).toContain(`- ${part}: `);
});

test.each([
  "knowledge/hp.obo.gz",
  "knowledge/phenotype.hpoa.gz",
  "knowledge/orphanet.jsonl.gz",
  "knowledge/hp-es.tsv",
  "phenopackets.zip",
  "common_and_rare.csv.gz",
])("data/README.md tells the hash of %s, and its section licence, citation and origin", (name) => {
  const bytes = readFileSync(join(data, name));
  const hash = createHash("sha256").update(bytes).digest("hex");
  const section = readme.split(/^## /m).find((text) => text.includes(hash));
  for (const part of ["Licence", "Cite"]) expect(section).toContain(`- ${part}: `);
  expect(section).toMatch(/commit b694d17ec6|release 2025-01-16/);
});

test("data/common_and_rare.csv.gz is what its script makes of the other files", async () => {
  const kept = gunzipSync(readFileSync(join(data, "common_and_rare.csv.gz"))).toString("utf8");
  expect(await commonAndRare()).toBe(kept);
});
