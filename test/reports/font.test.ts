import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { Resvg } from "@resvg/resvg-js";
import { expect, test } from "vitest";
import { readFont } from "../../src/reports/_font.ts";
import { createOutliner } from "../../src/reports/_outline.ts";
import { encodePng } from "../../src/reports/_png.ts";

const file = new URL("../../src/reports/fonts/DejaVuSans.ttf", import.meta.url).pathname;
const font = readFont(readFileSync(file));
const outline = createOutliner(font);

const svg = (texts: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="120"><rect width="400" height="120" fill="white"/>${texts}</svg>`;
const text = (content: string, anchor: string, transform: string): string =>
  `<text text-anchor="${anchor}" transform="${transform}" font-family="DejaVu Sans" font-size="18px" fill="black">${content}</text>`;

function draw(source: string): Uint8Array {
  const options = { loadSystemFonts: false, fontFiles: [file], defaultFontFamily: "DejaVu Sans" };
  return new Resvg(source, { font: options, logLevel: "off" }).render().pixels;
}

test.each([
  ["start", text("Åpsoriasis ÄöÿŐ 0123", "start", "translate(10,50)")],
  ["middle", text("λ &lt;ж&gt; &amp; ≤ ½", "middle", "translate(200,50)")],
  ["end, turned", text("Ęyes % @", "end", "translate(200,10) rotate(-90)")],
  ["two lines", text('<tspan>one line</tspan><tspan x="0" dy="24">and a second</tspan>', "start", "translate(10,30)")],
])("outlined text falls where resvg sets it: %s", (_, source) => {
  const outlined = outline(svg(source));
  expect(outlined).not.toContain("<text");
  const [set, drawn] = [draw(svg(source)), draw(outlined)];
  let [ink, different] = [0, 0];
  for (let i = 0; i < set.length; i += 4) {
    ink += 255 - set[i]!;
    different += Math.abs(set[i]! - drawn[i]!);
  }
  expect(ink).toBeGreaterThan(10_000);
  // resvg moves some pairs of letters together by less than a pixel
  expect(different / ink).toBeLessThan(0.25);
});

test("a text with a letter that the font lacks stays a text", () => {
  const source = svg(text("糖尿病", "start", "translate(10,50)") + text("gout", "start", "translate(10,90)"));
  expect(outline(source).match(/<text/g)).toHaveLength(1);
  expect(font.covers("gout")).toBe(true);
});

test("widths are the font's", () => {
  // 569 and 1995 of 2048 units
  expect(font.width("i", 1000)).toBeCloseTo((1000 * 569) / 2048, 6);
  expect(font.width("mi", 1000)).toBeCloseTo((1000 * (1995 + 569)) / 2048, 6);
});

test("a PNG holds the pixels that it was made of", () => {
  const pixels = Uint8Array.from({ length: 3 * 2 * 4 }, (_, i) => i * 9);
  const png = Buffer.from(encodePng(pixels, 3, 2));
  expect(png.readUInt32BE(16)).toBe(3);
  expect(png.readUInt32BE(20)).toBe(2);
  const at = png.indexOf("IDAT");
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  expect([...rows.subarray(1, 13), ...rows.subarray(14, 26)]).toEqual([...pixels]);
  // resvg reads it, so its checksums are right
  const data = `data:image/png;base64,${png.toString("base64")}`;
  const image = new Resvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"><image width="3" height="2" href="${data}"/></svg>`,
  );
  expect(image.render().pixels.some((value) => value > 0)).toBe(true);
});
