/** Lines of braille dots: each character is a cell of 2 × 4 dots. Pure. */

/** Bits of a cell's dots, by row and column (Unicode's order of braille patterns). */
const BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export interface BrailleCanvas {
  /** Dots: twice the columns, four times the rows. */
  readonly width: number;
  readonly height: number;
  /** A dot, from the upper left corner; outside it is nothing. @param who who draws it; of several in one cell the last */
  dot(x: number, y: number, who?: number): void;
  /** A line between two dots, both ends with it. */
  line(x0: number, y0: number, x1: number, y1: number, who?: number): void;
  /** A character, one column wide, over the cell of a dot. */
  sign(x: number, y: number, char: string, who?: number): void;
  /** One text a row, as wide as the canvas. @param look styles what one has drawn */
  rows(look?: (text: string, who: number) => string): string[];
}

/** @param columns of the terminal @param rows likewise */
export function createBraille(columns: number, rows: number): BrailleCanvas {
  const cells = new Uint8Array(columns * rows);
  const owners = new Uint8Array(columns * rows);
  const signs = new Map<number, string>();
  const [width, height] = [columns * 2, rows * 4];

  function dot(x: number, y: number, who = 0): void {
    if (!(x >= 0 && x < width && y >= 0 && y < height)) return;
    const at = (y >> 2) * columns + (x >> 1);
    cells[at]! |= BITS[y & 3]![x & 1]!;
    owners[at] = who;
  }

  return {
    width,
    height,
    dot,
    line(x0, y0, x1, y1, who) {
      const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
      for (let i = 0; i <= steps; i++)
        dot(Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps), who);
    },
    sign(x, y, char, who = 0) {
      if (!(x >= 0 && x < width && y >= 0 && y < height)) return;
      const at = (y >> 2) * columns + (x >> 1);
      signs.set(at, char);
      cells[at] = 0xff;
      owners[at] = who;
    },
    rows(look = (text) => text) {
      return Array.from({ length: rows }, (_, y) => {
        let out = "";
        for (let x = 0; x < columns; ) {
          const at = y * columns + x;
          const who = owners[at]!;
          let end = x;
          let text = "";
          for (; end < columns && (owners[y * columns + end] === who || cells[y * columns + end] === 0); end++) {
            const bits = cells[y * columns + end]!;
            text += signs.get(y * columns + end) ?? (bits === 0 ? " " : String.fromCodePoint(0x2800 + bits));
          }
          out += text.trim() === "" ? text : look(text, who);
          x = end;
        }
        return out;
      });
    },
  };
}

export interface Curve {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/**
 * Draws curves into the whole of a canvas, the first by 0 and so on; values that are not finite are gaps.
 * @returns least and greatest y; undefined where there is nothing to draw
 */
export function drawCurves(canvas: BrailleCanvas, curves: readonly Curve[]): readonly [number, number] | undefined {
  const range = (lists: readonly (readonly number[])[]): [number, number] => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const list of lists) {
      for (const value of list) {
        if (!Number.isFinite(value)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    return [low, high];
  };
  const [left, right] = range(curves.map(({ xs }) => xs));
  const [low, high] = range(curves.map(({ ys }) => ys));
  if (!(low <= high && left <= right)) return undefined;
  const place = (value: number, from: number, to: number, dots: number): number =>
    to === from ? Math.floor(dots / 2) : Math.round(((value - from) / (to - from)) * (dots - 1));
  curves.forEach(({ xs, ys }, who) => {
    let before: [number, number] | undefined;
    xs.forEach((x, i) => {
      const y = ys[i]!;
      if (!Number.isFinite(y)) {
        before = undefined;
        return;
      }
      const here: [number, number] = [
        right === left ? 0 : place(x, left, right, canvas.width),
        canvas.height - 1 - place(y, low, high, canvas.height),
      ];
      canvas.line(...(before ?? here), ...here, who);
      before = here;
    });
  });
  return [low, high];
}
