/** Tabs of what a model's predictions for the validation patients show, read from the run's files. */
import type { Importances, Judged, PerClass } from "../../app.ts";
import { compact } from "../../board/numbers.ts";
import { visible } from "../../core/formats/visible.ts";
import { inSeries } from "../painter/palette.ts";
import { bar, drawPlot } from "../painter/plot.ts";
import { fitPlain } from "../painter/text.ts";
import type { Size } from "../terminal/session.ts";
import { styled, type Theme } from "../theme.ts";
import { type Document, documentOf } from "./tab.ts";
import { type Cell, type Column, table } from "./text.ts";

const CLASSES: readonly Column[] = [
  { title: "  class", most: 34 },
  { title: "patients", align: "right" },
  { title: "precision", align: "right" },
  { title: "recall", align: "right" },
  { title: "" },
  { title: "f1", align: "right" },
  { title: "", most: 8 },
];

const share = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(3));

/** The worst recall first; averages at the end. */
export function classesDocument(theme: Theme, { classes, averages }: PerClass, columns: number): Document {
  const wide = columns < 100 ? 6 : 20;
  const cells = (row: PerClass["classes"][number], isAverage: boolean): Cell[] => {
    const bad = !isAverage && row.recall < 0.5;
    const look = isAverage
      ? (text: string) => styled(theme, "dim", text)
      : bad
        ? (text: string) => styled(theme, "bad", text)
        : undefined;
    return [
      { text: `${bad ? "! " : "  "}${visible(row.class)}`, look },
      { text: String(row.support), look },
      { text: share(row.precision), look },
      { text: share(row.recall), look },
      { text: bar(row.recall, wide), look },
      { text: share(row.f1), look },
      { text: row.orphan ? "orphan" : "", look: (text) => styled(theme, "warn", text) },
    ];
  };
  const rows = [...classes.map((row) => cells(row, false)), ...averages.map((row) => cells(row, true))];
  const [head, ...lines] = table(theme, CLASSES, rows);
  const body = [...lines.slice(0, classes.length), "", ...lines.slice(classes.length)];
  return documentOf(body, [styled(theme, "dim", "worst recall first; ! below 0.5"), head]);
}

/** Rows that the plot takes at most. */
const PLOT = 22;

/** The curve with the diagonal, above the numbers of each bin. */
export function reliabilityDocument(theme: Theme, { bins, rows }: Judged, size: Size): Document {
  const used = bins.filter((bin) => bin.rows > 0);
  const ece = used.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.accuracy - bin.confidence), 0) / rows;
  const height = Math.max(9, Math.min(PLOT, size.rows - used.length - 4));
  const columns = Math.min(size.columns, Math.max(40, 4 * height));
  const plot = drawPlot({
    columns,
    rows: height,
    x: [0, 1],
    y: [0, 1],
    xTitle: "confidence",
    yTitle: "right predictions",
    series: [
      { xs: [0, 1], ys: [0, 1], stroke: "dotted", who: 7 },
      {
        xs: used.map(({ confidence }) => confidence),
        ys: used.map(({ accuracy }) => accuracy),
        sign: "●",
        signed: true,
        who: 0,
      },
    ],
    look: (text, who) => inSeries(theme, who, text),
  });
  const most = Math.max(...used.map((bin) => bin.rows));
  const [head, ...lines] = table(
    theme,
    [
      { title: "confidence" },
      { title: "mean", align: "right" },
      { title: "right", align: "right" },
      { title: "gap", align: "right" },
      { title: "patients", align: "right" },
      { title: "" },
    ],
    used.map((bin): Cell[] => {
      const gap = bin.accuracy - bin.confidence;
      return [
        { text: `${bin.low.toFixed(2)} – ${bin.high.toFixed(2)}` },
        { text: share(bin.confidence) },
        { text: share(bin.accuracy) },
        { text: `${gap > 0 ? "+" : gap < 0 ? "−" : ""}${Math.abs(gap).toFixed(3)}` },
        { text: String(bin.rows) },
        { text: bar(bin.rows / most, 20) },
      ];
    }),
  );
  return documentOf([
    `ECE ${share(ece)}, ${rows.toLocaleString("en")} patients in ${bins.length} bins of confidence; below the dotted line: too confident`,
    ...plot,
    "",
    head,
    ...lines,
  ]);
}

/** Bars, the greatest first; of thousands only those that are seen are made. */
export function importancesDocument(theme: Theme, { kind, features }: Importances, columns: number): Document {
  const most = Math.max(0, ...features.slice(0, 50).map(({ value }) => value));
  const name = Math.min(
    44,
    Math.floor(columns / 2) - 8,
    Math.max(8, ...features.slice(0, 500).map((f) => visible(f.name).length)),
  );
  const place = String(features.length).length;
  const width = Math.max(8, Math.min(80, columns - name - place - 16));
  return {
    head: [styled(theme, "dim", `${features.length.toLocaleString("en")} features, ${visible(kind)}`)],
    length: features.length,
    line(at) {
      const { name: feature, value } = features[at]!;
      const filled = inSeries(theme, 0, bar(most > 0 ? value / most : 0, width));
      return `${styled(theme, "dim", String(at + 1).padStart(place))} ${fitPlain(visible(feature), name)} ${filled} ${fitPlain(compact(value), 10, "right")}`;
    },
  };
}
