import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TopLevelSpec } from "vega-lite";
import { COLOURS } from "./_theme.ts";

export interface Chart {
  readonly svg: string;
  readonly png: Uint8Array;
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

/** Scripts whose letters the font that ships has; for others the system's fonts are searched as well (some 15 ms). */
const COVERED = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]*$/u;

/**
 * Draws a Vega-Lite chart without a browser: SVG by Vega, PNG of 1.25 times its size by resvg. The libraries are loaded by the
 * first call. Text is set in a font that ships, so that a machine without fonts makes the same picture.
 */
export async function renderChart(spec: TopLevelSpec): Promise<Chart> {
  const [{ compile }, vega, { Resvg }] = await Promise.all([
    import("vega-lite"),
    import("vega"),
    import("@resvg/resvg-js"),
  ]);
  Object.assign((vega as unknown as { textMetrics: object }).textMetrics, { width: textWidth }); // not in its typings
  const view = new vega.View(vega.parse(compile(spec, { config: CONFIG }).spec), { renderer: "none" });
  vega.resetSVGDefIds(); // else the ids of gradients count on from the chart before
  const svg = await view.toSVG();
  view.finalize();
  const font = fontFile();
  const png = new Resvg(svg, {
    font: {
      loadSystemFonts: font === undefined || !COVERED.test(svg),
      fontFiles: font === undefined ? [] : [font],
      defaultFontFamily: FONT,
      sansSerifFamily: FONT,
    },
    fitTo: { mode: "zoom", value: 1.25 },
    logLevel: "off",
  })
    .render()
    .asPng();
  return { svg, png };
}

/** Width of a text in our font, a little generous: Vega's own guess without a canvas, 0.8 em a letter, leaves gaps. */
function textWidth(item: { fontSize?: number }, text: unknown): number {
  let ems = 0;
  for (const letter of String(text ?? "")) {
    if (/[ijlIft.,:;'|!()[\]\s]/.test(letter)) ems += 0.4;
    else if (/[mwMW%@…—\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(letter)) ems += 1;
    else ems += /[\p{Lu}=<>+~]/u.test(letter) ? 0.78 : 0.64;
  }
  return ems * (item.fontSize ?? 11);
}

/** The font in the sources, found from a bundle as well; undefined where the sources are not there. */
function fontFile(): string | undefined {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, "src", "reports", "fonts", "DejaVuSans.ttf");
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) return undefined;
  }
}
