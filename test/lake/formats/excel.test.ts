import { expect, test } from "vitest";
import { testLake } from "../../support/lake.ts";
import { addAs, rowsOf, typesOf } from "../../support/lake-files.ts";
import { zipOf } from "../../support/zip.ts";

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** A workbook; cells as XML: `<c r="A1"><v>1</v></c>`. Style 1 is a date. */
function workbook(sheets: Readonly<Record<string, readonly string[]>>): Buffer {
  const names = Object.keys(sheets);
  const list = names.map((name, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join("");
  const rels = names.map(
    (_, i) => `<Relationship Id="rId${i + 1}" Type="${REL}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`,
  );
  const styles = `<Relationship Id="rId9" Type="${REL}/styles" Target="styles.xml"/>`;
  const relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
  return zipOf([
    {
      name: "xl/workbook.xml",
      bytes: `${XML}<workbook xmlns="${MAIN}" xmlns:r="${REL}"><sheets>${list}</sheets></workbook>`,
    },
    {
      name: "xl/_rels/workbook.xml.rels",
      bytes: `${XML}<Relationships xmlns="${relationships}">${rels.join("")}${styles}</Relationships>`,
    },
    {
      name: "xl/styles.xml",
      bytes: `${XML}<styleSheet xmlns="${MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    },
    ...names.map((name, i) => ({
      name: `xl/worksheets/sheet${i + 1}.xml`,
      bytes: `${XML}<worksheet xmlns="${MAIN}"><sheetData>${sheets[name]!.map((cells, row) => `<row r="${row + 1}">${cells}</row>`).join("")}</sheetData></worksheet>`,
    })),
  ]);
}

const text = (place: string, value: string): string => `<c r="${place}" t="inlineStr"><is><t>${value}</t></is></c>`;
const number = (place: string, value: number, style = 0): string => `<c r="${place}" s="${style}"><v>${value}</v></c>`;
const LABS = [
  text("A1", "Laboratory, 2020"),
  text("A2", "patient") + text("B2", "value") + text("C2", "day") + text("D2", "sum"),
  `${text("A3", "a, b") + number("B3", 1.5) + number("C3", 43832, 1)}<c r="D3"><f>B3*2</f><v>3</v></c>`,
  `${text("A4", "c")}<c r="B4" t="e"><f>1/0</f><v>#DIV/0!</v></c>${number("C4", 43833, 1)}`,
];

test("the sheet's table is read: header below a title, dates, results of formulas, errors as empty cells", async () => {
  using place = testLake();
  await addAs(place, "labs.xlsx", workbook({ Labs: LABS, Other: [text("A1", "x"), number("A2", 7)] }));
  expect(await typesOf(place)).toEqual({ patient: "VARCHAR", value: "DOUBLE", day: "DATE", sum: "BIGINT" });
  expect(await rowsOf(place, "SELECT patient, value, day::VARCHAR, sum FROM t ORDER BY patient")).toEqual([
    ["a, b", 1.5, "2020-01-02", 3],
    ["c", null, "2020-01-03", null],
  ]);
  expect(place.notices).toEqual(["labs.xlsx: 1 rows above the header are passed over"]);
});

test.each(["Other", "2"])("--sheet %s names a sheet", async (sheet) => {
  using place = testLake();
  await addAs(place, "labs.xlsx", workbook({ Labs: LABS, Other: [text("A1", "x"), number("A2", 7)] }), { sheet });
  expect(await rowsOf(place)).toEqual([[7]]);
  await expect(addAs(place, "labs.xlsx", workbook({ Labs: LABS }), { sheet: "None" })).rejects.toThrow(
    'no sheet "None"',
  );
});

test("old, broken and encrypted workbooks are refused", async () => {
  using place = testLake();
  await expect(addAs(place, "a.xls", Buffer.from("d0cf11e0a1b11ae1", "hex"))).rejects.toThrow("before 2007");
  await expect(addAs(place, "a.xlsx", "no workbook")).rejects.toThrow("no ZIP archive");
  await expect(addAs(place, "b.xlsx", zipOf([{ name: "x", bytes: "y" }]))).rejects.toThrow("cannot be read");
  await expect(addAs(place, "c.xlsx", zipOf([{ name: "x", bytes: "y", isEncrypted: true }]))).rejects.toThrow(
    "encrypted",
  );
});
