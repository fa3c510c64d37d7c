/** Files as they are shown in place. Pure: bytes in, lines out. */
import type { FileHead } from "../../app.ts";
import { csvRows } from "../../core/formats/csv.ts";
import { displayWidth, visible, visibleLines } from "../../core/formats/visible.ts";
import { fitPlain } from "../painter/text.ts";
import { styled, type Theme } from "../theme.ts";
import { type Document, documentOf } from "./tab.ts";
import { bytesText, type Column, table } from "./text.ts";

const IMAGE = /\.(png|jpe?g|gif|webp|bmp|tiff?|svg|pdf)$/i;
/** Rows of a table, and columns of one of its cells. */
const ROWS = 5000;
const CELL = 40;

/** What of a file is shown; undefined: nothing of it is a text. */
export function isImage(path: string): boolean {
  return IMAGE.test(path);
}

export function fileDocument(theme: Theme, path: string, { bytes, size, whole }: FileHead): Document {
  if (bytes.length === 0) return documentOf([styled(theme, "dim", "The file is empty.")]);
  const array = npyText(bytes);
  if (array !== undefined) return documentOf([array, ...elsewhere(theme)]);
  if (isBinary(bytes)) {
    const known = size === null ? "" : `, ${bytesText(size)}`;
    return documentOf([`Not a text${known}.`, ...elsewhere(theme)]);
  }
  // A character that was cut is not the file's fault.
  const text = new TextDecoder().decode(bytes, { stream: !whole });
  const { lines, head } = linesOf(theme, path, text, whole);
  const end = whole
    ? []
    : [
        "",
        styled(
          theme,
          "warn",
          `… the first ${bytesText(bytes.length)}${size === null ? "" : ` of ${bytesText(size)}`}; o opens all of it`,
        ),
      ];
  return documentOf([...lines, ...end], head);
}

const elsewhere = (theme: Theme): string[] => [
  styled(theme, "dim", "o opens it with the system's program, y copies its path."),
];

interface Shown {
  readonly lines: readonly string[];
  readonly head?: readonly string[];
}

function linesOf(theme: Theme, path: string, text: string, whole: boolean): Shown {
  const delimiter = /\.csv$/i.test(path) ? "," : /\.tsv$/i.test(path) ? "\t" : undefined;
  if (delimiter !== undefined) return csvLines(theme, text, delimiter, whole);
  if (/\.json$/i.test(path) && whole) return { lines: jsonLines(text) };
  if (/\.(md|markdown)$/i.test(path)) return { lines: markdownLines(theme, plain(text)) };
  return { lines: plain(text) };
}

/** Lines without control characters, tabs as spaces. */
function plain(text: string): string[] {
  const lines = visibleLines(text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").replaceAll("\t", "    ")).split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function jsonLines(text: string): string[] {
  try {
    return plain(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    return plain(text); // as it is: what is wrong with it can be seen
  }
}

function csvLines(theme: Theme, text: string, delimiter: string, whole: boolean): Shown {
  const all = csvRows(text, delimiter, ROWS + 1);
  const rows = whole || all.length > ROWS ? all : all.slice(0, -1); // the last one was cut
  const [titles = [], ...body] = rows;
  const isNumber = titles.map((_, c) => body.every((row) => (row[c] ?? "") === "" || !Number.isNaN(Number(row[c]))));
  const columns = titles.map(
    (text, c): Column => ({ title: visible(text), most: CELL, align: isNumber[c] ? "right" : "left" }),
  );
  const cells = body.map((row) => titles.map((_, c) => ({ text: visible(row[c] ?? "") })));
  const [head, ...lines] = table(theme, columns, cells);
  const cut = all.length > ROWS ? [styled(theme, "warn", `… the first ${ROWS.toLocaleString("en")} rows`)] : [];
  return { lines: [...lines, ...cut], head: [head] };
}

/** Headings, code and tables in their look; the rest as it is written. */
function markdownLines(theme: Theme, lines: readonly string[]): string[] {
  const out: string[] = [];
  let isCode = false;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.startsWith("```")) {
      isCode = !isCode;
      out.push(styled(theme, "dim", line));
    } else if (isCode) out.push(styled(theme, "dim", line));
    else if (/^#{1,6} /.test(line)) out.push(styled(theme, "accent", line.replace(/^#+ /, "")));
    else if (line.startsWith("|")) {
      let end = i;
      while (end < lines.length && lines[end]!.startsWith("|")) end++;
      out.push(...markdownTable(theme, lines.slice(i, end)));
      i = end - 1;
    } else out.push(inline(theme, line));
  }
  return out;
}

const inline = (theme: Theme, text: string): string =>
  text.replaceAll(/\*\*(.+?)\*\*/g, (_, bold: string) => styled(theme, "strong", bold));

function markdownTable(theme: Theme, lines: readonly string[]): string[] {
  const rows = lines.map((line) =>
    line
      .replace(/^\|/, "")
      .replace(/\|\s*$/, "")
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|").replaceAll("**", "")),
  );
  const isRule = (row: readonly string[]): boolean => row.every((cell) => /^:?-+:?$/.test(cell));
  const rule = rows.find(isRule);
  const [titles = [], ...body] = rows.filter((row) => !isRule(row));
  const columns = titles.map(
    (text, c): Column => ({ title: text, most: CELL, align: rule?.[c]?.endsWith(":") ? "right" : "left" }),
  );
  return [
    ...table(
      theme,
      columns,
      body.map((row) => titles.map((_, c) => ({ text: row[c] ?? "" }))),
    ),
  ];
}

function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8192).includes(0);
}

/** "NumPy array <f4, shape (72, 6)" */
function npyText(bytes: Uint8Array): string | undefined {
  if (bytes[0] !== 0x93 || new TextDecoder("latin1").decode(bytes.subarray(1, 6)) !== "NUMPY") return undefined;
  const head = new TextDecoder("latin1").decode(bytes.subarray(10, 10 + 512));
  const [, type, shape] = /'descr': '([^']+)'.*'shape': \(([\d, ]*)\)/.exec(head) ?? [];
  return type === undefined ? undefined : `NumPy array of ${visible(type)}, shape (${shape})`;
}

/** A line from a column of the terminal on. */
export function from(line: string, left: number): string {
  if (left === 0) return line;
  let skip = left;
  let out = "";
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    if (part.startsWith("\x1b")) {
      out += part;
      continue;
    }
    for (const char of part) {
      if (skip <= 0) out += char;
      else skip -= displayWidth(char);
    }
  }
  // Half of a wide character was skipped.
  return skip < 0 ? fitPlain("", -skip) + out : out;
}
