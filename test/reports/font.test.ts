import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { Resvg } from "@resvg/resvg-js";
import { expect, test } from "vitest";
import { readFont } from "../../src/reports/_font.ts";
import { rasterise } from "../../src/reports/_glyph.ts";
import { encodePng } from "../../src/reports/_png.ts";

const file = new URL("../../src/reports/fonts/DejaVuSans.ttf", import.meta.url).pathname;
const font = readFont(readFileSync(file));

/** Coverage of a 40 × 40 picture by resvg, which has its own reader of fonts. */
function drawnByResvg(letter: string): Float64Array {
  const text = `<text transform="translate(8.25,28.5)" font-family="DejaVu Sans" font-size="20px">${letter}</text>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">${text}</svg>`;
  const { pixels } = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles: [file] } }).render();
  return Float64Array.from({ length: 1600 }, (_, i) => pixels[4 * i + 3]! / 255);
}

test.each([..."aB8%ÅőжλΣ≤½@j"])("the letter %s covers the pixels that resvg covers", (letter) => {
  const mask = rasterise(font.glyph(letter).contours, (x, y) => [8.25 + 20 * x, 28.5 - 20 * y]);
  const expected = drawnByResvg(letter);
  let [ink, different] = [0, 0];
  for (const [i, cover] of expected.entries()) {
    const [col, row] = [(i % 40) - mask.x, Math.floor(i / 40) - mask.y];
    const inside = col >= 0 && col < mask.width && row >= 0 && row < mask.height;
    ink += cover;
    different += Math.abs(cover - (inside ? mask.coverage[row * mask.width + col]! : 0));
  }
  expect(ink).toBeGreaterThan(15);
  // resvg samples four times a row where ours measures areas
  expect(different / ink).toBeLessThan(0.12);
});

test("a space covers nothing, and what the font lacks is known", () => {
  expect(rasterise(font.glyph(" ").contours, (x, y) => [x, y]).coverage).toHaveLength(0);
  expect(font.covers("gout λ")).toBe(true);
  expect(font.covers("糖尿病")).toBe(false);
});

test("widths are the font's", () => {
  // 569 and 1995 of 2048 units
  expect(font.width("i", 1000)).toBeCloseTo((1000 * 569) / 2048, 6);
  expect(font.width("mi", 1000)).toBeCloseTo((1000 * (1995 + 569)) / 2048, 6);
});

test("a PNG holds the rows that it was made of, with right checksums", () => {
  const rows = Uint8Array.from({ length: 2 * 10 }, (_, i) => (i % 10 === 0 ? 0 : i * 9));
  const png = Buffer.from(encodePng(rows, 3, 2));
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([3, 2]);
  const at = png.indexOf("IDAT");
  expect([...inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))]).toEqual([...rows]);
  const href = `data:image/png;base64,${png.toString("base64")}`;
  const image = `<image width="3" height="2" href="${href}"/>`;
  const { pixels } = new Resvg(`<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2">${image}</svg>`).render();
  expect([...pixels.subarray(0, 4)]).toEqual([9, 18, 27, 255]);
});
