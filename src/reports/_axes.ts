import type { Canvas, Stroke } from "./_canvas.ts";
import { COLOURS } from "./_theme.ts";

const GRID = { stroke: "#e6e6e6" };
const FRAME = { stroke: "#999999" };

/** A number axis under or left of a plot. */
export interface Axis {
  /** Pixels of a value, along the axis. */
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
  readonly title?: string;
}

/** The middle of a pixel, where a thin line is sharp. */
const sharp = (pixel: number): number => Math.floor(pixel + 0.01) + 0.5;

export function drawLine(canvas: Canvas, x0: number, y0: number, x1: number, y1: number, stroke: Stroke): void {
  const from = [x0, y0] as const;
  const to = [x1, y1] as const;
  canvas.polyline([from, to], stroke);
}

/** Grid lines, ticks, labels and title of the axis under a plot of `width` × `height`. */
export function drawBottomAxis(canvas: Canvas, axis: Axis, width: number, height: number): void {
  const base = sharp(height);
  for (const tick of axis.ticks) {
    const x = axis.place(tick);
    drawLine(canvas, sharp(x), 0, sharp(x), base, GRID);
    drawLine(canvas, sharp(x), base, sharp(x), base + 5, FRAME);
    const anchor = x < 1 ? "start" : x > width - 1 ? "end" : "middle"; // none leaves the plot's sides
    canvas.text(x, height + 16, axis.format(tick), { anchor });
  }
  drawLine(canvas, 0, base, width, base, FRAME);
  if (axis.title) canvas.text(width / 2, height + 36, axis.title, { size: 12, anchor: "middle" });
}

/** The same left of a plot. @param labelWidth of the widest label, for the place of the title */
export function drawLeftAxis(canvas: Canvas, axis: Axis, width: number, height: number, labelWidth: number): void {
  for (const tick of axis.ticks) {
    const y = axis.place(tick);
    drawLine(canvas, 0.5, sharp(y), width, sharp(y), GRID);
    drawLine(canvas, -5, sharp(y), 0.5, sharp(y), FRAME);
    canvas.text(-7, y + 4, axis.format(tick), { anchor: "end" });
  }
  drawLine(canvas, 0.5, 0, 0.5, height, FRAME);
  if (axis.title) canvas.text(-18 - labelWidth, height / 2, axis.title, { size: 12, anchor: "middle", turned: true });
}

/** Title and the lines under it, above a plot, from the left edge of all that is drawn. */
export function drawTitle(canvas: Canvas, left: number, top: number, title: string, lines: readonly string[]): void {
  const first = top - 14 - 13 * (lines.length - 1);
  canvas.text(left, lines.length > 0 ? first - 18 : top - 14, title, { size: 15, fill: "#000000" });
  for (const [i, line] of lines.entries()) canvas.text(left, first + 13 * i, line, { fill: COLOURS.quiet });
}
