import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDeclaration } from "../../src/app/lake/declared.ts";
import { type BuildResult, buildTable } from "../../src/lake/learning/build.ts";
import type { TestLake } from "./lake.ts";

/** Takes tables in, each from the lines of a CSV of its name. */
export async function addTables(place: TestLake, tables: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const files = Object.entries(tables).map(([name, lines]) => {
    const file = join(place.files, `${name}.csv`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return file;
  });
  await place.lake.addSource(files);
}

export interface Built {
  readonly result: BuildResult;
  /** By patient, then by column. */
  readonly patients: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly notices: readonly string[];
}

/** Builds the table `t` of a declaration. */
export async function buildOf(place: TestLake, yaml: string): Promise<Built> {
  const notices: string[] = [];
  const result = await buildTable(place.lake, parseDeclaration(place.files, "lake/t.yaml", yaml), {
    program: "test",
    notify: ({ message }) => notices.push(message),
  });
  const { columns, rows } = await place.lake.query("SELECT * FROM t");
  const patients = rows.map((row) => {
    const cells = columns.map(({ name }, i) => [name, typeof row[i] === "bigint" ? Number(row[i]) : row[i]]);
    return [String(row[0]), Object.fromEntries(cells)] as const;
  });
  return { result, patients: Object.fromEntries(patients), notices };
}
