import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readDataset } from "../../../src/lake/read.ts";
import { cellsOf, fileOf, noticeCodes, readText, tableOf, targetOf, temporaryFolder } from "./support.ts";

const PLAIN = "age,sex,disease\n30,F,flu\n41.5,M,cold\n,F,flu\n";

test("a plain table is read with its values, missing cells and classes", async () => {
  const dataset = await readText(PLAIN);
  expect(dataset.name).toBe("patients");
  expect(dataset.frame.rows).toBe(3);
  expect(cellsOf(dataset, "age")).toEqual([30, 41.5, null]);
  expect(cellsOf(dataset, "sex")).toEqual(["F", "M", "F"]);
  expect(dataset.target.classes).toEqual(["cold", "flu"]);
  expect(targetOf(dataset)).toEqual(["flu", "cold", "flu"]);
  expect(dataset.notices).toEqual([]);
});

test.each([
  ["CRLF line ends", PLAIN.replaceAll("\n", "\r\n")],
  ["CR line ends", PLAIN.replaceAll("\n", "\r")],
  ["no line end after the last row", PLAIN.trimEnd()],
  ["a byte order mark", `\ufeff${PLAIN}`],
  ["empty lines", PLAIN.replaceAll("\n", "\n\n")],
  ["spaces around names and cells", PLAIN.replaceAll(",", " , ")],
  ["quotes around everything", PLAIN.replace(/[^,\n]+/g, '"$&"')],
  ["quotes after a space", PLAIN.replace(/[^,\n]+/g, ' "$&" ')],
  ["semicolons", PLAIN.replaceAll(",", ";")],
  ["tabs", PLAIN.replaceAll(",", "\t")],
  ["bars", PLAIN.replaceAll(",", "|")],
  ["gzip", gzipSync(PLAIN)],
  ["UTF-16 little endian", Buffer.from(`\ufeff${PLAIN}`, "utf16le")],
  ["UTF-16 big endian", Buffer.from(`\ufeff${PLAIN}`, "utf16le").swap16()],
])("the same table with %s is the same dataset", async (_, content) => {
  const dataset = await readText(content);
  expect(dataset.hash).toBe((await readText(PLAIN)).hash);
  expect(dataset.notices).toEqual([]);
});

test("the hash tells another value, name, row order and class, not the place of the file", async () => {
  const hash = async (text: string) => (await readText(text)).hash;
  const whole = await hash(PLAIN);
  expect(await hash(PLAIN)).toBe(whole);
  const others = [
    PLAIN.replace("30", "31"),
    PLAIN.replace("age", "edad"),
    PLAIN.replace("cold", "cough"),
    "age,sex,disease\n41.5,M,cold\n30,F,flu\n,F,flu\n",
  ];
  expect(new Set([whole, ...(await Promise.all(others.map(hash)))]).size).toBe(5);
});

test("a quoted cell may hold delimiters, line ends and quotes", async () => {
  const dataset = await readText('note,n,disease\n"a, ""b""\r\nc",1,flu\n"""",2,cold\nplain,3,flu\n');
  expect(cellsOf(dataset, "note")).toEqual(['a, "b"\r\nc', '"', "plain"]);
  expect(cellsOf(dataset, "n")).toEqual([1, 2, 3]);
});

test("Latin-1 is told from UTF-8 and said, and Spanish names survive both", async () => {
  const text =
    "presión_arterial,año,sexo,enfermedad\n120,1990,varón,gripe\n110,1985,mujer,resfrío\n115,1999,mujer,gripe\n";
  const latin = await readText(Buffer.from(text, "latin1"), { target: "enfermedad" });
  expect(noticeCodes(latin)).toEqual(["latin-1"]);
  expect(latin.frame.columns.map(({ name }) => name)).toEqual(["presión_arterial", "año", "sexo"]);
  expect(latin.target.classes).toEqual(["gripe", "resfrío"]);
  expect(latin.hash).toBe((await readText(text, { target: "enfermedad" })).hash);
});

test("a name in composed and in decomposed Unicode is the same name", async () => {
  const dataset = await readText("año,enfermedad\n1,a\n2,b\n".normalize("NFD"), { target: "enfermedad" });
  expect(dataset.frame.columns[0]!.name).toBe("año".normalize("NFC"));
  await readText("x,año\n1,a\n2,b\n3,a", { target: "año".normalize("NFD") });
});

test("decimal commas are numbers where the comma is no delimiter", async () => {
  const dataset = await readText("peso;talla;disease\n70,5;170;flu\n61,25;165;cold\n-3,0;;flu\n");
  expect(cellsOf(dataset, "peso")).toEqual([70.5, 61.25, -3]);
  expect(noticeCodes(dataset)).toEqual(["decimal-comma"]);
});

test("columns with a decimal point beside others with a comma are told", async () => {
  const dataset = await readText("peso;dosis;disease\n70,5;1.234;flu\n61,2;2.5;cold\n");
  expect(cellsOf(dataset, "dosis")).toEqual([1.234, 2.5]);
  expect(noticeCodes(dataset)).toEqual(["decimal-comma", "mixed-decimals"]);
});

test("second, empty and clashing names get a name of their own", async () => {
  const dataset = await readText("x,x,,x_2,disease\n1,5,9,3,flu\n2,7,8,1,cold\n");
  expect(dataset.frame.columns.map(({ name }) => name)).toEqual(["x", "x_3", "column_3", "x_2"]);
  expect(noticeCodes(dataset)).toEqual(["renamed-column", "renamed-column"]);
});

test("a long column of numbers in which text follows late is read as text", async () => {
  const cells = Array.from({ length: 3000 }, (_, i) => String((i * 7) % 1400));
  cells[2500] = "unknown";
  const dataset = await readText(tableOf({ code: cells, n: cells.map((_, i) => String(i % 3)) }), {
    columns: { code: { type: "categorical" } },
  });
  expect(cellsOf(dataset, "code")).toEqual(cells);
  const inferred = await readText(tableOf({ code: cells, n: cells.map((_, i) => String(i % 3)) }));
  expect(inferred.columns[0]).toMatchObject({ name: "code", role: "feature", kind: "categorical" });
  expect(cellsOf(inferred, "code")).toEqual(cells);
  expect(inferred.notices).toEqual([
    {
      code: "almost-numeric",
      message:
        'column "code" is not read as numbers because of 1 cells, the first in data row 2501; mend them, or name them as missing values',
    },
  ]);
});

test("numbers are read to the last bit, however many there are", async () => {
  const texts = Array.from({ length: 5000 }, (_, i) => String(Math.sin(i) * 10 ** ((i % 40) - 20)));
  texts.push("0.1", "1e-320", "123456789012345678", "1e400", ".5", "5.", "+7", "-0", "9007199254740993");
  const dataset = await readText(tableOf({ lab: texts }));
  expect(cellsOf(dataset, "lab")).toEqual(texts.map((text) => Number(text) + 0));
});

test("rows are read in the pieces the disk gives, cut anywhere", async () => {
  const long = "x".repeat(300_000);
  const rows = Array.from({ length: 12 }, (_, i) => `"${long}\n""${i % 4}""",${i},${i % 2 ? "flu" : "cold"}`);
  const dataset = await readText(`note,n,disease\r\n${rows.join("\r\n")}\r\n`);
  expect(cellsOf(dataset, "note")).toEqual(rows.map((_, i) => `${long}\n"${i % 4}"`));
});

test("only the first rows are read when asked, and a delimiter is taken as given", async () => {
  expect((await readText(PLAIN, { limitRows: 2 })).frame.rows).toBe(2);
  const dataset = await readText("a,b;disease\n1,5;flu\n2,5;cold\n", { delimiter: ";" });
  expect(cellsOf(dataset, "a,b")).toEqual([1.5, 2.5]);
});

test("what a file is is told by its bytes, not by its name", async () => {
  const path = join(temporaryFolder(), "packed.csv");
  writeFileSync(path, gzipSync(PLAIN));
  expect((await readDataset(path, { target: "disease" })).frame.rows).toBe(3);
  expect((await readDataset(fileOf(PLAIN, "año 1.tsv"), { target: "disease" })).name).toBe("año 1");
});
