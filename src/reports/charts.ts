import { scaleLinear } from "d3-scale";
import type { Scored } from "../core/metric.ts";
import type { CurvePoint } from "../core/trial.ts";
import { reliability } from "../statistics/reliability.ts";
import { wilson } from "../statistics/wilson.ts";
import { drawBottomAxis, drawLeftAxis, drawLine } from "./_axes.ts";
import type { Canvas, Point } from "./_canvas.ts";
import { confusion } from "./_confusion.ts";
import { axisNames, printable } from "./_text.ts";
import { COLOURS } from "./_theme.ts";
import { type Chart, type Picture, renderChart } from "./render.ts";

/** Up to this many classes the cells of a confusion matrix show their counts. */
const COUNTED = 20;

const SHADES = ["#e3eef9", "#6baed6", "#08306b"] as const;
const shade = scaleLinear<string>().domain([0, 0.5, 1]).range(SHADES);
/** As #rrggbb, rounded to 1 %, so that few are made. */
const shades = Array.from({ length: 101 }, (_, percent) => hexadecimal(shade(percent / 100)));

const percent = (value: number): string => `${Math.round(100 * value)}%`;

/** Heat map of true against predicted classes, coloured by the share of the true class; a white cell is empty. */
export const confusionMatrixChart = (scored: Scored): Promise<Chart> => renderChart(confusionPicture(scored));

/** The same, to be drawn. */
export function confusionPicture(scored: Scored): Picture {
  const { names, cells, pooled } = confusion(scored);
  const labels = axisNames(names);
  const counted = labels.length <= COUNTED;
  const step = labels.length <= 8 ? 48 : counted ? 34 : 15;
  const size = counted ? 11 : 9;
  const side = step * labels.length;
  const rest = pooled > 0 ? `; the ${pooled} classes with the fewest errors are pooled as one` : "";
  return {
    title: "Confusion matrix",
    subtitle: [`${scored.rows} patients; colour: share of the patients of the true class${rest}`],
    draw(canvas, widthOf) {
      for (const { truth, predicted, count, share } of cells) {
        const [x, y] = [predicted * step, truth * step];
        canvas.rect(x + 0.5, y + 0.5, step - 1, step - 1, shades[Math.round(100 * share)]!);
        if (!counted) continue;
        const fill = share > 0.5 ? "white" : COLOURS.text;
        canvas.text(x + step / 2, y + step / 2 + 4, String(count), { anchor: "middle", fill });
      }
      for (const [i, label] of labels.entries()) {
        const middle = (i + 0.5) * step + 0.35 * size;
        canvas.text(-4, middle, label, { size, anchor: "end" });
        canvas.text(middle, side + 4, label, { size, anchor: "end", turned: true });
      }
      const widest = Math.max(...labels.map((label) => widthOf(label, size)));
      canvas.text(-14 - widest, side / 2, "true", { size: 12, anchor: "middle", turned: true });
      canvas.text(side / 2, side + widest + 22, "predicted", { size: 12, anchor: "middle" });
      drawShares(canvas, side + 18, Math.max(90, Math.min(200, side)));
    },
  };
}

function drawShares(canvas: Canvas, x: number, height: number): void {
  canvas.text(x, 9, "share");
  canvas.gradient(x, 16, 16, height, SHADES);
  for (const tick of [0, 0.2, 0.4, 0.6, 0.8, 1]) canvas.text(x + 20, 20 + (1 - tick) * (height - 2), percent(tick));
}

/** Share of right predictions by confidence, with 95 % Wilson intervals, above the numbers of patients. */
export const reliabilityChart = (scored: Scored): Promise<Chart> => renderChart(reliabilityPicture(scored));

/** The same, to be drawn. */
export function reliabilityPicture(scored: Scored): Picture {
  const bins = reliability(scored).filter((bin) => bin.rows > 0);
  const ece = bins.reduce((sum, b) => sum + b.rows * Math.abs(b.accuracy - b.confidence), 0) / scored.rows;
  const [width, height, gap, low] = [380, 300, 46, 70];
  const unit = scaleLinear().domain([0, 1]);
  const x = { place: (v: number) => v * width, ticks: unit.ticks(5), format: percent };
  const y = { ...x, ticks: unit.ticks(10), place: (v: number) => (1 - v) * height, title: "right predictions" };
  const rows = scaleLinear()
    .domain([0, Math.max(...bins.map((bin) => bin.rows))])
    .nice(3)
    .range([height + gap + low, height + gap]);
  const counts = rows.ticks(3).filter(Number.isInteger);
  return {
    title: "Reliability",
    subtitle: [
      `${scored.rows} patients in 15 bins of confidence; ECE ${ece.toFixed(3)}`,
      "below the dashed line: too confident; bars: 95 % intervals",
    ],
    draw(canvas, widthOf) {
      drawBottomAxis(canvas, x, width, height);
      drawLeftAxis(canvas, y, width, height, widthOf("100%"));
      drawLine(canvas, 0, height, width, 0, { stroke: COLOURS.quiet, dash: [5, 4] });
      for (const { confidence, accuracy, rows: n } of bins) {
        const { low: least, high: most } = wilson(accuracy, n);
        const at = x.place(confidence);
        drawLine(canvas, at, y.place(least), at, y.place(most), { stroke: COLOURS.blue, width: 1.5, opacity: 0.6 });
      }
      const points = bins.map((bin): Point => [x.place(bin.confidence), y.place(bin.accuracy)]);
      canvas.polyline(points, { stroke: COLOURS.blue, width: 2 });
      for (const [px, py] of points) canvas.circle(px, py, 3.8, COLOURS.blue);

      const below = moved(canvas, height + gap);
      drawBottomAxis(below, { ...x, title: "confidence (probability of the predicted class)" }, width, low);
      const place = (v: number): number => rows(v) - height - gap;
      drawLeftAxis(below, { place, ticks: counts, format: String, title: "patients" }, width, low, widthOf("100%"));
      for (const bin of bins) {
        const [from, to] = [x.place(bin.low) + 0.5, x.place(bin.high) - 0.5];
        below.rect(from, place(bin.rows), to - from, low - place(bin.rows), COLOURS.blue, 0.7);
      }
    },
  };
}

/** Training dashed, validation solid: told apart without colour as well. */
const PARTS = [
  { part: "train", name: "training", stroke: COLOURS.blue, width: 2, dash: [6, 3] },
  { part: "validation", name: "validation", stroke: COLOURS.orange, width: 2 },
] as const;

/** Most points a line of a learning curve is drawn with. */
const POINTS = 400;

/** Training and validation loss by round. @param best round that the model predicts with */
export function learningCurveChart(curve: readonly CurvePoint[], best?: number): Promise<Chart> {
  const every = Math.ceil(curve.length / POINTS);
  const shown = curve.filter((_, i) => i % every === 0 || i === curve.length - 1);
  const losses = shown.flatMap(({ train, validation }) => [train, validation]).filter(Number.isFinite);
  const [width, height] = [480, 300];
  const rounds = [...shown.map((p) => p.round), ...(best === undefined ? [] : [best])];
  const [first, last] = [Math.min(...rounds), Math.max(...rounds)];
  const scale = scaleLinear()
    .domain(first === last ? [first - 1, last + 1] : [first, last])
    .range([0, width]);
  const lowest = losses.length === 0 ? 0 : Math.min(...losses);
  const highest = Math.max(lowest + 1e-9, ...losses);
  const loss = scaleLinear().domain([lowest, highest]).nice().range([height, 0]);
  const x = { place: scale, ticks: scale.ticks(8).filter(Number.isInteger), format: String, title: "round" };
  const y = { place: loss, ticks: loss.ticks(10), format: loss.tickFormat(10), title: "mean log loss" };
  return renderChart({
    title: "Learning curve",
    subtitle: best === undefined ? [] : [`the model is that of round ${best} (vertical line)`],
    draw(canvas, widthOf) {
      drawBottomAxis(canvas, x, width, height);
      drawLeftAxis(canvas, y, width, height, Math.max(...y.ticks.map((tick) => widthOf(y.format(tick)))));
      for (const { part, ...stroke } of PARTS) {
        const points = shown.filter((p) => Number.isFinite(p[part])).map((p): Point => [scale(p.round), loss(p[part])]);
        if (points.length > 1) canvas.polyline(points, stroke);
        for (const [px, py] of points.slice(points.length === 1 ? 0 : points.length))
          canvas.circle(px, py, 4, stroke.stroke);
      }
      if (best !== undefined)
        drawLine(canvas, scale(best), 0, scale(best), height, { stroke: COLOURS.quiet, dash: [4, 4] });
      canvas.rect(width - 104, 8, 96, 42, "white");
      for (const [i, { name, ...stroke }] of PARTS.entries()) {
        const top = 22 + 18 * i;
        drawLine(canvas, width - 98, top, width - 78, top, stroke);
        canvas.text(width - 72, top + 4, name);
      }
    },
  });
}

/** Bars of the most important features. */
export function importanceChart(
  importances: { readonly kind: string; readonly names: readonly string[]; readonly values: ArrayLike<number> },
  top = 20,
): Promise<Chart> {
  const { kind, names, values } = importances;
  const order = names.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
  const shown = order.slice(0, top);
  const labels = axisNames(
    shown.map((i) => names[i]),
    40,
  );
  const [width, step] = [380, 20];
  const scale = scaleLinear()
    .domain([0, Math.max(1e-9, ...shown.map((i) => values[i]))])
    .nice(5)
    .range([0, width]);
  const x = { place: scale, ticks: scale.ticks(5), format: scale.tickFormat(5), title: printable(kind) };
  return renderChart({
    title: "Feature importance",
    subtitle: [names.length > top ? `the ${top} greatest of ${names.length} features` : `${names.length} features`],
    draw(canvas) {
      drawBottomAxis(canvas, x, width, step * shown.length);
      for (const [rank, i] of shown.entries()) {
        canvas.rect(0, (rank + 0.14) * step, scale(values[i]), 0.72 * step, COLOURS.blue);
        canvas.text(-5, (rank + 0.5) * step + 4, labels[rank], { anchor: "end" });
      }
    },
  });
}

/** A canvas whose corner lies lower on another one. */
function moved(canvas: Canvas, dy: number): Canvas {
  return {
    rect: (x, y, ...rest) => canvas.rect(x, y + dy, ...rest),
    gradient: (x, y, ...rest) => canvas.gradient(x, y + dy, ...rest),
    polyline: (points, stroke) =>
      canvas.polyline(
        points.map(([x, y]) => [x, y + dy] as const),
        stroke,
      ),
    circle: (x, y, ...rest) => canvas.circle(x, y + dy, ...rest),
    text: (x, y, ...rest) => canvas.text(x, y + dy, ...rest),
  };
}

/** "rgb(1, 2, 3)" as "#010203". */
function hexadecimal(rgb: string): string {
  return `#${(rgb.match(/\d+/g) ?? []).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
}
