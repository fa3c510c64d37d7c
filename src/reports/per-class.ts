import { csvCell } from "../core/formats/csv.ts";
import type { Scored } from "../core/metric.ts";
import { f1, macro, precision, recall, type Tally, tallyOf, weighted } from "../metrics/_tally.ts";
import { markdownText } from "./_text.ts";

export interface ClassRow {
  readonly class: string;
  /** Rows of the class; of an average: all rows. */
  readonly support: number;
  /** NaN where the class occurs neither in the truth nor in the predictions. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly orphan: boolean;
}

export interface PerClassReport {
  /** The worst F1 first; of equal ones the class with more rows; classes that do not occur last. */
  readonly classes: readonly ClassRow[];
  /** "macro average" and "weighted average". */
  readonly averages: readonly ClassRow[];
}

/** Precision, recall and F1 by class, as scikit-learn's classification_report with zero_division=0. */
export function perClassReport(scored: Scored): PerClassReport {
  const tally = tallyOf(scored);
  const orphans = new Set(scored.orphans);
  const occurs = (c: number): boolean => tally.support[c] + tally.predicted[c] > 0;
  const order = scored.classes.map((_, c) => c);
  const rank = (c: number): number => (occurs(c) ? f1(tally, c) : 2);
  order.sort((a, b) => rank(a) - rank(b) || tally.support[b] - tally.support[a] || a - b);
  const average = (name: string, over: (tally: Tally, value: typeof f1) => number): ClassRow => ({
    class: name,
    support: tally.total,
    precision: over(tally, precision),
    recall: over(tally, recall),
    f1: over(tally, f1),
    orphan: false,
  });
  return {
    classes: order.map((c) => ({
      class: scored.classes[c],
      support: tally.support[c],
      precision: occurs(c) ? precision(tally, c) : Number.NaN,
      recall: occurs(c) ? recall(tally, c) : Number.NaN,
      f1: occurs(c) ? f1(tally, c) : Number.NaN,
      orphan: orphans.has(c),
    })),
    averages: [average("macro average", macro), average("weighted average", weighted)],
  };
}

const COLUMNS = ["class", "support", "precision", "recall", "f1", "orphan"] as const;

/** RFC 4180, with a header; undefined values are empty. */
export function perClassCsv(report: PerClassReport): string {
  const rows = [...report.classes, ...report.averages];
  const lines = rows.map((row) => COLUMNS.map((name) => csvCell(cell(row[name]))).join(","));
  return [COLUMNS.join(","), ...lines, ""].join("\r\n");
}

export function perClassMarkdown(report: PerClassReport): string {
  const line = (row: ClassRow, name: string): string => {
    const numbers = [row.precision, row.recall, row.f1].map((v) => (Number.isNaN(v) ? "–" : v.toFixed(3)));
    return `| ${[name, row.support, ...numbers, row.orphan ? "yes" : ""].join(" | ")} |`;
  };
  return [
    `| ${COLUMNS.join(" | ")} |`,
    "| :-- | --: | --: | --: | --: | :-- |",
    ...report.classes.map((row) => line(row, markdownText(row.class))),
    ...report.averages.map((row) => line(row, `**${row.class}**`)),
    "",
  ].join("\n");
}

function cell(value: string | number | boolean): string | number {
  return typeof value === "boolean" ? String(value) : value;
}
