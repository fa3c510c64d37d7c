import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { drawTitle } from "./_axes.ts";
import { type Canvas, createMeasure, createSvg } from "./_canvas.ts";
import { type Font, readFont } from "./_font.ts";
import { encodePng } from "./_png.ts";
import { createRaster } from "./_raster.ts";

export interface Chart {
  readonly svg: string;
  readonly png: Uint8Array;
}

/** A chart: what stands above its plot, and what draws the plot with its corner at (0, 0). */
export interface Picture {
  readonly title: string;
  readonly subtitle: readonly string[];
  draw(canvas: Canvas, widthOf: (text: string, size?: number) => number): void;
}

const PADDING = 12;

/**
 * Draws a chart as SVG and as PNG of the same size, both as large as what is drawn. Text of the PNG is set in a font that
 * ships, so that a machine without fonts makes the same picture; texts in scripts that it lacks are left to resvg and the
 * system's fonts.
 */
export async function renderChart(picture: Picture): Promise<Chart> {
  const font = shippedFont();
  const { svg, texts, extent, paint } = drawn(picture);
  if (font === undefined || !texts.every(font.covers)) return { svg, png: await rasteriseWithSystemFonts(svg) };
  const raster = createRaster(extent, font);
  paint(raster);
  return { svg, png: encodePng(raster.rows, raster.width, raster.height) };
}

/** The same as SVG alone. */
export const renderSvg = (picture: Picture): string => drawn(picture).svg;

function drawn({ title, subtitle, draw }: Picture) {
  const font = shippedFont();
  const widthOf = (text: string, size = 11): number => font?.width(text, size) ?? 0.64 * size * text.length;
  const measure = createMeasure(widthOf);
  draw(measure, widthOf);
  const { left, top } = measure.extent();
  drawTitle(measure, left, top, title, subtitle);
  const reach = measure.extent();
  const extent = {
    left: Math.floor(reach.left) - PADDING,
    top: Math.floor(reach.top) - PADDING,
    right: Math.ceil(reach.right) + PADDING,
    bottom: Math.ceil(reach.bottom) + PADDING,
  };
  const texts: string[] = [];
  const paint = (canvas: Canvas): void => {
    draw(canvas, widthOf);
    drawTitle(canvas, left, top, title, subtitle);
  };
  const vector = createSvg(extent);
  paint({ ...vector, text: (x, y, text, style) => texts.push(text) && vector.text(x, y, text, style) });
  return { svg: vector.svg(), texts, extent, paint };
}

async function rasteriseWithSystemFonts(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const file = fontFile();
  const font = { loadSystemFonts: true, fontFiles: file === undefined ? [] : [file], defaultFontFamily: "DejaVu Sans" };
  return new Resvg(svg, { font, logLevel: "off" }).render().asPng();
}

let loaded: { readonly font: Font | undefined } | undefined;

function shippedFont(): Font | undefined {
  if (loaded) return loaded.font;
  const file = fontFile();
  loaded = { font: file === undefined ? undefined : readFont(readFileSync(file)) };
  return loaded.font;
}

/** The font in the sources, found from a bundle as well; undefined where the sources are not there. */
function fontFile(): string | undefined {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, "src", "reports", "fonts", "DejaVuSans.ttf");
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) return undefined;
  }
}
