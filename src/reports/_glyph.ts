import type { Contour } from "./_font.ts";

/** Coverage of pixels, its corner at (x, y) from the pixel that holds the pen. */
export interface Mask {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** [height × width] 0 … 1 */
  readonly coverage: Float32Array;
}

/** Straight pieces that a curve is drawn with: letters are some ten pixels high. */
const PIECES = 4;

/**
 * Pixels that a filled outline covers, by the signed areas under its edges (Raph Levien's font-rs: each edge adds what it
 * covers of a pixel row, and the running sum along the row is the coverage).
 * @param place font units → pixels
 */
export function rasterise(
  contours: readonly Contour[],
  place: (x: number, y: number) => readonly [number, number],
): Mask {
  const lines = contours.map((contour) => flatten(contour).map(([x, y]) => place(x, y)));
  const xs = lines.flatMap((points) => points.map(([x]) => x));
  const ys = lines.flatMap((points) => points.map(([, y]) => y));
  if (xs.length === 0) return { x: 0, y: 0, width: 0, height: 0, coverage: new Float32Array(0) };
  const [left, top] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))];
  const [width, height] = [Math.ceil(Math.max(...xs)) - left + 1, Math.ceil(Math.max(...ys)) - top + 1];
  const area = new Float32Array(width * height + 2);
  for (const points of lines) {
    for (const [i, [x, y]] of points.entries()) {
      const [nextX, nextY] = points[(i + 1) % points.length]!;
      addEdge(area, width, x - left, y - top, nextX - left, nextY - top);
    }
  }
  const coverage = new Float32Array(width * height);
  let sum = 0;
  for (let i = 0; i < coverage.length; i++) {
    sum += area[i]!;
    coverage[i] = Math.min(1, Math.abs(sum));
  }
  return { x: left, y: top, width, height, coverage };
}

/** Corners of a contour of quadratic curves; between two points off the curve lies one on it. */
function flatten(contour: Contour): [x: number, y: number][] {
  const n = contour.length;
  const first = contour.findIndex(([, , on]) => on);
  if (n < 2 || first < 0) return [];
  let [fromX, fromY] = contour[first]!;
  const corners: [number, number][] = [[fromX, fromY]];
  for (let i = 1; i <= n; i++) {
    const [x, y, on] = contour[(first + i) % n]!;
    if (on) {
      corners.push([x, y]);
      [fromX, fromY] = [x, y];
      continue;
    }
    const next = contour[(first + i + 1) % n]!;
    const [toX, toY] = next[2] ? next : [(x + next[0]) / 2, (y + next[1]) / 2];
    for (let p = 1; p <= PIECES; p++) {
      const t = p / PIECES;
      const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
      corners.push([a * fromX + b * x + c * toX, a * fromY + b * y + c * toY]);
    }
    [fromX, fromY] = [toX, toY];
    if (next[2]) i++;
  }
  return corners;
}

function addEdge(area: Float32Array, width: number, x0: number, y0: number, x1: number, y1: number): void {
  if (y0 === y1) return;
  const sign = y0 < y1 ? 1 : -1;
  const [fromX, fromY, toX, toY] = sign > 0 ? [x0, y0, x1, y1] : [x1, y1, x0, y0];
  const slope = (toX - fromX) / (toY - fromY);
  let x = fromX;
  for (let row = Math.floor(fromY); row < toY; row++) {
    const dy = Math.min(row + 1, toY) - Math.max(row, fromY);
    const nextX = x + slope * dy;
    addRow(area, row * width, sign * dy, Math.min(x, nextX), Math.max(x, nextX));
    x = nextX;
  }
}

/** What an edge that goes from `low` to `high` within one row of pixels adds to it. */
function addRow(area: Float32Array, start: number, d: number, low: number, high: number): void {
  const first = Math.floor(low);
  const last = Math.ceil(high);
  if (last <= first + 1) {
    const part = (low + high) / 2 - first;
    area[start + first]! += d * (1 - part);
    area[start + first + 1]! += d * part;
    return;
  }
  const s = 1 / (high - low);
  const before = low - first;
  const head = 0.5 * s * (1 - before) ** 2;
  const tail = 0.5 * s * (high - last + 1) ** 2;
  area[start + first]! += d * head;
  if (last === first + 2) area[start + first + 1]! += d * (1 - head - tail);
  else {
    const second = s * (1.5 - before);
    area[start + first + 1]! += d * (second - head);
    for (let i = first + 2; i < last - 1; i++) area[start + i]! += d * s;
    area[start + last - 1]! += d * (1 - second - (last - first - 3) * s - tail);
  }
  area[start + last]! += d * tail;
}
