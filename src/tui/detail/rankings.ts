/** How well diseases were ranked for cases: places by how many solved cases of the disease were learned from. */
import { cellText, NONE, spreadText } from "../../board/format.ts";
import { spreadOf } from "../../board/groups.ts";
import type { RunTable } from "../../core/board/board.ts";
import { VALIDATION } from "../../core/trial.ts";
import { styled, type Theme } from "../theme.ts";
import { type Document, documentOf } from "./tab.ts";
import { type Cell, type Column, table as tableLines, title } from "./text.ts";

const PLACES = ["top1", "top3", "top10", "top50", "mrr"] as const;
const VIEWS = [
  ["", "all cases"],
  ["solved_0_", "diseases without a solved case"],
  ["solved_1_4_", "with 1 to 4 solved cases"],
  ["solved_5_19_", "with 5 to 19"],
  ["solved_20_up_", "with 20 or more"],
  ["by_disease_", "mean of diseases"],
  ["by_publication_", "mean of publications"],
  ["group_", "any of the Orphanet group"],
] as const;
const SETTINGS = [
  ["", "A new patient", "what rests on the case's own publication does not count"],
  ["_all_annotations", "All annotations", "as most published figures are made"],
] as const;
const OTHERS = ["answer_log_loss", "first_ece", "none_told", "none_came"] as const;

export function rankingsDocument(theme: Theme, table: RunTable, rows: readonly number[]): Document {
  const all = Int32Array.from(rows);
  const value = (key: string): string => {
    const id = `metrics.${VALIDATION}${key}`;
    return rows.length === 1 ? cellText(table, id, rows[0]!) : spreadText(id, spreadOf(table, id, all));
  };
  const columns: Column[] = [
    { title: "  validation cases" },
    ...PLACES.map((place): Column => ({ title: place, align: "right" })),
  ];
  const lines = SETTINGS.flatMap(([suffix, name, what]) => {
    const cells = VIEWS.map(([prefix, label]): Cell[] => [
      { text: `  ${label}` },
      ...PLACES.map((place): Cell => ({ text: value(`${prefix}${place}${suffix}`) })),
    ]).filter((row) => row.slice(1).some(({ text }) => text !== NONE));
    const others = OTHERS.map((key) => [key, value(`${key}${suffix}`)] as const).filter(([, text]) => text !== NONE);
    return [
      `${title(theme, name)}  ${styled(theme, "dim", what)}`,
      ...(cells.length > 0 ? tableLines(theme, columns, cells) : [styled(theme, "dim", "  not judged")]),
      ...(others.length > 0 ? [`  ${others.map(([key, text]) => `${key} ${text}`).join("  ")}`] : []),
      "",
    ];
  });
  return documentOf([
    ...lines,
    styled(theme, "dim", "A ranking has no confusion matrix, classes or features: it orders thousands of diseases."),
    styled(theme, "dim", "Each case's list is among the files (7): rankings/validation.jsonl."),
  ]);
}
