/** Params, data and metrics beside each other; the best of a metric is marked. Pure. */
import { NONE, spreadText } from "../../board/format.ts";
import { spreadOf } from "../../board/groups.ts";
import { compact } from "../../board/numbers.ts";
import type { Directions } from "../../board/types.ts";
import type { RunTable } from "../../core/board/board.ts";
import { numberAt, textAt } from "../../core/board/run-table.ts";
import { displayWidth, visible } from "../../core/formats/visible.ts";
import { FACTS, VALIDATION } from "../../core/trial.ts";
import { fitPlain } from "../painter/text.ts";
import { styled, type Theme } from "../theme.ts";
import type { Item } from "./items.ts";

export interface DifferenceRow {
  readonly part: "params" | "metrics" | "facts";
  readonly key: string;
  /** By item. */
  readonly cells: readonly string[];
  /** By item; none where no direction is known, or all are alike. */
  readonly best: readonly boolean[];
  /** Of two items, second − first. */
  readonly delta?: string;
}

/** @param all also what is alike */
export function differences(
  table: RunTable,
  items: readonly Item[],
  { directions, rank, all }: { readonly directions: Directions; readonly rank?: string; readonly all: boolean },
): DifferenceRow[] {
  const differ = (cells: readonly string[]): boolean => all || cells.some((cell) => cell !== cells[0]);
  const texts = (part: "params" | "facts", id: string, key: string): DifferenceRow[] => {
    const cells = items.map(({ rows }) => textOf(table, id, rows));
    return differ(cells) && cells.some((cell) => cell !== NONE) ? [{ part, key, cells, best: [] }] : [];
  };
  const metric = (id: string): DifferenceRow[] => {
    const spreads = items.map(({ rows }) => spreadOf(table, id, Int32Array.from(rows)));
    const values = spreads.map(({ mean }, i) =>
      items[i]!.rows.length === 1 ? numberAt(table, id, items[i]!.rows[0]!) : mean,
    );
    const cells = values.map((value, i) => {
      if (Number.isNaN(value)) return NONE;
      return spreadText(id, { ...spreads[i]!, n: 1, mean: value });
    });
    if (cells.every((cell) => cell === NONE) || !(all || values.some((value) => !Object.is(value, values[0]))))
      return [];
    const [a, b] = values;
    const gap = b! - a!;
    const delta = items.length === 2 && !Number.isNaN(gap) ? `${gap > 0 ? "+" : ""}${compact(gap)}` : undefined;
    return [
      { part: "metrics", key: id.slice("metrics.".length), cells, best: bestOf(values, directions.get(id)), delta },
    ];
  };
  const ids = (head: string): string[] => table.columnIds.filter((id) => id.startsWith(head));
  const metrics = ids("metrics.").filter((id) => !/_(low|high)$/.test(id) && !id.startsWith("metrics.curve_"));
  const order = (id: string): number => (id === rank ? 0 : id.startsWith(`metrics.${VALIDATION}`) ? 1 : 2);
  metrics.sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  return [
    ...ids("params.").flatMap((id) => texts("params", id, id.slice("params.".length))),
    ...metrics.flatMap(metric),
    ...Object.entries(FACTS).flatMap(([tag, label]) => texts("facts", `tags.${tag}`, label)),
  ];
}

function textOf(table: RunTable, id: string, rows: readonly number[]): string {
  const found = [...new Set(rows.map((row) => textAt(table, id, row) ?? NONE))];
  return visible(found.slice(0, 5).join(", ")) + (found.length > 5 ? ", …" : "");
}

function bestOf(values: readonly number[], direction: "greater" | "smaller" | undefined): boolean[] {
  const known = values.filter((value) => !Number.isNaN(value));
  if (direction === undefined || new Set(known).size < 2) return [];
  const best = direction === "greater" ? Math.max(...known) : Math.min(...known);
  return values.map((value) => value === best);
}

const KEY = 26;
const CELL = { least: 9, most: 28 } as const;
const TITLES = { params: "Params", metrics: "Metrics", facts: "Data and code" } as const;

/** @param left first item that is seen beside the keys */
export function differenceLines(
  theme: Theme,
  items: readonly Item[],
  rows: readonly DifferenceRow[],
  columns: number,
  left: number,
): { readonly head: readonly string[]; readonly lines: readonly string[] } {
  const widthOf = (i: number): number =>
    Math.min(CELL.most, Math.max(CELL.least, ...rows.map(({ cells }) => displayWidth(cells[i]!) + 2)));
  const widths = items.map((_, i) => widthOf(i));
  const deltas = rows.some(({ delta }) => delta !== undefined);
  const wide = deltas ? Math.max(7, ...rows.map(({ delta = "" }) => displayWidth(delta))) : 0;
  const shown: number[] = [];
  let room = columns - KEY - 2;
  for (let i = left; i < items.length && room >= widths[i]! + 2; i++) {
    shown.push(i);
    room -= widths[i]! + 2;
  }
  const hasDelta = deltas && shown.length === items.length && room >= wide + 2;
  const more = `${left > 0 ? "‹" : " "}${left + shown.length < items.length ? "›" : " "}`;
  const head = [
    `${more}${" ".repeat(KEY - 2)}${shown.map((i) => `  ${styled(theme, "head", fitPlain(items[i]!.label, widths[i]!, "right"))}`).join("")}${hasDelta ? `  ${styled(theme, "head", fitPlain("B − A", wide, "right"))}` : ""}`,
  ];
  const lines = rows.flatMap((row, i) => {
    const first = rows[i - 1]?.part !== row.part;
    const cells = shown.map((at) => {
      const isBest = row.best[at] === true;
      const text = fitPlain(`${isBest ? "★ " : ""}${row.cells[at]!}`, widths[at]!, "right");
      return `  ${isBest ? styled(theme, "best", text) : text}`;
    });
    const delta = hasDelta ? `  ${styled(theme, "dim", fitPlain(row.delta ?? "", wide, "right"))}` : "";
    return [
      ...(first ? [...(i > 0 ? [""] : []), styled(theme, "accent", TITLES[row.part])] : []),
      `  ${fitPlain(visible(row.key), KEY - 2)}${cells.join("")}${delta}`,
    ];
  });
  return { head, lines };
}
