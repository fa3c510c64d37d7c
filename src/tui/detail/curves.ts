/** Learning curves: those of the runs that are shown, and of the marked ones, over each other. */
import type { Board } from "../../app.ts";
import { compact } from "../../board/numbers.ts";
import type { BoardCurve } from "../../core/board/board.ts";
import { numberAt } from "../../core/board/run-table.ts";
import { displayWidth, visible } from "../../core/formats/visible.ts";
import { inSeries } from "../painter/palette.ts";
import { drawPlot, isDrawable, type PlotSeries } from "../painter/plot.ts";
import { fitPlain } from "../painter/text.ts";
import type { Shell } from "../screen.ts";
import type { Size } from "../terminal/session.ts";
import { styled, type Theme } from "../theme.ts";
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
/** Runs whose training is drawn too: more lines than of these are not told apart. */
const TRAINED = 3;

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
      const number = charts > 1 ? `${chosen + 1} of ${charts}, ←→` : "";
      const going = new Set(shown.filter(({ row }) => isRunning(table, row)).map(({ row }) => row));
      return drawChart(theme, groups[chosen]!, { shown, ready, going, log, number }, { columns, rows });
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

interface Drawn {
  readonly shown: readonly CurveRun[];
  /** By run; undefined while it is being read. */
  readonly ready: readonly (RunCurves | undefined)[];
  /** Rows that run. */
  readonly going: ReadonlySet<number>;
  readonly log: boolean;
  /** Which chart of how many; empty of one. */
  readonly number: string;
}

/** A plot above a line a run: its sign, name, last and least value. */
function drawChart(theme: Theme, chart: Chart, { shown, ready, going, log, number }: Drawn, size: Size): string[] {
  const { columns, rows } = size;
  const several = shown.length > 1;
  const isCrowded = shown.length > TRAINED && chart.lines.some(({ dashed }) => !dashed);
  const lines = isCrowded ? chart.lines.filter(({ dashed }) => !dashed) : chart.lines;
  const name = Math.min(40, Math.floor(columns / 3), Math.max(...shown.map((run) => displayWidth(run.name))));
  const series: PlotSeries[] = [];
  const legend = shown.map((run, who) => {
    const curves = ready[who];
    const ends = lines.flatMap(({ metric, part, dashed }, l) => {
      const curve = curves?.get(metric);
      if (curve === undefined) return [];
      const colour = several ? who : l;
      const stroke = dashed ? "dashed" : "solid";
      series.push({ xs: curve.steps, ys: curve.values, stroke, who: colour, ...(several && { sign: run.label }) });
      return [`${several ? "" : inSeries(theme, colour, dashed ? "╌╌ " : "── ")}${endOf(part, curve)}`];
    });
    const head = several ? `${inSeries(theme, who, `${run.label} ${fitPlain(run.name, name)}`)}  ` : "";
    const sign = going.has(run.row) ? styled(theme, "accent", "▶ ") : "";
    return `${head}${sign}${ends.join("  ") || styled(theme, "dim", curves === undefined ? "reading …" : "no curve")}`;
  });
  const hasBoth = lines.some(({ dashed }) => dashed) && lines.some(({ dashed }) => !dashed);
  const drawable = isDrawable(series, log);
  const hints = [
    !log ? "linear" : drawable ? "logarithmic" : "logarithmic: no value above 0",
    number,
    several && hasBoth ? "╌╌ training ── validation" : "",
    isCrowded ? "validation alone" : "",
  ];
  const plot = drawPlot({
    columns,
    rows: Math.max(5, rows - legend.length),
    series,
    log: log && drawable,
    xTitle: chart.own ? "round" : "step",
    yTitle: `${visible(chart.title)}  (${hints.filter(Boolean).join("; ")})`,
    look: (text, who) => inSeries(theme, who, text),
  });
  return [...plot, ...legend].slice(0, rows);
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
    const line = { metric, part: name, dashed: part === "train" };
    charts.set(what, { ...chart, lines: line.dashed ? [...chart.lines, line] : [line, ...chart.lines] });
  }
  return [...charts.values()];
}

/** "validation 0.0542 at 100 (least 0.0531 at 87)" */
function endOf(part: string, { steps, values }: BoardCurve): string {
  const last = values.length - 1;
  let least = -1;
  values.forEach((value, i) => {
    if (least < 0 || value < values[least]! || Number.isNaN(values[least]!)) least = i;
  });
  const end = `${visible(part)} ${compact(values[last]!)} at ${steps[last]}`;
  return least === last || Number.isNaN(values[least]!)
    ? end
    : `${end} (least ${compact(values[least]!)} at ${steps[least]})`;
}
