/**
 * Writes data/common_and_rare.csv.gz: patients with common skin diseases (data/dermatology.csv) and with rare diseases
 * (data/phenopackets.zip) in one table. What was made of what: data/README.md.
 *
 *     node scripts/common-and-rare.ts [FILE]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { loadKnowledge } from "../src/knowledge/base.ts";
import { collectCases } from "../src/lake/phenopackets/read.ts";

const data = join(import.meta.dirname, "..", "data");

/** Terms that say the same as findings of the dermatology table, graded above 0; the findings that have none stay beside them. */
const SKIN_TERMS: Readonly<Record<string, readonly string[]>> = {
  "HP:0000962": ["hyperkeratosis"],
  "HP:0000989": ["itching"],
  "HP:0001036": ["parakeratosis"],
  "HP:0001965": ["scalp_involvement"],
  "HP:0010783": ["erythema"],
  "HP:0011830": ["oral_mucosal_involvement"],
  "HP:0025092": ["acanthosis"],
  "HP:0040189": ["scaling"],
  "HP:0200034": ["polygonal_papules", "follicular_papules"],
};

type Row = Readonly<Record<string, string>>;

/** The table as text; the same files give the same one. */
export async function commonAndRare(): Promise<string> {
  const { ontology } = await loadKnowledge(join(data, "knowledge"), { notify() {} });
  const rare = collectCases(join(data, "phenopackets.zip")).cases;
  const columnOf = (id: string): string | undefined => {
    const term = ontology.indexOf(id);
    return term === undefined ? undefined : `${ontology.ids[term]} ${ontology.names[term]}`;
  };
  const rareRows = rare.map((one): Row => {
    const cells: Record<string, string> = {};
    for (const [list, value] of [
      [one.excluded, "0"],
      [one.present, "1"],
    ] as const)
      for (const { id } of list) {
        const column = columnOf(id);
        if (column !== undefined) cells[column] = value;
      }
    const [diagnosis] = one.diagnoses;
    return {
      ...cells,
      publication: one.publication!,
      age: one.age === undefined ? "" : String(Math.round(one.age * 100) / 100),
      sex: one.sex === "unknown" ? "" : one.sex,
      disease: `${diagnosis.id} ${diagnosis.label}`,
    };
  });
  const [header, ...lines] = readFileSync(join(data, "dermatology.csv"), "utf8").trimEnd().split("\n");
  const findings = header.split(",");
  const commonRows = lines.map((line, i): Row => {
    const cells = line.split(",");
    const row = Object.fromEntries(findings.map((name, j) => [name, cells[j]]));
    const terms = Object.entries(SKIN_TERMS).map(([id, from]) => {
      const has = from.some((name) => Number(row[name]) > 0);
      return [columnOf(id)!, has ? "1" : "0"];
    });
    return { ...row, ...Object.fromEntries(terms), publication: `dermatology patient ${i + 1}` };
  });
  const rows = [...commonRows, ...rareRows];
  // A term that nobody has tells no ranking anything.
  const terms = [...new Set(rows.flatMap((row) => Object.keys(row).filter((name) => row[name] === "1")))]
    .filter((name) => name.startsWith("HP:"))
    .sort();
  const plain = findings.filter((name) => !["age", "disease"].includes(name));
  const columns = ["publication", "age", "sex", ...plain, ...terms, "disease"];
  const text = [columns, ...rows.map((row) => columns.map((name) => row[name] ?? ""))];
  return text.map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
}

const quoted = (cell: string): string => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

if (process.argv[1] === import.meta.filename)
  writeFileSync(process.argv[2] ?? join(data, "common_and_rare.csv.gz"), gzipSync(await commonAndRare(), { level: 9 }));
