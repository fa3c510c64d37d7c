import { join } from "node:path";
import { expect, test } from "vitest";
import { describeColumns } from "../../../src/lake/describe.ts";
import { readDataset } from "../../../src/lake/read.ts";

const data = join(import.meta.dirname, "..", "..", "..", "data");

// name, target, rows, columns, missing %, classes, rows of the smallest class: the table in data's README
test.each([
  ["dermatology", "disease", 366, 34, "0.1", 6, 20],
  ["primary_tumor", "tumor_site", 339, 17, "3.9", 21, 1],
  ["heart_disease", "severity", 920, 14, "13.7", 5, 28],
  ["chronic_kidney", "class", 400, 24, "10.5", 2, 150],
  ["audiology", "diagnosis", 226, 69, "2.0", 24, 1],
  ["vertebral_column", "diagnosis", 310, 6, "0.0", 3, 60],
  ["wdbc", "diagnosis", 569, 30, "0.0", 2, 212],
] as const)("%s is read as its note says", async (name, target, rows, columns, missing, classes, smallest) => {
  const dataset = await readDataset(join(data, `${name}.csv`), { target });
  expect(dataset.notices).toEqual([]);
  expect(dataset.frame.rows).toBe(rows);
  expect(dataset.frame.columns.length).toBe(columns);
  const features = describeColumns(dataset).filter(({ role }) => role === "feature");
  const mean = features.reduce((sum, { missingFraction }) => sum + missingFraction!, 0) / features.length;
  expect((mean * 100).toFixed(1)).toBe(missing);
  const counts = new Array<number>(dataset.target.classes.length).fill(0);
  for (const code of dataset.target.codes) counts[code]!++;
  expect([counts.length, Math.min(...counts)]).toEqual([classes, smallest]);
});
