import { line as polyline } from "d3-shape";
import { escapeXml } from "../core/formats/markup.ts";
import { COLOURS } from "./_theme.ts";

export type Point = readonly [x: number, y: number];

export interface Stroke {
  readonly stroke: string;
  /** Default: 1 */
  readonly width?: number;
  readonly dash?: readonly [on: number, off: number];
  readonly opacity?: number;
}

export interface TextStyle {
  /** Default: 11 */
  readonly size?: number;
  /** Default: start */
  readonly anchor?: "start" | "middle" | "end";
  readonly fill?: string;
  /** Read from below to above. */
  readonly turned?: boolean;
}

/** What a chart is drawn on. Coordinates in pixels, y downwards; the corner of the plot is (0, 0). */
export interface Canvas {
  rect(x: number, y: number, width: number, height: number, fill: string, opacity?: number): void;
  /** A bar from white to dark, by colours from its lower to its upper end. */
  gradient(x: number, y: number, width: number, height: number, colours: readonly string[]): void;
  polyline(points: readonly Point[], stroke: Stroke): void;
  circle(x: number, y: number, radius: number, fill: string): void;
  /** The baseline begins, is centred or ends at (x, y). */
  text(x: number, y: number, text: string, style?: TextStyle): void;
}

/** How far a drawing reaches. */
export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A canvas that only notes how far it is drawn on. @param widthOf of a text */
export function createMeasure(widthOf: (text: string, size: number) => number): Canvas & { extent(): Extent } {
  let [left, top, right, bottom] = [0, 0, 0, 0];
  const reach = (x: number, y: number): void => {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  };
  const box = (x: number, y: number, width: number, height: number): void => {
    reach(x, y);
    reach(x + width, y + height);
  };
  return {
    rect: box,
    gradient: box,
    polyline: (points) => {
      for (const [x, y] of points) reach(x, y);
    },
    circle: (x, y, radius) => box(x - radius, y - radius, 2 * radius, 2 * radius),
    text(x, y, text, { size = 11, anchor = "start", turned = false } = {}) {
      const width = widthOf(text, size);
      const before = anchor === "end" ? width : anchor === "middle" ? width / 2 : 0;
      if (turned) box(x - 0.8 * size, y - width + before, size, width);
      else box(x - before, y - 0.8 * size, width, size);
    },
    extent: () => ({ left, top, right, bottom }),
  };
}

/** Shown by machines that have one of them. */
const FONTS = "DejaVu Sans, Verdana, sans-serif";

/** A canvas that writes SVG; `extent` is what the picture shows. */
export function createSvg(extent: Extent): Canvas & { svg(): string } {
  const parts: string[] = [];
  const gradients: string[] = [];
  const [width, height] = sizeOf(extent);
  const path = polyline<Point>()
    .x(([x]) => x)
    .y(([, y]) => y)
    .digits(2);
  return {
    rect(x, y, w, h, fill, opacity = 1) {
      const faint = opacity === 1 ? "" : ` opacity="${opacity}"`;
      parts.push(
        `<rect x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" fill="${fill}"${faint}/>`,
      );
    },
    gradient(x, y, w, h, colours) {
      const id = `gradient_${gradients.length}`;
      const stops = colours.map((c, i) => `<stop offset="${short(i / (colours.length - 1))}" stop-color="${c}"/>`);
      gradients.push(`<linearGradient id="${id}" x1="0" x2="0" y1="1" y2="0">${stops.join("")}</linearGradient>`);
      this.rect(x, y, w, h, `url(#${id})`);
    },
    polyline(points, { stroke, width: thick = 1, dash, opacity = 1 }) {
      const d = path(points);
      if (d === null) return;
      const dashes = dash ? ` stroke-dasharray="${dash.join(",")}"` : "";
      const faint = opacity === 1 ? "" : ` opacity="${opacity}"`;
      parts.push(`<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${thick}"${dashes}${faint}/>`);
    },
    circle(x, y, radius, fill) {
      parts.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" fill="${fill}"/>`);
    },
    text(x, y, text, { size = 11, anchor = "start", fill = COLOURS.text, turned = false } = {}) {
      const place = `translate(${short(x)},${short(y)})${turned ? " rotate(-90)" : ""}`;
      parts.push(
        `<text text-anchor="${anchor}" transform="${place}" font-size="${size}px" fill="${fill}">${escapeXml(text)}</text>`,
      );
    },
    svg: () =>
      [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
        gradients.length > 0 ? `<defs>${gradients.join("")}</defs>` : "",
        `<rect width="${width}" height="${height}" fill="white"/>`,
        `<g transform="translate(${short(-extent.left)},${short(-extent.top)})" font-family="${FONTS}">`,
        ...parts,
        "</g></svg>",
      ].join(""),
  };
}

export function sizeOf({ left, top, right, bottom }: Extent): [width: number, height: number] {
  return [right - left, bottom - top];
}

const short = (value: number): number => Math.round(value * 100) / 100;
