import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { readDataset } from "../../../src/lake/read.ts";
import { cellsOf, columnOf, fileOf, noticeCodes, targetOf, temporaryFolder } from "./support.ts";

/** Writes the result of a query as Parquet and returns the path. */
async function parquetOf(query: string, name = "patients.parquet"): Promise<string> {
  const path = join(temporaryFolder(), name);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`COPY (${query}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  instance.closeSync();
  return path;
}

const TYPED = `SELECT * FROM (VALUES
  (1::TINYINT, 1.5::DECIMAL(4,2), true,  'F'::VARCHAR, ['fever','cough','fever'], DATE '2024-01-01', 10::BIGINT, 'flu'),
  (2,          NULL,              false, 'M',          [],                DATE '2024-01-02', 20,         'cold'),
  (NULL,       2.25,              NULL,  NULL,         NULL,              NULL,              20,         'flu')
) t(n, "lab 1", smoker, sexo, symptoms, seen, dose, disease)`;

test("types of Parquet become kinds of columns", async () => {
  const dataset = await readDataset(await parquetOf(TYPED), { target: "disease" });
  expect(dataset.frame.columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    "n numeric",
    "lab 1 numeric",
    "smoker boolean",
    "sexo categorical",
    "symptoms multilabel",
    "dose numeric",
  ]);
  expect(cellsOf(dataset, "n")).toEqual([1, 2, null]);
  expect(cellsOf(dataset, "lab 1")).toEqual([1.5, null, 2.25]);
  expect(cellsOf(dataset, "smoker")).toEqual([1, 0, null]);
  expect(cellsOf(dataset, "symptoms")).toEqual(["cough+fever", "", null]);
  expect(targetOf(dataset)).toEqual(["flu", "cold", "flu"]);
  expect(noticeCodes(dataset)).toEqual(["date-column"]);
});

test("the same table in CSV and in Parquet has the same hash", async () => {
  const path = await parquetOf(TYPED);
  const csv = fileOf(
    "n,lab 1,smoker,sexo,symptoms,seen,dose,disease\n1,1.50,true,F,fever|cough|fever,2024-01-01,10,flu\n2,,false,M,|,2024-01-02,20,cold\n,2.25,,,,,20,flu\n",
  );
  const options = { target: "disease" };
  expect((await readDataset(path, options)).hash).toBe((await readDataset(csv, options)).hash);
});

test("a number as target, group or category is its text", async () => {
  const path = await parquetOf(
    "SELECT i % 3 AS disease, i // 2 AS patient, i % 4 AS grade, i AS x FROM range(12) t(i)",
  );
  const dataset = await readDataset(path, {
    target: "disease",
    group: "patient",
    columns: { grade: { type: "categorical" }, x: { role: "feature" } },
  });
  expect(dataset.target.classes).toEqual(["0", "1", "2"]);
  expect(dataset.group!.levels).toEqual(["0", "1", "2", "3", "4", "5"]);
  expect(columnOf(dataset, "grade")).toMatchObject({ kind: "categorical", levels: ["0", "1", "2", "3"] });
});

test("rows keep their order, beyond one vector and one row group", async () => {
  const path = await parquetOf("SELECT (i * 7919) % 300007 AS x, i % 2 = 0 AS disease FROM range(300000) t(i)");
  const dataset = await readDataset(path, { target: "disease" });
  const column = columnOf(dataset, "x");
  expect(column.kind === "numeric" && column.values.every((value, i) => value === (i * 7919) % 300007)).toBe(true);
  expect(dataset.target.classes).toEqual(["false", "true"]);
  expect((await readDataset(path, { target: "disease", limitRows: 5000 })).frame.rows).toBe(5000);
});

test("a file name is no pattern, a gzipped file is unpacked elsewhere, and nothing is left behind", async () => {
  const path = await parquetOf(TYPED, "it's a [1]*?.parquet");
  const packed = join(dirname(path), "packed.parquet.gz");
  writeFileSync(packed, gzipSync(readFileSync(path)));
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("disease-parquet-"));
  const options = { target: "disease" };
  expect((await readDataset(packed, options)).hash).toBe((await readDataset(path, options)).hash);
  expect(readdirSync(dirname(path)).length).toBe(2);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("disease-parquet-"))).toEqual(before);
});

test("structures and bytes are left out with a notice", async () => {
  const path = await parquetOf(
    "SELECT {a: i} AS nested, 'x'::BLOB AS raw, i % 5 AS x, i % 2 AS disease FROM range(9) t(i)",
  );
  const dataset = await readDataset(path, { target: "disease" });
  expect(noticeCodes(dataset)).toEqual(["unsupported-column", "unsupported-column"]);
});
