import type { TopLevelSpec } from "vega-lite";
import type { Scored } from "../core/metric.ts";
import type { CurvePoint } from "../core/trial.ts";
import { reliability } from "../statistics/reliability.ts";
import { confusion } from "./_confusion.ts";
import { axisNames, printable } from "./_text.ts";
import { COLOURS } from "./_theme.ts";
import { type Chart, renderChart } from "./render.ts";

/** Up to this many classes the cells of a confusion matrix show their counts. */
const COUNTED = 20;

/** Heat map of true against predicted classes, coloured by the share of the true class; a white cell is empty. */
export function confusionMatrixChart(scored: Scored): Promise<Chart> {
  const { names, cells, pooled } = confusion(scored);
  const labels = [...axisNames(names)];
  const counted = labels.length <= COUNTED;
  const step = labels.length <= 8 ? 48 : counted ? 34 : 15;
  const axis = { labelFontSize: counted ? 11 : 9, ticks: false, domain: false, grid: false };
  const side = { type: "nominal" as const, scale: { domain: labels } };
  const place = {
    x: { ...side, field: "predicted", title: "predicted", axis: { ...axis, labelAngle: -90 } },
    y: { ...side, field: "truth", title: "true", axis },
  };
  const rest = pooled > 0 ? `; the ${pooled} classes with the fewest errors are pooled as one` : "";
  const spec: TopLevelSpec = {
    title: "Confusion matrix",
    width: { step },
    height: { step },
    data: { name: "cells" },
    layer: [
      {
        mark: { type: "rect", stroke: "white", strokeWidth: 1 },
        encoding: {
          ...place,
          color: {
            field: "share",
            type: "quantitative",
            scale: { domain: [0, 0.5, 1], range: ["#e3eef9", "#6baed6", "#08306b"] },
            legend: {
              title: "share",
              format: ".0%",
              gradientLength: Math.max(90, Math.min(200, step * labels.length)),
            },
          },
        },
      },
      ...(counted
        ? [
            {
              mark: { type: "text" as const, fontSize: 11 },
              encoding: {
                ...place,
                text: { field: "count", type: "quantitative" as const },
                color: { condition: { test: "datum.share > 0.5", value: "white" }, value: COLOURS.text },
              },
            },
          ]
        : []),
    ],
  };
  return renderChart({
    spec,
    data: { cells: cells.map((c) => ({ ...c, truth: labels[c.truth], predicted: labels[c.predicted] })) },
    subtitle: `${scored.rows} patients; colour: share of the patients of the true class${rest}`,
  });
}

/** Share of right predictions by confidence, with 95 % Wilson intervals, above the numbers of patients. */
export function reliabilityChart(scored: Scored): Promise<Chart> {
  const bins = reliability(scored).filter((bin) => bin.rows > 0);
  const ece = bins.reduce((sum, b) => sum + b.rows * Math.abs(b.accuracy - b.confidence), 0) / scored.rows;
  const values = bins.map((bin) => ({ ...bin, ...wilson(bin.accuracy, bin.rows) }));
  const unit = { domain: [0, 1] };
  const x = (title: string | null) =>
    ({ field: "confidence", type: "quantitative", scale: unit, title, axis: { format: ".0%" } }) as const;
  const y = { type: "quantitative", scale: unit, title: "right predictions", axis: { format: ".0%" } } as const;
  const spec: TopLevelSpec = {
    title: "Reliability",
    data: { name: "bins" },
    vconcat: [
      {
        width: 380,
        height: 300,
        layer: [
          {
            data: {
              values: [
                { confidence: 0, right: 0 },
                { confidence: 1, right: 1 },
              ],
            },
            mark: { type: "line", color: COLOURS.quiet, strokeDash: [5, 4], strokeWidth: 1 },
            encoding: { x: x(null), y: { ...y, field: "right" } },
          },
          {
            mark: { type: "rule", color: COLOURS.blue, strokeWidth: 1.5, opacity: 0.6 },
            encoding: { x: x(null), y: { ...y, field: "least" }, y2: { field: "most" } },
          },
          {
            mark: { type: "line", color: COLOURS.blue, point: { filled: true, size: 45, color: COLOURS.blue } },
            encoding: { x: x(null), y: { ...y, field: "accuracy" } },
          },
        ],
      },
      {
        width: 380,
        height: 70,
        mark: { type: "bar", color: COLOURS.blue, opacity: 0.7, binSpacing: 1 },
        encoding: {
          x: {
            field: "low",
            bin: "binned",
            type: "quantitative",
            scale: unit,
            title: "confidence (probability of the predicted class)",
            axis: { format: ".0%", tickCount: 10 },
          },
          x2: { field: "high" },
          y: { field: "rows", type: "quantitative", title: "patients", axis: { tickCount: 3 } },
        },
      },
    ],
  };
  return renderChart({
    spec,
    data: { bins: values },
    subtitle: [
      `${scored.rows} patients in 15 bins of confidence; ECE ${ece.toFixed(3)}`,
      "below the dashed line: too confident; bars: 95 % intervals",
    ],
  });
}

/** Training dashed, validation solid: told apart without colour as well. */
const DASHES = [
  [6, 3],
  [1, 0],
];

/** Most points a line of a learning curve is drawn with. */
const POINTS = 400;

/** Training and validation loss by round. @param best round that the model predicts with */
export function learningCurveChart(curve: readonly CurvePoint[], best?: number): Promise<Chart> {
  const every = Math.ceil(curve.length / POINTS);
  const values = curve
    .filter((_, i) => i % every === 0 || i === curve.length - 1)
    .flatMap(({ round, train, validation }) => [
      { round, part: "training", loss: train },
      { round, part: "validation", loss: validation },
    ])
    .filter((point) => Number.isFinite(point.loss));
  const parts = ["training", "validation"];
  const legend = { title: null, orient: "top-right" as const, fillColor: "white", padding: 6 };
  const part = { field: "part", type: "nominal" as const, legend };
  const x = {
    field: "round",
    type: "quantitative",
    title: "round",
    scale: { nice: false, zero: false },
    axis: { tickCount: 8, tickMinStep: 1, format: "d" },
  } as const;
  const spec: TopLevelSpec = {
    title: "Learning curve",
    width: 480,
    height: 300,
    layer: [
      {
        data: { name: "losses" },
        mark: { type: "line", strokeWidth: 2, point: curve.length === 1 },
        encoding: {
          x,
          y: { field: "loss", type: "quantitative", title: "mean log loss", scale: { zero: false } },
          color: { ...part, scale: { domain: parts, range: [COLOURS.blue, COLOURS.orange] } },
          strokeDash: { ...part, scale: { domain: parts, range: DASHES } },
        },
      },
      ...(best === undefined
        ? []
        : [
            {
              data: { name: "best" },
              mark: { type: "rule" as const, color: COLOURS.quiet, strokeDash: [4, 4] },
              encoding: { x },
            },
          ]),
    ],
  };
  return renderChart({
    spec,
    data: { losses: values, ...(best !== undefined && { best: [{ round: best }] }) },
    ...(best !== undefined && { subtitle: `the model is that of round ${best} (vertical line)` }),
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
  const spec: TopLevelSpec = {
    title: "Feature importance",
    width: 380,
    height: { step: 20 },
    data: { name: "features" },
    mark: { type: "bar", color: COLOURS.blue, height: { band: 0.72 } },
    encoding: {
      x: { field: "value", type: "quantitative", title: printable(kind), axis: { tickCount: 5 } },
      y: { field: "name", type: "nominal", sort: null, title: null, axis: { ticks: false } },
    },
  };
  return renderChart({
    spec,
    data: { features: shown.map((i, rank) => ({ name: labels[rank], value: values[i] })) },
    subtitle: names.length > top ? `the ${top} greatest of ${names.length} features` : `${names.length} features`,
  });
}

/** 95 % interval of a share (Wilson 1927). */
function wilson(share: number, n: number): { least: number; most: number } {
  const z2 = 1.959963984540054 ** 2;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n)) * (Math.sqrt(z2) / (1 + z2 / n));
  return { least: Math.max(0, centre - half), most: Math.min(1, centre + half) };
}
