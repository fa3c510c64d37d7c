import { type Canvas, type Extent, type Point, sizeOf } from "./_canvas.ts";
import type { Font } from "./_font.ts";
import { type Mask, rasterise } from "./_glyph.ts";
import { COLOURS } from "./_theme.ts";

interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/** Letters are placed on a grid of quarter pixels, so that their masks can be kept. */
const GRID = 4;
const masks = new WeakMap<Font, Map<string, (Mask | undefined)[]>>();

export interface Raster extends Canvas {
  readonly width: number;
  readonly height: number;
  /** [height × (1 + width × 3)] a PNG's rows: before each its filter, which is none. Overwritten by the next raster. */
  readonly rows: Uint8Array;
}

/** Kept for the next picture, since the collector of garbage is slow with large arrays; strengths are 0 between strokes. */
let scratch = { rows: new Uint8Array(0), strength: new Float32Array(0) };

function room(bytes: number, pixels: number): typeof scratch {
  if (scratch.rows.length < bytes || scratch.strength.length < pixels)
    scratch = { rows: new Uint8Array(bytes), strength: new Float32Array(pixels) };
  return { rows: scratch.rows.subarray(0, bytes), strength: scratch.strength };
}

/** A canvas of pixels, white at first. */
export function createRaster(extent: Extent, font: Font): Raster {
  const [width, height] = sizeOf(extent);
  const stride = 1 + 3 * width;
  const { rows, strength } = room(stride * height, width * height);
  rows.fill(255);
  for (let row = 0; row < height; row++) rows[row * stride] = 0;

  /** Mixes the colour into a pixel. Colours are not negative, so that adding a half rounds. */
  function blend(row: number, col: number, { red, green, blue }: Colour, share: number): void {
    const i = row * stride + 1 + 3 * col;
    const [r, g, b] = [rows[i]!, rows[i + 1]!, rows[i + 2]!];
    rows[i] = r + (red - r) * share + 0.5;
    rows[i + 1] = g + (green - g) * share + 0.5;
    rows[i + 2] = b + (blue - b) * share + 0.5;
  }

  /** A box in one colour a row: at its edges pixels are covered in part. */
  function cover(x: number, y: number, w: number, h: number, colourOf: (row: number) => Colour, opacity: number): void {
    const left = Math.max(0, x - extent.left);
    const top = Math.max(0, y - extent.top);
    const right = Math.min(width, x - extent.left + w);
    const bottom = Math.min(height, y - extent.top + h);
    for (let row = Math.floor(top); row < bottom; row++) {
      const colour = colourOf(row);
      const down = Math.min(row + 1, bottom) - Math.max(row, top);
      for (let col = Math.floor(left); col < right; col++)
        blend(row, col, colour, down * (Math.min(col + 1, right) - Math.max(col, left)) * opacity);
    }
  }

  /**
   * Paints straight parts with round ends. Where parts meet they must not darken each other, so what they cover is noted
   * first.
   */
  function stroke(parts: readonly (readonly [Point, Point])[], thick: number, colour: Colour, opacity = 1): void {
    const touched: number[] = [];
    const reach = thick / 2 + 1;
    for (const [from, to] of parts) {
      const ax = from[0] - extent.left;
      const ay = from[1] - extent.top;
      const dx = to[0] - from[0];
      const dy = to[1] - from[1];
      const squared = dx * dx + dy * dy || 1;
      const lastRow = Math.min(height - 1, Math.ceil(Math.max(ay, ay + dy) + reach));
      const firstCol = Math.max(0, Math.floor(Math.min(ax, ax + dx) - reach));
      const lastCol = Math.min(width - 1, Math.ceil(Math.max(ax, ax + dx) + reach));
      for (let row = Math.max(0, Math.floor(Math.min(ay, ay + dy) - reach)); row <= lastRow; row++) {
        for (let col = firstCol; col <= lastCol; col++) {
          const px = col + 0.5 - ax;
          const py = row + 0.5 - ay;
          const along = Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
          const away = Math.sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2);
          const share = Math.min(1, thick / 2 + 0.5 - away);
          const at = row * width + col;
          if (share <= strength[at]!) continue;
          if (strength[at] === 0) touched.push(at);
          strength[at] = share;
        }
      }
    }
    for (const at of touched) {
      blend(Math.floor(at / width), at % width, colour, strength[at]! * opacity);
      strength[at] = 0;
    }
  }

  function rect(x: number, y: number, w: number, h: number, colour: Colour, opacity = 1): void {
    cover(x, y, w, h, () => colour, opacity);
  }

  const canvas: Canvas = {
    rect: (x, y, w, h, fill, opacity) => rect(x, y, w, h, parse(fill), opacity),
    gradient(x, y, w, h, colours) {
      const stops = colours.map(parse);
      const colourOf = (row: number): Colour => {
        const t = Math.min(1, Math.max(0, 1 - (row + 0.5 + extent.top - y) / h)) * (stops.length - 1);
        const below = Math.min(stops.length - 2, Math.floor(t));
        return mix(stops[below]!, stops[below + 1]!, t - below);
      };
      cover(x, y, w, h, colourOf, 1);
    },
    polyline(points, { stroke: name, width: thick = 1, dash, opacity }) {
      const colour = parse(name);
      const parts = dashes(points, dash);
      const [from, to] = [points[0], points.at(-1)];
      if (points.length !== 2 || (from![0] !== to![0] && from![1] !== to![1]))
        return stroke(parts, thick, colour, opacity);
      for (const [[x0, y0], [x1, y1]] of parts) {
        const [w, h] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
        if (w === 0) rect(x0 - thick / 2, Math.min(y0, y1), thick, h, colour, opacity);
        else rect(Math.min(x0, x1), y0 - thick / 2, w, thick, colour, opacity);
      }
    },
    circle: (x, y, radius, fill) =>
      stroke(
        [
          [
            [x, y],
            [x, y],
          ],
        ],
        2 * radius,
        parse(fill),
      ),
    text(x, y, text, { size = 11, anchor = "start", fill = COLOURS.text, turned = false } = {}) {
      const colour = parse(fill);
      let pen = anchor === "start" ? 0 : -font.width(text, size) / (anchor === "end" ? 1 : 2);
      for (const letter of text) {
        const [penX, penY] = turned ? [x, y - pen] : [x + pen, y];
        const { mask, col, row } = maskOf(letter, size, turned, penX - extent.left, penY - extent.top);
        for (let r = 0, i = 0; r < mask.height; r++) {
          for (let c = 0; c < mask.width; c++, i++)
            if (mask.coverage[i]! > 0) blend(row + r, col + c, colour, mask.coverage[i]!);
        }
        pen += font.glyph(letter).advance * size;
      }
    },
  };

  /** The letter's pixels, with its corner at (col, row). */
  function maskOf(
    letter: string,
    size: number,
    turned: boolean,
    x: number,
    y: number,
  ): { mask: Mask; col: number; row: number } {
    const [gridX, gridY] = [Math.round(x * GRID), Math.round(y * GRID)];
    const [col, row] = [Math.floor(gridX / GRID), Math.floor(gridY / GRID)];
    const place = GRID * (gridX - GRID * col) + gridY - GRID * row;
    const [dx, dy] = [gridX / GRID - col, gridY / GRID - row];
    const kept = keptOf(letter, size, turned);
    kept[place] ??= rasterise(font.glyph(letter).contours, (u, v) =>
      turned ? [dx - v * size, dy - u * size] : [dx + u * size, dy - v * size],
    );
    const mask = kept[place];
    return { mask, col: col + mask.x, row: row + mask.y };
  }

  /** The letter's masks by their place on the grid. */
  function keptOf(letter: string, size: number, turned: boolean): (Mask | undefined)[] {
    const ofFont = masks.get(font) ?? new Map<string, (Mask | undefined)[]>();
    masks.set(font, ofFont);
    const key = `${letter}${turned ? -size : size}`;
    const kept = ofFont.get(key) ?? new Array<Mask | undefined>(GRID * GRID).fill(undefined);
    ofFont.set(key, kept);
    return kept;
  }

  return { ...canvas, width, height, rows };
}

/** The straight parts of a line that are drawn. */
function dashes(points: readonly Point[], dash?: readonly [on: number, off: number]): (readonly [Point, Point])[] {
  const parts: (readonly [Point, Point])[] = [];
  let phase = 0; // along the pattern
  for (const [i, to] of points.entries()) {
    const from = points[i - 1];
    if (!from) continue;
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(dx, dy);
    if (!dash) {
      parts.push([from, to]);
      continue;
    }
    const at = (l: number): Point => [from[0] + (dx * l) / length, from[1] + (dy * l) / length];
    for (let done = 0; done < length; ) {
      const on = phase < dash[0];
      const step = Math.min(length - done, (on ? dash[0] : dash[0] + dash[1]) - phase);
      if (on) parts.push([at(done), at(done + step)]);
      done += step;
      phase = (phase + step) % (dash[0] + dash[1]);
    }
  }
  return parts;
}

/** "#rrggbb" or white. */
function parse(colour: string): Colour {
  if (colour === "white") return { red: 255, green: 255, blue: 255 };
  const value = Number.parseInt(colour.slice(1), 16);
  return { red: value >> 16, green: (value >> 8) & 255, blue: value & 255 };
}

function mix(a: Colour, b: Colour, t: number): Colour {
  return {
    red: a.red + (b.red - a.red) * t,
    green: a.green + (b.green - a.green) * t,
    blue: a.blue + (b.blue - a.blue) * t,
  };
}
