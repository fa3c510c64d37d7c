/** The confusion matrix as a heat map: shares as shades and signs, counts as numbers, a cursor that says a cell in words. */
import type { Judged } from "../../app.ts";
import { displayWidth, visible } from "../../core/formats/visible.ts";
import type { ActionId } from "../keys.ts";
import { shaded, shadeSign } from "../painter/palette.ts";
import { fitPlain } from "../painter/text.ts";
import { styled, type Theme } from "../theme.ts";
import { halfOf, type Tab } from "./tab.ts";

export interface Matrix {
  readonly names: readonly string[];
  /** [k × k] by true class, then predicted */
  readonly counts: Float64Array;
  /** [k] */
  readonly support: Float64Array;
}

export function matrixOf({ names, cells }: Pick<Judged, "names" | "cells">): Matrix {
  const k = names.length;
  const counts = new Float64Array(k * k);
  const support = new Float64Array(k);
  for (const { truth, predicted, count } of cells) {
    counts[truth * k + predicted] = count;
    support[truth]! += count;
  }
  return { names, counts, support };
}

export interface MatrixView {
  readonly top: number;
  readonly left: number;
  readonly row: number;
  readonly column: number;
}

/** Rows around the matrix: what it is, the numbers of the columns, the cell in words. */
const AROUND = 4;
const NAME = { least: 12, most: 34 } as const;

/** Columns of a cell, of a row's name, and how many cells and rows there is room for. */
export function matrixLayout(
  { names, counts }: Matrix,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): { readonly cell: number; readonly name: number; readonly across: number; readonly down: number } {
  const k = names.length;
  const digits = Math.max(String(k).length, ...Array.from(counts, (n) => String(n).length));
  const cell = digits + 3; // a space, the number, its sign, a space
  const longest = Math.max(...names.map((name) => displayWidth(visible(name)))) + String(k).length + 1;
  const most = Math.max(NAME.least, Math.min(NAME.most, Math.floor(columns / 3)));
  const name = Math.min(longest, most);
  const recall = 7;
  const across = Math.max(1, Math.min(k, Math.floor((columns - name - 1 - recall) / cell)));
  return { cell, name, across, down: Math.max(1, Math.min(k, rows - AROUND)) };
}

/** The view that holds the cursor. */
export function follow(view: MatrixView, across: number, down: number, k: number): MatrixView {
  const within = (first: number, at: number, seen: number): number =>
    Math.max(0, Math.min(Math.max(at - seen + 1, Math.min(first, at)), k - seen));
  return { ...view, top: within(view.top, view.row, down), left: within(view.left, view.column, across) };
}

export function drawMatrix(
  theme: Theme,
  matrix: Matrix,
  view: MatrixView,
  size: { readonly columns: number; readonly rows: number },
): string[] {
  const { names, counts, support } = matrix;
  const k = names.length;
  const { cell, name, across, down } = matrixLayout(matrix, size);
  const shownColumns = Array.from({ length: across }, (_, i) => view.left + i);
  const label = (c: number): string => `${String(c + 1).padStart(String(k).length)} ${visible(names[c]!)}`;
  const head = shownColumns
    .map((c) => {
      const text = fitPlain(`${c + 1}  `, cell, "right");
      return c === view.column ? styled(theme, "strong", text) : styled(theme, "dim", text);
    })
    .join("");
  const edges = `${view.left > 0 ? "‹" : " "}${" ".repeat(Math.max(0, name - 1))} `;
  const lines = [
    `${styled(theme, "dim", "rows: true class, columns: predicted; shade: share of the true class")} ${[0.1, 0.3, 0.6, 0.9].map(shadeSign).join("")}`,
    `${edges}${head}${view.left + across < k ? "›" : " "}${styled(theme, "head", "recall")}`,
  ];
  for (let y = 0; y < down; y++) {
    const truth = view.top + y;
    const total = support[truth]!;
    const cells = shownColumns.map((c) => {
      const count = counts[truth * k + c]!;
      const share = total === 0 ? 0 : count / total;
      const text = count === 0 ? "·" : String(count);
      const padded = ` ${text.padStart(cell - 3)}${shadeSign(share)} `;
      if (truth === view.row && c === view.column) return `\x1b[7m${padded}\x1b[27m`;
      return count === 0 ? styled(theme, "dim", padded) : shaded(theme, share, padded);
    });
    const recall = total === 0 ? "–" : (counts[truth * k + truth]! / total).toFixed(3);
    const named = fitPlain(label(truth), name);
    lines.push(
      `${truth === view.row ? styled(theme, "strong", named) : named} ${cells.join("")} ${fitPlain(recall, 6, "right")}`,
    );
  }
  lines.push("", inWords(theme, matrix, view));
  return lines.slice(0, size.rows);
}

/** "12 of 22 psoriasis (55 %) are taken for lichen_planus" */
function inWords(theme: Theme, { names, counts, support }: Matrix, { row, column }: MatrixView): string {
  const n = counts[row * names.length + column]!;
  const total = support[row]!;
  const [truth, predicted] = [visible(names[row]!), visible(names[column]!)];
  if (total === 0) return `no patient of ${truth} in validation`;
  const share = `${Math.round((100 * n) / total)} %`;
  const what = row === column ? "are found" : `are taken for ${predicted}`;
  const text = `${n} of ${total} ${truth} (${share}) ${what}`;
  return row === column || n === 0 ? text : styled(theme, "warn", text);
}

/** @param judged undefined while it is not known: `draw` is told then what to show */
export function confusionTab(
  theme: () => Theme,
  judged: () => { readonly value: Judged } | { readonly lines: readonly string[] },
): Tab {
  let view: MatrixView = { top: 0, left: 0, row: 0, column: 0 };
  let k = 0;
  let page = 1;
  let known: { readonly of: Judged; readonly matrix: Matrix } | undefined;

  const move = (rows: number, columns: number): void => {
    const within = (at: number): number => Math.max(0, Math.min(k - 1, at));
    view = { ...view, row: within(view.row + rows), column: within(view.column + columns) };
  };

  return {
    digit: 3,
    title: "Confusion",
    short: "Matrix",
    draw(size) {
      const found = judged();
      if (!("value" in found)) return found.lines;
      if (known?.of !== found.value) known = { of: found.value, matrix: matrixOf(found.value) };
      const { matrix } = known;
      k = matrix.names.length;
      move(0, 0);
      const { across, down } = matrixLayout(matrix, size);
      page = down;
      view = follow(view, across, down, k);
      return drawMatrix(theme(), matrix, view, size);
    },
    act(action) {
      const steps: Partial<Record<ActionId, readonly [number, number]>> = {
        down: [1, 0],
        up: [-1, 0],
        left: [0, -1],
        right: [0, 1],
        first: [-k, 0],
        last: [k, 0],
        "page-down": [page, 0],
        "page-up": [-page, 0],
      };
      const step = steps[halfOf(action)];
      if (step === undefined) return false;
      move(...step);
      return true;
    },
    status: () => (k === 0 ? "" : `class ${view.row + 1} of ${k}`),
    reset() {
      view = { top: 0, left: 0, row: 0, column: 0 };
    },
  };
}
