/** Learning curves: those of the runs that are shown, and of the marked ones, over each other. */
import type { Board } from "../../app.ts";
import { compact } from "../../board/numbers.ts";
import { numberAt } from "../../core/board/run-table.ts";
import type { BoardCurve } from "../../core/board.ts";
import { visible } from "../../core/visible.ts";
import { inSeries } from "../painter/palette.ts";
import { drawPlot, isDrawable, type PlotSeries } from "../painter/plot.ts";
import type { Shell } from "../screen.ts";
import { styled } from "../theme.ts";
import { type Resources, waitingLines } from "./resources.ts";
import { isRunning, nameOf } from "./subject.ts";
import type { Tab } from "./tab.ts";

/** A run's curves by metric. */
export type RunCurves = ReadonlyMap<string, BoardCurve>;

export interface CurveRun {
  readonly row: number;
  /** A, B, … */
  readonly label: string;
  readonly name: string;
}

/** Runs that are drawn over each other, points of each curve, and metrics of a run that are looked at. */
export const OVERLAID = 8;
const POINTS = 600;
const METRICS = 40;
const OWN = "curve_";

export interface CurveTab extends Tab {
  /** Curves of runs that go on are read again. */
  grow(): void;
}

/** Runs as they are called on curves. */
export function curveRuns(board: Board, rows: readonly number[]): CurveRun[] {
  return rows
    .slice(0, OVERLAID)
    .map((row, i) => ({ row, label: String.fromCharCode(65 + i), name: visible(nameOf(board.table, row)) }));
}

/** @param runs those that are to be drawn, the first ones are */
export function curvesTab(
  shell: Shell,
  board: Board,
  resources: Resources,
  digit: number,
  runs: () => readonly CurveRun[],
): CurveTab {
  const { table, feed } = board;
  let log = false;
  let chosen = 0;
  let charts = 1;

  function metricsOf(row: number): string[] {
    const keys = table.columnIds
      .filter((id) => id.startsWith("metrics.") && !/_(low|high)$/.test(id) && !Number.isNaN(numberAt(table, id, row)))
      .map((id) => id.slice("metrics.".length));
    const own = keys.filter((key) => key.startsWith(OWN));
    return (own.length > 0 ? own : keys).slice(0, METRICS);
  }

  async function load(row: number): Promise<RunCurves> {
    const keys = metricsOf(row);
    const found = await Promise.all(keys.map((key) => feed.curve(table.runId(row), key, POINTS)));
    // One value is no curve; of a run that has just begun it is.
    const isCurve = ({ total }: BoardCurve, key: string): boolean => total > 1 || (total === 1 && key.startsWith(OWN));
    return new Map(keys.flatMap((key, i) => (isCurve(found[i]!, key) ? [[key, found[i]!]] : [])));
  }
  const key = (row: number): string => `curves ${table.runId(row)}`;

  return {
    digit,
    title: "Curves",
    short: "Curves",
    draw({ columns, rows }) {
      const { theme } = shell;
      const shown = runs();
      const loaded = shown.map(({ row }) => resources.get(key(row), () => load(row)));
      const failed = loaded.find(({ state }) => state === "failed");
      if (failed && failed.state !== "ready") return waitingLines(theme, failed);
      const ready = loaded.map((one) => (one.state === "ready" ? one.value : undefined));
      if (ready.every((curves) => curves === undefined)) return waitingLines(theme, { state: "loading" });
      const groups = chartsOf(ready.flatMap((curves) => [...(curves?.keys() ?? [])]));
      charts = groups.length;
      if (charts === 0) {
        if (ready.some((curves) => curves === undefined)) return waitingLines(theme, { state: "loading" });
        const running = shown.some(({ row }) => isRunning(table, row));
        return running
          ? ["No rounds yet: the curve appears by itself."]
          : [
              "No metric has more than one value: this method learns in one step, without rounds.",
              styled(
                theme,
                "dim",
                "xgboost, gbm and the networks have curves; m in the table marks runs that are drawn over this one.",
              ),
            ];
      }
      chosen = Math.min(chosen, charts - 1);
      const chart = groups[chosen]!;
      const several = shown.length > 1;
      const series: PlotSeries[] = [];
      const legend: string[] = [];
      shown.forEach(({ label, name, row }, who) => {
        const curves = ready[who];
        const ends: string[] = [];
        chart.lines.forEach(({ metric, part, dashed }, l) => {
          const curve = curves?.get(metric);
          if (curve === undefined) return;
          const sign = several ? label : undefined;
          const colour = several ? who : l;
          series.push({ xs: curve.steps, ys: curve.values, stroke: dashed ? "dashed" : "solid", who: colour, sign });
          ends.push(`${several ? "" : inSeries(theme, colour, dashed ? "╌╌ " : "── ")}${endOf(part, curve)}`);
        });
        const head = several ? inSeries(theme, who, `${label} ${name}`) : "";
        const going = isRunning(table, row) ? styled(theme, "accent", " ▶") : "";
        const none = curves === undefined ? "reading …" : "no curve";
        legend.push(`${head}${going}${several ? "  " : ""}${ends.join("   ") || styled(theme, "dim", none)}`);
      });
      const hint = [
        log ? "logarithmic" : "linear",
        ...(charts > 1 ? [`${chosen + 1} of ${charts}, ←→`] : []),
        ...(several && chart.lines.some(({ dashed }) => dashed) ? ["╌╌ training ── validation"] : []),
      ].join("; ");
      const drawable = isDrawable(series, log);
      const plot = drawPlot({
        columns,
        rows: Math.max(5, rows - legend.length),
        series,
        log: log && drawable,
        xTitle: chart.own ? "round" : "step",
        yTitle: `${visible(chart.title)}  (${hint}${log && !drawable ? ": no value above 0" : ""})`,
        look: (text, who) => inSeries(theme, who, text),
      });
      return [...plot, ...legend].slice(0, rows);
    },
    act(action) {
      if (action === "log-axis") log = !log;
      else if (action === "right" && charts > 1) chosen = (chosen + 1) % charts;
      else if (action === "left" && charts > 1) chosen = (chosen + charts - 1) % charts;
      else return false;
      return true;
    },
    status: () => "",
    grow() {
      for (const { row } of runs()) if (isRunning(table, row)) resources.again(key(row), () => load(row));
    },
  };
}

interface Chart {
  readonly title: string;
  readonly own: boolean;
  readonly lines: readonly { readonly metric: string; readonly part: string; readonly dashed: boolean }[];
}

/** Training and validation of one quantity are one chart. */
export function chartsOf(metrics: readonly string[]): Chart[] {
  const charts = new Map<string, Chart>();
  for (const metric of [...new Set(metrics)].sort()) {
    const [, own, part, what = metric] = /^(curve_)?(train|val)_(.+)$/.exec(metric) ?? [];
    const chart = charts.get(what) ?? { title: what.replaceAll("_", " "), own: own !== undefined, lines: [] };
    const name = part === "train" ? "training" : part === "val" ? "validation" : metric;
    charts.set(what, { ...chart, lines: [...chart.lines, { metric, part: name, dashed: part === "train" }] });
  }
  return [...charts.values()];
}

/** "validation 0.0542 at 100, least 0.0531 at 87" */
function endOf(part: string, { steps, values }: BoardCurve): string {
  const last = values.length - 1;
  let least = -1;
  values.forEach((value, i) => {
    if (least < 0 || value < values[least]! || Number.isNaN(values[least]!)) least = i;
  });
  const end = `${visible(part)} ${compact(values[last]!)} at ${steps[last]}`;
  return least === last || Number.isNaN(values[least]!)
    ? end
    : `${end}, least ${compact(values[least]!)} at ${steps[least]}`;
}
