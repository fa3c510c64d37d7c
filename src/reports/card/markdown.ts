import { markdownText } from "../_text.ts";
import type { Block, Card, Column, Section } from "./blocks.ts";

/** The card as Markdown (GitHub's), figures left to their tables. */
export function cardMarkdown({ title, summary, sections }: Card): string {
  const lines = [`# ${markdownText(title)}`, "", ...summary.map((line) => `- ${markdownText(line)}`), ""];
  for (const section of sections) lines.push(...sectionLines(section, 2));
  return `${lines.join("\n").trimEnd()}\n`;
}

function sectionLines({ title, blocks, sections = [] }: Section, depth: number): string[] {
  return [
    `${"#".repeat(depth)} ${markdownText(title)}`,
    "",
    ...blocks.flatMap(blockLines),
    ...sections.flatMap((section) => sectionLines(section, depth + 1)),
  ];
}

function blockLines(block: Block): string[] {
  switch (block.kind) {
    case "text":
      return [markdownText(block.text), ""];
    case "gap":
      return [`**Gap:** ${markdownText(block.text)}. To be said by ${markdownText(block.who)}.`, ""];
    case "facts":
      return block.rows.length === 0 ? [] : table([{ title: "" }, { title: "" }], block.rows);
    case "list":
      return block.items.length === 0 ? [] : [...block.items.map((item) => `- ${markdownText(item)}`), ""];
    case "table":
      return [`**${markdownText(block.caption)}**`, "", ...table(block.columns, block.rows)];
    case "figure":
      return [];
  }
}

function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const cell = (value: string): string => (value === "" ? "" : markdownText(value));
  return [
    line(columns.map(({ title }) => cell(title))),
    line(columns.map(({ numeric }) => (numeric ? "--:" : ":--"))),
    ...rows.map((row) => line(row.map(cell))),
    "",
  ];
}
