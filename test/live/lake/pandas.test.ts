import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { MISSING_TOKENS } from "../../../src/core/formats/cells.ts";
import type { LakeDataset } from "../../../src/lake/build.ts";
import { readDataset } from "../../../src/lake/read.ts";
import { cellsOf, targetOf, temporaryFolder } from "../../lake/table/support.ts";
import { venvPython } from "../../support/venv.ts";

type Cell = number | string | null;

const script = join(import.meta.dirname, "../../fixtures/lake/pandas_read.py");
const data = join(import.meta.dirname, "../../../data");
const TRUE_WORDS = ["true", "t", "yes", "y", "present"];
let python = "";

beforeAll(async () => {
  python = await venvPython("reference");
});

/** What pandas reads, and the Parquet file that it makes of it. */
function byPandas(path: string, options = {}): { columns: Record<string, Cell[]>; parquet: string } {
  const parquet = join(temporaryFolder(), `${basename(path)}.parquet`);
  const args = [script, path, parquet, JSON.stringify(MISSING_TOKENS), JSON.stringify(options)];
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(stderr);
  return { columns: JSON.parse(stdout), parquet };
}

function expectSame(dataset: LakeDataset, columns: Record<string, Cell[]>): void {
  for (const { name, kind } of dataset.frame.columns) {
    const words = kind === "boolean" && columns[name]!.some((cell) => typeof cell === "string");
    const cells = words
      ? columns[name]!.map((cell) => cell && Number(TRUE_WORDS.includes(String(cell))))
      : columns[name];
    expect(cellsOf(dataset, name), name).toEqual(cells);
  }
  expect(targetOf(dataset)).toEqual(columns[dataset.target.name]);
}

test.each([
  ["dermatology", "disease"],
  ["primary_tumor", "tumor_site"],
  ["heart_disease", "severity"],
  ["chronic_kidney", "class"],
  ["audiology", "diagnosis"],
  ["vertebral_column", "diagnosis"],
  ["wdbc", "diagnosis"],
])("pandas reads the same values from %s, and its Parquet file is the same dataset", async (name, target) => {
  const path = join(data, `${name}.csv`);
  const dataset = await readDataset(path, { target });
  const { columns, parquet } = byPandas(path);
  expectSame(dataset, columns);
  expect((await readDataset(parquet, { target })).hash).toBe(dataset.hash);
});

test("pandas reads the same values from a Spanish table in Latin-1 with quotes and decimal commas", async () => {
  const path = join(temporaryFolder(), "pacientes.csv");
  const rows = Array.from({ length: 50 }, (_, i) => {
    const weight = i % 9 === 0 ? "NA" : `${50 + i},${i}`;
    return `${weight};"niño ""${i % 3}"",\nseñal";${i % 2 ? "sí" : "no"};${i % 4 ? "gripe" : "resfrío"}`;
  });
  writeFileSync(path, `presión;observación;año_fiebre;enfermedad\r\n${rows.join("\r\n")}\r\n`, "latin1");
  const dataset = await readDataset(path, { target: "enfermedad" });
  const { columns } = byPandas(path, { sep: ";", decimal: ",", encoding: "latin-1" });
  expect(dataset.frame.columns.map(({ kind }) => kind)).toEqual(["numeric", "categorical", "boolean"]);
  expect(cellsOf(dataset, "presión")).toEqual(columns.presión);
  expect(cellsOf(dataset, "observación")).toEqual(columns.observación);
  expect(cellsOf(dataset, "año_fiebre")).toEqual(columns.año_fiebre!.map((cell) => Number(cell === "sí")));
  expect(targetOf(dataset)).toEqual(columns.enfermedad);
});
