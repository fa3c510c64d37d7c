import { scaleLinear } from "d3-scale";
import { type Change, type FeatureDrift, isCertain, type MonitorReport } from "../../core/monitoring/monitor.ts";
import { wilson } from "../../statistics/wilson.ts";
import { drawBottomAxis, drawLeftAxis, drawLine } from "../_axes.ts";
import type { Canvas, Point } from "../_canvas.ts";
import { axisNames } from "../_text.ts";
import { COLOURS } from "../_theme.ts";
import { renderSvg } from "../render.ts";

const percent = (value: number): string => `${Math.round(100 * value)}%`;

const ROW = 18;
const WIDTH = 340;

/** PSI of the features that changed most, as bars. @param features the greatest first */
export function driftChart(features: readonly FeatureDrift[]): string {
  const most = Math.max(0.1, ...features.map(({ psi }) => psi ?? 0));
  const scale = scaleLinear().domain([0, most]).nice().range([0, WIDTH]);
  const names = axisNames(features.map(({ feature }) => feature));
  const height = ROW * features.length;
  return renderSvg({
    title: "Features that changed most",
    subtitle: ["population stability index without what sampling gives; filled: certain after correction"],
    draw(canvas) {
      drawBottomAxis(canvas, { place: scale, ticks: scale.ticks(5), format: String, title: "PSI" }, WIDTH, height);
      for (const [i, feature] of features.entries()) {
        const top = ROW * i + 3;
        const width = Math.max(0.5, scale(feature.psi ?? 0));
        if (isCertain(feature)) canvas.rect(0, top, width, ROW - 6, COLOURS.orange);
        else outline(canvas, 0, top, width, ROW - 6);
        canvas.text(-6, top + ROW - 9, names[i], { anchor: "end" });
      }
    },
  });
}

function outline(canvas: Canvas, x: number, y: number, width: number, height: number): void {
  const corners: Point[] = [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
    [x, y],
  ];
  canvas.polyline(corners, { stroke: COLOURS.quiet });
}

/** Shares before (outlined) and now (filled), by bin or level. */
export function changesChart(title: string, changes: readonly Change[], subtitle: string): string {
  const most = Math.max(0.01, ...changes.flatMap(({ reference, current }) => [reference, current]));
  const scale = scaleLinear().domain([0, most]).nice().range([0, WIDTH]);
  const names = axisNames(changes.map(({ label }) => label));
  const step = 2 * ROW - 8;
  const height = step * changes.length;
  return renderSvg({
    title,
    subtitle: [subtitle, "outlined: before; filled: now"],
    draw(canvas) {
      drawBottomAxis(
        canvas,
        { place: scale, ticks: scale.ticks(5), format: percent, title: "patients" },
        WIDTH,
        height,
      );
      for (const [i, { reference, current }] of changes.entries()) {
        const top = step * i + 3;
        outline(canvas, 0, top, Math.max(0.5, scale(reference)), 10);
        canvas.rect(0, top + 11, Math.max(0.5, scale(current)), 10, COLOURS.blue);
        canvas.text(-6, top + 14, names[i], { anchor: "end" });
      }
    },
  });
}

/** Share of right answers by confidence, with 95 % intervals. */
export function reliabilityOf({ reliability }: NonNullable<MonitorReport["performance"]>): string {
  const side = 300;
  const unit = scaleLinear().domain([0, 1]);
  const x = {
    place: (v: number) => v * side,
    ticks: unit.ticks(5),
    format: percent,
    title: "probability of the answer",
  };
  const y = { ...x, place: (v: number) => (1 - v) * side, title: "right answers" };
  return renderSvg({
    title: "Reliability",
    subtitle: ["below the dashed line: too confident; bars: 95 % intervals"],
    draw(canvas, widthOf) {
      drawBottomAxis(canvas, x, side, side);
      drawLeftAxis(canvas, y, side, side, widthOf("100%"));
      drawLine(canvas, 0, side, side, 0, { stroke: COLOURS.quiet, dash: [5, 4] });
      for (const { rows, confidence, accuracy } of reliability) {
        const { low, high } = wilson(accuracy, rows);
        const at = x.place(confidence);
        drawLine(canvas, at, y.place(low), at, y.place(high), { stroke: COLOURS.blue, width: 1.5, opacity: 0.6 });
        canvas.circle(at, y.place(accuracy), 3.8, COLOURS.blue);
      }
    },
  });
}
