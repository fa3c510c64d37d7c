/** Curves with axes, in rows of text: each cell holds 2 × 4 dots. Pure. */
import { compact } from "../../board/numbers.ts";
import { displayWidth } from "../../core/formats/visible.ts";
import { type BrailleCanvas, createBraille } from "./braille.ts";
import { fitPlain } from "./text.ts";

export interface PlotSeries {
  readonly xs: ArrayLike<number>;
  /** Values that are not finite are gaps; so are those ≤ 0 on a logarithmic axis. */
  readonly ys: ArrayLike<number>;
  readonly stroke?: "solid" | "dashed" | "dotted" | "points";
  /** A character of one column that is set on the line now and then, so that it is told from others without colour. */
  readonly sign?: string;
  /** Whether each point has the sign. */
  readonly signed?: boolean;
  /** Whose colour it has; its place among the series when absent. */
  readonly who?: number;
}

export interface Plot {
  /** Of the terminal, axes included. */
  readonly columns: number;
  readonly rows: number;
  readonly series: readonly PlotSeries[];
  /** Whether the y axis is logarithmic. */
  readonly log?: boolean;
  readonly xTitle: string;
  readonly yTitle: string;
  /** By the data when absent. */
  readonly x?: readonly [number, number];
  readonly y?: readonly [number, number];
  /** Styles what a series has drawn. */
  readonly look?: (text: string, who: number) => string;
}

/** Rows of a plot that are not its canvas: y title, axis, x labels. */
const AROUND = 3;
/** Columns between two signs of one line, and between labels of the x axis. */
const SIGN_EVERY = 12;
const LABEL_EVERY = 14;
/** Dots of a stroke and its gap. */
const DASHES = { solid: [1, 0], dashed: [4, 4], dotted: [1, 3], points: [1, 0] } as const;

/** Round numbers within [low, high], about `count` of them. */
export function ticksOf(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough * 0.999)!;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Powers of ten within [low, high], with 2 and 5 times them where these are few. */
export function logTicks(low: number, high: number): number[] {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const at = (factors: readonly number[]): number[] =>
    Array.from({ length: to - from + 1 }, (_, i) => factors.map((f) => f * 10 ** (from + i)))
      .flat()
      .filter((v) => v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9));
  const powers = at([1]);
  if (powers.length >= 3) return powers;
  const some = at([1, 2, 5]);
  return some.length >= 2 ? some : ticksOf(low, high, 4);
}

/** Whether there is a value that can be drawn. */
export function isDrawable(series: readonly PlotSeries[], log: boolean): boolean {
  return rangeOf(series, "ys", (v) => Number.isFinite(v) && (!log || v > 0)) !== undefined;
}

/** @returns `rows` texts of `columns` columns; all blank but for the titles where there is nothing to draw */
export function drawPlot(plot: Plot): string[] {
  const { columns, rows, series, log = false, look = (text) => text } = plot;
  const usable = (v: number): boolean => Number.isFinite(v) && (!log || v > 0);
  const y = widened(plot.y ?? rangeOf(series, "ys", usable) ?? (log ? [0.1, 1] : [0, 1]), log);
  const x = plot.x ?? rangeOf(series, "xs", Number.isFinite) ?? [0, 1];
  const height = Math.max(1, rows - AROUND);
  const [labels, margin] = yLabels(y, log, height);
  const width = Math.max(1, columns - margin - 1);
  const canvas = createBraille(width, height);
  const scale = (v: number): number => (log ? Math.log10(v) : v);
  const [low, high] = y.map(scale) as [number, number];
  const placeY = (v: number): number => Math.round((1 - (scale(v) - low) / (high - low)) * (canvas.height - 1));
  const placeX = (v: number): number =>
    x[1] === x[0] ? canvas.width >> 1 : Math.round(((v - x[0]) / (x[1] - x[0])) * (canvas.width - 1));
  series.forEach((one, i) => {
    drawSeries(canvas, one, one.who ?? i, usable, placeX, placeY);
  });
  series.forEach((one, i) => {
    if (one.sign !== undefined) drawSigns(canvas, one, one.who ?? i, i, usable, placeX, placeY);
  });
  const drawn = canvas.rows(look);
  const body = drawn.map((row, at) => {
    const label = labels.get(at);
    return `${(label ?? "").padStart(margin)}${label === undefined ? "│" : "┤"}${row}`;
  });
  return [fitPlain(plot.yTitle, columns), ...body, ...xAxis(plot.xTitle, x, margin, width, placeX)];
}

type Axis = readonly [number, number];

function rangeOf(series: readonly PlotSeries[], axis: "xs" | "ys", usable: (v: number) => boolean): Axis | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const one of series) {
    for (let i = 0; i < one[axis].length; i++) {
      const value = one[axis][i]!;
      if (!usable(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : undefined;
}

function widened([low, high]: Axis, log: boolean): Axis {
  if (high > low) return [low, high];
  return log ? [low / 2, low * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
}

/** Texts by row of the canvas, and the columns that they take. */
function yLabels([low, high]: Axis, log: boolean, height: number): [Map<number, string>, number] {
  const ticks = log ? logTicks(low, high) : ticksOf(low, high, Math.max(2, Math.floor(height / 3)));
  const scale = (v: number): number => (log ? Math.log10(v) : v);
  const labels = new Map<number, string>();
  for (const tick of ticks) {
    const share = (scale(tick) - scale(low)) / (scale(high) - scale(low));
    const row = Math.min(height - 1, Math.round((1 - share) * (height - 1)));
    if (!labels.has(row)) labels.set(row, tickText(tick));
  }
  return [labels, Math.max(3, ...[...labels.values()].map(displayWidth))];
}

/** As `compact`, without zeros at the end. */
function tickText(value: number): string {
  return compact(value)
    .replace(/(\.\d*?)0+(?=e|$)/, "$1")
    .replace(/\.(?=e|$)/, "");
}

function drawSeries(
  canvas: BrailleCanvas,
  { xs, ys, stroke = "solid" }: PlotSeries,
  who: number,
  usable: (v: number) => boolean,
  placeX: (v: number) => number,
  placeY: (v: number) => number,
): void {
  const [on, off] = DASHES[stroke];
  let phase = 0;
  let before: readonly [number, number] | undefined;
  for (let i = 0; i < xs.length; i++) {
    if (!usable(ys[i]!)) {
      before = undefined;
      continue;
    }
    const here = [placeX(xs[i]!), placeY(ys[i]!)] as const;
    if (stroke === "points") {
      for (const [dx, dy] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ] as const)
        canvas.dot(here[0] + dx, here[1] + dy, who);
      continue;
    }
    const [x0, y0] = before ?? here;
    const steps = Math.max(Math.abs(here[0] - x0), Math.abs(here[1] - y0), before ? 0 : 1);
    for (let step = before ? 1 : 0; step <= steps; step++) {
      const [px, py] = [x0 + ((here[0] - x0) * step) / steps, y0 + ((here[1] - y0) * step) / steps];
      if (phase++ % (on + off) < on) canvas.dot(Math.round(px), Math.round(py), who);
    }
    before = here;
  }
}

/** Signs of several series are set at different places. */
function drawSigns(
  canvas: BrailleCanvas,
  { xs, ys, sign, signed = false }: PlotSeries,
  who: number,
  order: number,
  usable: (v: number) => boolean,
  placeX: (v: number) => number,
  placeY: (v: number) => number,
): void {
  let next = signed ? 0 : (order * 5) % (2 * SIGN_EVERY);
  let last: readonly [number, number] | undefined;
  let drawn = false;
  for (let i = 0; i < xs.length; i++) {
    if (!usable(ys[i]!)) continue;
    last = [placeX(xs[i]!), placeY(ys[i]!)];
    if (last[0] < next) continue;
    canvas.sign(...last, sign!, who);
    drawn = true;
    if (!signed) next = last[0] + 2 * SIGN_EVERY;
  }
  if (!drawn && last) canvas.sign(...last, sign!, who);
}

function xAxis(title: string, x: Axis, margin: number, width: number, place: (v: number) => number): string[] {
  const line = Array.from({ length: width }, () => "─");
  const labels = Array.from({ length: width }, () => " ");
  const whole = Number.isInteger(x[0]) && Number.isInteger(x[1]) && x[1] > x[0];
  const ticks = ticksOf(x[0], x[1], Math.max(1, Math.floor(width / LABEL_EVERY))).filter(
    (tick) => !whole || Number.isInteger(tick),
  );
  let free = 0;
  const room = width - displayWidth(title) - 1;
  for (const tick of ticks) {
    const at = place(tick) >> 1;
    const text = tickText(tick);
    const from = Math.max(0, Math.min(at - (text.length >> 1), width - text.length));
    line[at] = "┬";
    if (from < free || from + text.length > room) continue;
    for (const [i, char] of [...text].entries()) labels[from + i] = char;
    free = from + text.length + 1;
  }
  const text = room > 0 ? labels.join("").slice(0, room + 1) + title : labels.join("");
  return [`${" ".repeat(margin)}└${line.join("")}`, fitPlain(`${" ".repeat(margin + 1)}${text}`, margin + 1 + width)];
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** A bar of a share of 0 … 1 in `width` columns, to an eighth of one. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, Number.isNaN(share) ? 0 : share)) * width * 8);
  const text = "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
  return text.padEnd(width);
}
