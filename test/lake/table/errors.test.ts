import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { UserError } from "../../../src/core/errors.ts";
import { type ReadOptions, readDataset } from "../../../src/lake/read.ts";
import { fileOf, tableOf, temporaryFolder } from "./support.ts";

async function refusal(path: string, options: Partial<ReadOptions> = {}): Promise<UserError> {
  const error = await readDataset(path, { target: "disease", ...options }).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  const { where, fix } = error as UserError;
  expect(where).toContain(path);
  expect(fix.join("")).not.toBe("");
  return error as UserError;
}

const GOOD = "age,sex,disease\n30,F,flu\n40,M,cold\n50,M,cold\n";

test("a missing file is answered with the nearest name in the folder", async () => {
  const path = join(dirname(fileOf(GOOD, "pacientes_2024.csv")), "pacientes_2025.csv");
  const error = await refusal(path);
  expect(error.message).toBe("there is no such file");
  expect(error.fix[0]).toMatch(/Did you mean .*pacientes_2024\.csv\?/);
  expect((await refusal(join(path, "x", "y.csv"))).fix[0]).toMatch(/There is no folder/);
});

test("a folder is refused", async () => {
  const folder = join(temporaryFolder(), "data.csv");
  mkdirSync(folder);
  expect((await refusal(folder)).message).toBe("this is a folder, not a table");
});

test.each([
  ["an empty file", "", "patients.csv", "the file is empty"],
  ["an empty gzip", gzipSync(""), "patients.csv.gz", "the file is empty"],
  ["empty lines only", "\n\r\n\n", "patients.csv", "the file is empty"],
  ["a header only", "age,sex,disease\n", "patients.csv", "the table has a header and no rows"],
  ["a broken gzip", gzipSync(GOOD.repeat(999)).subarray(0, 60), "p.csv.gz", "the gzip file is damaged or cut short"],
  ["text that calls itself Parquet", GOOD, "patients.parquet", "not a Parquet file (it does not begin with PAR1)"],
  ["a damaged Parquet file", "PAR1 and nothing more", "patients.parquet", "the Parquet file cannot be read"],
  ["a workbook", "PK\x03\x04xl/workbook", "patients.csv", "this is an Excel workbook or a zip file, not a text table"],
  ["a binary file", Buffer.from([1, 0, 2, 0]), "patients.csv", "the file holds zero bytes: it is not a text table"],
])("%s is refused", async (_, content, name, message) => {
  expect((await refusal(fileOf(content, name))).message).toBe(message);
});

test.each([
  ["a row with a field too many", `${GOOD}60,F,flu,x\n`, /:5$/, "this row has 4 fields, the header has 3"],
  ["a row with a field too few", `${GOOD}\n\n60,F\n${GOOD}`, /:7$/, "this row has 2 fields, the header has 3"],
  [
    "a short row after a quoted line end",
    '"a\nb",disease\n"1\n2\n3",flu\n4\n',
    /:6$/,
    "this row has 1 fields, the header has 2",
  ],
  ["a quote that is never closed", `${GOOD}60,"F,flu\n70,M,cold\n`, /:5$/, "a quote is never closed"],
  ["text after a quote", `${GOOD}60,"F"x,flu\n`, /:5$/, "text follows a closing quote"],
])("%s is refused with its line", async (_, content, line, message) => {
  const error = await refusal(fileOf(content));
  expect(error.message).toBe(message);
  expect(error.where).toMatch(line);
});

test("a column that is not there is answered with the nearest one", async () => {
  const path = fileOf(GOOD);
  expect((await refusal(path, { target: "desease" })).fix).toEqual(['Did you mean "disease"?']);
  expect((await refusal(path, { target: "outcome" })).fix).toEqual(['The columns are "age", "sex", "disease".']);
  expect((await refusal(path, { group: "patient" })).message).toBe('there is no column "patient" (group)');
  expect((await refusal(path, { columns: { agee: { type: "numeric" } } })).fix).toEqual(['Did you mean "age"?']);
});

test.each([
  ["missing in every row", tableOf({ x: ["1", "2"] }).replace(/cold|flu/g, ""), "the target is missing in every row"],
  ["of one class", tableOf({ x: ["1", "2"] }).replaceAll("flu", "cold"), 'the target has a single class, "cold"'],
  [
    "a quantity",
    tableOf({ x: Array.from({ length: 60 }, (_, i) => String(i % 7)) }).replace(/cold|flu/g, (_m, at) =>
      String(at / 8),
    ),
    "the target is a number with 60 different values: that is regression",
  ],
  [
    "an id",
    tableOf({ x: Array.from({ length: 20 }, (_, i) => String(i % 7)) }).replace(/cold|flu/g, (m, at) => `${m}${at}`),
    "every row has a class of its own: the target looks like an id",
  ],
])("a target that is %s is refused", async (_, content, message) => {
  expect((await refusal(fileOf(content))).message).toBe(message);
});

test("a table without a feature is refused with what was left out", async () => {
  const error = await refusal(fileOf(tableOf({ empty: ["", ""], same: ["x", "x"] })));
  expect(error.message).toBe("no column is left as a feature");
  expect(error.fix).toContain('column "empty" has no filled cell; it is left out');
});

test("a declared type that does not fit is refused by column, count and row, without the cell", async () => {
  const error = await refusal(fileOf(GOOD.replace("40", "secret")), { columns: { age: { type: "numeric" } } });
  expect(error.message).toBe('column "age" cannot be numeric: 1 cells are no numbers, the first in data row 2');
  expect((await refusal(fileOf(GOOD), { columns: { age: { type: "boolean" } } })).message).toMatch(/cannot be boolean/);
  expect((await refusal(fileOf(GOOD), { columns: { sex: { type: "boolean" } } })).message).toMatch(/cannot be boolean/);
});

test("roles that contradict each other are refused", async () => {
  await refusal(fileOf(GOOD), { columns: { disease: { role: "ignore" } } });
  await refusal(fileOf(GOOD), { group: "disease" });
});

test("an empty group column and a delimiter of two characters are refused", async () => {
  const path = fileOf(tableOf({ x: ["1", "2"], empty: ["", ""] }));
  expect((await refusal(path, { group: "empty" })).message).toBe("the group column has no filled cell");
  expect((await refusal(path, { delimiter: "::" })).message).toMatch(/one ASCII character/);
});

test("identical rows are a table like any other", async () => {
  const path = fileOf(`age,disease\n${"30,flu\n31,cold\n".repeat(5)}`);
  expect((await readDataset(path, { target: "disease" })).frame.rows).toBe(10);
});
