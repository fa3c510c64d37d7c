import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { View } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { type Font, readFont } from "./_font.ts";
import { createOutliner } from "./_outline.ts";
import { encodePng } from "./_png.ts";
import { COLOURS } from "./_theme.ts";

export interface Chart {
  readonly svg: string;
  readonly png: Uint8Array;
}

/** A chart's shape and what is drawn in it. */
export interface ChartInput {
  /** Its data sources are names; charts of the same shape share one Vega view. */
  readonly spec: TopLevelSpec;
  /** Rows by the name of the data source. */
  readonly data: Readonly<Record<string, readonly object[]>>;
  readonly subtitle?: string | readonly string[];
}

const FONT = "DejaVu Sans";

/** Look of all charts. Labels are not cut: axisNames has made them short. */
const CONFIG = {
  background: "white",
  font: `${FONT}, Verdana, sans-serif`,
  padding: 12,
  title: {
    anchor: "start",
    fontSize: 15,
    fontWeight: "normal",
    subtitleFontSize: 11,
    subtitleColor: COLOURS.quiet,
    offset: 12,
    subtitlePadding: 6,
  },
  axis: {
    labelLimit: 0,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 8,
    gridColor: "#e6e6e6",
    domainColor: "#999999",
    tickColor: "#999999",
    labelColor: COLOURS.text,
    titleColor: COLOURS.text,
  },
  legend: {
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal",
    labelColor: COLOURS.text,
    titleColor: COLOURS.text,
  },
  view: { stroke: null },
  aria: false,
} as const;

/** A compiled chart, which is drawn anew with other data. */
interface Shape {
  readonly view: View;
  /** Ends when nobody draws with the view. */
  busy: Promise<unknown>;
}

/** By what they were made of: compiling a chart takes 20 ms and more, drawing it with other data 2. */
const shapes = new Map<string, Promise<Shape>>();
const MOST_SHAPES = 16;

/**
 * Draws a Vega-Lite chart without a browser: SVG by Vega, PNG of the same size by resvg. The libraries are loaded by the
 * first call. Text is set in a font that ships, so that a machine without fonts makes the same picture.
 */
export async function renderChart(input: ChartInput): Promise<Chart> {
  const svg = await drawSvg(input);
  return { svg, png: await rasterise(svg) };
}

async function drawSvg({ spec, data, subtitle = "" }: ChartInput): Promise<string> {
  const key = JSON.stringify(spec);
  const making = shapes.get(key) ?? makeShape(spec);
  shapes.delete(key);
  shapes.set(key, making);
  for (const [oldest, kept] of shapes) {
    if (shapes.size <= MOST_SHAPES) break;
    shapes.delete(oldest);
    kept.then(({ view, busy }) => busy.finally(() => view.finalize())).catch(() => {});
  }
  const shape = await making;
  const drawing = shape.busy.then(async () => {
    const { view } = shape;
    for (const [name, rows] of Object.entries(data)) view.data(name, [...rows]);
    view.signal("subtitle", subtitle);
    view.resize(); // else the size is that of the data before
    const vega = await import("vega");
    vega.resetSVGDefIds(); // else the ids of gradients count on from the chart before
    return view.toSVG();
  });
  shape.busy = drawing.catch(() => {});
  return drawing;
}

async function makeShape(spec: TopLevelSpec): Promise<Shape> {
  const [{ compile }, vega] = await Promise.all([import("vega-lite"), import("vega")]);
  Object.assign((vega as unknown as { textMetrics: object }).textMetrics, { width: textWidth }); // not in its typings
  const compiled = compile(spec, { config: CONFIG }).spec;
  const title = typeof compiled.title === "object" ? compiled.title : undefined;
  const view = new vega.View(
    vega.parse({
      ...compiled,
      ...(title && { title: { ...title, subtitle: { signal: "subtitle" } } }),
      signals: [...(compiled.signals ?? []), { name: "subtitle", value: "" }],
    }),
    { renderer: "none" },
  );
  return { view, busy: Promise.resolve() };
}

/** Letters that the font lacks (other scripts) are set by resvg with the system's fonts, whose search takes some 15 ms. */
async function rasterise(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const outlined = shipped()?.outline(svg) ?? svg;
  const loadSystemFonts = outlined.includes("<text");
  const image = new Resvg(outlined, {
    font: { loadSystemFonts, defaultFontFamily: FONT, sansSerifFamily: FONT },
    logLevel: "off",
  }).render();
  return encodePng(image.pixels, image.width, image.height);
}

/** Vega's own guess without a canvas is 0.8 em a letter, which leaves gaps. */
function textWidth(item: { fontSize?: number }, text: unknown): number {
  const size = item.fontSize ?? 11;
  const line = String(text ?? "");
  return shipped()?.font.width(line, size) ?? 0.64 * size * line.length;
}

interface ShippedFont {
  readonly font: Font;
  readonly outline: (svg: string) => string;
}

let loaded: { readonly found: ShippedFont | undefined } | undefined;

/** The font in the sources, found from a bundle as well; undefined where the sources are not there. */
function shipped(): ShippedFont | undefined {
  if (!loaded) {
    const file = fontFile();
    const font = file === undefined ? undefined : readFont(readFileSync(file));
    loaded = { found: font && { font, outline: createOutliner(font) } };
  }
  return loaded.found;
}

function fontFile(): string | undefined {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, "src", "reports", "fonts", "DejaVuSans.ttf");
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) return undefined;
  }
}
