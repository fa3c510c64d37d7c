import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/core/formats/visible.ts";
import { drawMatrix, follow, matrixLayout, matrixOf } from "../../src/tui/detail/confusion.ts";
import { chartsOf } from "../../src/tui/detail/curves.ts";
import { unfolded } from "../../src/tui/detail/files.ts";
import { classesDocument, importancesDocument, reliabilityDocument } from "../../src/tui/detail/judged.ts";
import { createScroller, type Document, documentOf } from "../../src/tui/detail/tab.ts";
import { drawTabs, tabAt } from "../../src/tui/detail/tab-bar.ts";
import { bytesText, wrapped } from "../../src/tui/detail/text.ts";
import { fileDocument, from } from "../../src/tui/detail/viewer.ts";
import { themeOf } from "../../src/tui/theme.ts";

const theme = themeOf("none");
const bare = (line: string): string => line.replaceAll(/\x1b\[[\d;]*m/g, "");
const linesOf = ({ head = [], length, line }: Document): string[] =>
  [...head, ...Array.from({ length }, (_, at) => line(at))].map(bare);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** k classes of ten patients, of whom class c loses c % 10 to the next class. */
function matrix(k: number) {
  const names = Array.from({ length: k }, (_, c) =>
    c === 1 ? "niño con fiebre 発熱 muy larga de nombre" : `disease_${c}`,
  );
  const cells = names.flatMap((_, truth) => {
    const lost = truth % 10;
    const cell = (predicted: number, count: number) => ({ truth, predicted, count, share: count / 10 });
    return [cell(truth, 10 - lost), ...(lost > 0 ? [cell((truth + 1) % k, lost)] : [])];
  });
  return matrixOf({ names, cells });
}

describe.each([
  [80, 21],
  [120, 37],
  [300, 97],
])("the confusion matrix at %i × %i", (columns, rows) => {
  test.each([6, 21, 41])("of %i classes fits, and holds the cursor wherever it is", (k) => {
    const of = matrix(k);
    const { across, down } = matrixLayout(of, { columns, rows });
    for (const [row, column] of [
      [0, 0],
      [k - 1, k - 1],
      [k >> 1, 0],
      [0, k - 1],
    ] as const) {
      const view = follow({ top: 0, left: 0, row, column }, across, down, k);
      const lines = drawMatrix(theme, of, view, { columns, rows });
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(Math.max(...lines.map((line) => displayWidth(bare(line))))).toBeLessThanOrEqual(columns);
      expect(lines.filter((line) => line.includes("\x1b[7m"))).toHaveLength(1);
      expect(bare(lines.at(-1)!)).toContain(`of 10 ${of.names[row]}`);
    }
  });
});

test("the numbers stand under the numbers of their columns, and the cursor's cell is said in words", () => {
  const of = matrix(6);
  const lines = drawMatrix(theme, of, { top: 0, left: 0, row: 3, column: 4 }, { columns: 100, rows: 30 }).map(bare);
  const row = lines.find((line) => line.startsWith("4 disease_3"))!;
  expect(row).toMatch(/^4 disease_3 +· +· +· +7▓ +3▒ +· +0\.700$/);
  expect(lines[1]!.indexOf("5")).toBe(row.indexOf("3▒"));
  expect(lines.at(-1)).toBe("3 of 10 disease_3 (30 %) are taken for disease_4");
});

test("classes: the averages come last, rare ones and bad ones are told in words and signs", () => {
  const row = (name: string, recall: number, orphan = false) => ({
    class: name,
    support: 9,
    precision: 0.5,
    recall,
    f1: 0.5,
    orphan,
  });
  const lines = linesOf(
    classesDocument(
      theme,
      { classes: [row("bad", 0.2, true), row("good", 0.9)], averages: [row("macro average", 0.55)] },
      80,
    ),
  );
  expect(lines[2]).toMatch(/^! bad +9 +0\.500 +0\.200 +█▎ +0\.500 +orphan/);
  expect(lines[3]).toMatch(/^ {2}good /);
  expect(lines.at(-1)).toMatch(/^ {2}macro average/);
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(80);
});

test("reliability: the ECE, the plot with the diagonal, the patients of each bin", () => {
  const bins = [
    { low: 0, high: 0.5, rows: 0, confidence: Number.NaN, accuracy: Number.NaN },
    { low: 0.5, high: 1, rows: 20, confidence: 0.9, accuracy: 0.7 },
  ];
  const lines = linesOf(
    reliabilityDocument(theme, { rows: 20, names: [], cells: [], bins }, { columns: 80, rows: 21 }),
  );
  expect(lines[0]).toContain("ECE 0.200, 20 patients");
  expect(lines.filter((line) => line.includes("●"))).toHaveLength(1);
  expect(lines.at(-1)).toMatch(/^0\.50 – 1\.00 +0\.900 +0\.700 +−0\.200 +20 +█+/);
});

test("importances: thousands of features are one line each, made when they are seen", () => {
  const features = Array.from({ length: 20_000 }, (_, i) => ({ name: `gén_${i}`, value: 1 / (i + 1) }));
  const document = importancesDocument(theme, { kind: "gain", features }, 80);
  expect(document.length).toBe(20_000);
  for (const at of [0, 19_999]) expect(displayWidth(bare(document.line(at)))).toBeLessThanOrEqual(80);
  expect(bare(document.line(0))).toMatch(/^ {4}1 gén_0 +█+ +1$/);
});

test("training and validation of one quantity are one chart", () => {
  expect(
    chartsOf(["curve_val_log_loss", "curve_train_log_loss", "lr"]).map(({ title, lines }) => [
      title,
      lines.map(({ part }) => part),
    ]),
  ).toEqual([
    ["log loss", ["validation", "training"]],
    ["lr", ["lr"]],
  ]);
});

describe("a file", () => {
  const shown = (path: string, text: string | Uint8Array, size?: number): string[] => {
    const data = typeof text === "string" ? bytes(text) : text;
    return linesOf(fileDocument(theme, path, { bytes: data, size: size ?? data.length, whole: size === undefined }));
  };

  test("CSV is a table, numbers to the right, quotes read, control characters visible", () => {
    expect(shown("a.csv", 'name,n\r\n"a, ""b""",5\r\n\x1b[31mred,12\r\n')).toEqual([
      "name            n",
      'a, "b"          5',
      "\\u001b[31mred  12",
    ]);
  });

  test("JSON is laid out; what is no JSON is shown as it is", () => {
    expect(shown("a.json", '{"a":[1]}')).toEqual(["{", '  "a": [', "    1", "  ]", "}"]);
    expect(shown("a.json", "{oops")).toEqual(["{oops"]);
  });

  test("Markdown has its tables in columns", () => {
    expect(shown("a.md", "# Title\n\n| class | n |\n| :-- | --: |\n| **long name** | 7 |\n| b | 12 |\n")).toEqual([
      "Title",
      "",
      "class       n",
      "long name   7",
      "b          12",
    ]);
  });

  test("of a large one the begin is shown, and said so; a row that was cut is left out", () => {
    const lines = shown("a.csv", "a\r\n1\r\n22", 500 << 20);
    expect(lines).toEqual(["a", "1", "", "… the first 8 B of 500.0 MiB; o opens all of it"]);
  });

  test("what is no text is said to be none; an array tells its shape", () => {
    expect(shown("model.bin", Uint8Array.of(1, 0, 2))[0]).toBe("Not a text, 3 B.");
    const npy = Buffer.concat([
      Buffer.from([0x93]),
      Buffer.from("NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (72, 6), }\n"),
    ]);
    expect(shown("p.npy", npy)[0]).toBe("NumPy array of <f4, shape (72, 6)");
    expect(shown("empty.txt", "")).toEqual(["The file is empty."]);
  });

  test("is scrolled sideways by columns of the terminal, styles kept", () => {
    expect(from("\x1b[1mabc\x1b[22mdef", 2)).toBe("\x1b[1mc\x1b[22mdef");
    expect(from("発熱x", 1)).toBe(" 熱x");
  });
});

test("a folder that is folded hides what is in it", () => {
  const entry = (path: string, isDirectory = false) => ({ path, isDirectory, size: isDirectory ? null : 1 });
  const all = [entry("a", true), entry("a/b", true), entry("a/b/c"), entry("ab")];
  expect(unfolded(all, new Set(["a"])).map(({ path }) => path)).toEqual(["a", "ab"]);
});

test("tabs fit 80 columns with short names, and are found where they are drawn", () => {
  const names = ["Overview", "Curves", "Confusion", "Classes", "Reliability", "Features", "Files", "Facts"];
  const tabs = names.map((title, i) => ({ digit: i + 1, title, short: title.slice(0, 8), draw: () => [] }));
  for (const width of [50, 80, 300]) {
    const line = bare(drawTabs(theme, tabs, tabs[0]!, width));
    expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(tabAt(tabs, line.indexOf("5"), width)).toBe(tabs[4]);
  }
});

test("a document scrolls by lines and pages, and stays within itself", () => {
  const scroller = createScroller();
  const document = documentOf(
    Array.from({ length: 30 }, (_, i) => `line ${i + 1}`),
    ["head"],
  );
  expect(scroller.draw(document, 11)).toEqual(["head", ...Array.from({ length: 10 }, (_, i) => `line ${i + 1}`)]);
  scroller.act("page-down");
  expect(scroller.draw(document, 11)[1]).toBe("line 11");
  expect(scroller.status()).toBe("lines 11–20 of 30");
  scroller.act("last");
  scroller.act("down");
  expect(scroller.draw(document, 11).at(-1)).toBe("line 30");
  expect(scroller.act("copy")).toBe(false);
});

test("long texts are broken between words, and within words that are too long", () => {
  expect(wrapped("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrapped("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
  expect([500, 2048, 500 * 2 ** 20].map(bytesText)).toEqual(["500 B", "2.0 KiB", "500.0 MiB"]);
});
