import { Resvg } from "@resvg/resvg-js";
import { describe, expect, test } from "vitest";
import type { Scored } from "../../src/core/metric.ts";
import {
  confusionMatrixChart,
  importanceChart,
  learningCurveChart,
  reliabilityChart,
} from "../../src/reports/charts.ts";
import type { Chart } from "../../src/reports/render.ts";
import { simulate } from "../support/metrics.ts";

const font = new URL("../../src/reports/fonts/DejaVuSans.ttf", import.meta.url).pathname;

/** [pixels × 4] what a picture looks like to another program. */
function look(svg: string): Uint8Array {
  const fonts = { loadSystemFonts: false, fontFiles: [font], defaultFontFamily: "DejaVu Sans" };
  return new Resvg(svg, { font: fonts, logLevel: "off" }).render().pixels;
}

function lookOfPng(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset);
  const size = `width="${view.getUint32(16)}" height="${view.getUint32(20)}"`;
  const href = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return look(`<svg xmlns="http://www.w3.org/2000/svg" ${size}><image ${size} href="${href}"/></svg>`);
}

/** The texts of an SVG, as a reader sees them. */
function texts({ svg }: Chart): string[] {
  return [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map(([, text]) =>
    text
      .replace(/<[^>]*>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&"),
  );
}

function expectPicture({ svg, png }: Chart): void {
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
}

const curve = [1, 2, 3].map((round) => ({ round, train: 1 / round, validation: 1.2 / round }));

const scored = simulate({ rows: 150, classes: 7, skill: 0.5, seed: 1 });
const names = scored.classes.map((name) => `Ångström λ≤5 & ${name}`);
const drawn: readonly (readonly [string, () => Promise<Chart>])[] = [
  ["confusion matrix", () => confusionMatrixChart({ ...scored, classes: names })],
  ["reliability", () => reliabilityChart(scored)],
  ["learning curve", () => learningCurveChart(curve, 2)],
  ["importances", () => importanceChart({ kind: "gain", names, values: Float64Array.from(names, (_, i) => 0.01 * i) })],
];

test.each(drawn)("%s: the PNG shows what other programs draw of the SVG", async (_, chart) => {
  const { svg, png } = await chart();
  const [ours, theirs] = [lookOfPng(png), look(svg)];
  expect(ours.length).toBe(theirs.length);
  let [ink, different, far] = [0, 0, 0];
  for (let i = 0; i < ours.length; i++) {
    const apart = Math.abs(ours[i]! - theirs[i]!);
    ink += 255 - theirs[i]!;
    different += apart;
    if (apart > 160) far++;
  }
  expect(ink).toBeGreaterThan(500_000);
  // letters stand up to half a pixel off: resvg moves some pairs together
  expect(different / ink).toBeLessThan(0.2);
  expect(far / ours.length).toBeLessThan(0.002);
});

test.each(drawn)("%s: drawn again it is the same file", async (_, chart) => {
  const [once, again] = [await chart(), await chart()];
  expect(again.svg).toBe(once.svg);
  expect(Buffer.compare(again.png, once.png)).toBe(0);
});

describe("a confusion matrix", () => {
  test("names the axes, the classes and the counts", async () => {
    const scored: Scored = {
      rows: 4,
      classes: ["lupus", "gout"],
      y: Int32Array.from([0, 0, 0, 1]),
      proba: Float32Array.from([0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.1, 0.9]),
      orphans: [],
    };
    const chart = await confusionMatrixChart(scored);
    expectPicture(chart);
    for (const text of ["Confusion matrix", "true", "predicted", "lupus", "gout", "2", "1"]) {
      expect(texts(chart)).toContain(text);
    }
  });

  test("has no counts with 41 classes but all their names", async () => {
    const scored = simulate({ rows: 600, classes: 41, skill: 0.6, seed: 2 });
    const shown = texts(await confusionMatrixChart(scored));
    for (const name of scored.classes) expect(shown.filter((text) => text === name).length).toBe(2);
    expect(shown.filter((text) => /^\d+$/.test(text))).toEqual([]);
  });

  test("pools the classes with the fewest errors when there are hundreds", async () => {
    const shown = texts(await confusionMatrixChart(simulate({ rows: 900, classes: 300, skill: 0.8, seed: 3 })));
    expect(shown.filter((text) => text === "(241 other classes)").length).toBe(2);
    expect(shown.filter((text) => text.startsWith("disease ")).length).toBe(2 * 59);
  });

  test("cannot be broken by class names", async () => {
    const names = [
      "<script>alert(1)</script>",
      "\u0000\u001b[31m\nline two",
      "\ud800",
      "",
      "a".repeat(5000),
      "Ehlers-Danlos syndrome, vascular type 1",
      "Ehlers-Danlos syndrome, vascular type 2",
      `${"same start and end ".repeat(3)}X${" same start and end".repeat(3)}`,
      `${"same start and end ".repeat(3)}Y${" same start and end".repeat(3)}`,
      "Síndrome de Sjögren & \"co\" 'x'",
      "糖尿病",
    ];
    const chart = await confusionMatrixChart(
      simulate({ rows: 200, classes: names.length, skill: 0.4, seed: 4, names }),
    );
    expectPicture(chart);
    expect(chart.svg).not.toContain("<script");
    expect(chart.svg).not.toMatch(/[\p{Cc}\p{Cs}]/u);
    const shown = texts(chart);
    expect(shown).toContain("<script>alert(1)</script>");
    expect(shown).toContain("(no name)");
    expect(shown).toContain("Síndrome de Sjögren & \"co\" 'x'".replace(/(.{18}).*(.{9})/, "$1…$2"));
    expect(shown.filter((text) => text.endsWith("type 1")).length).toBe(2);
    expect(new Set(shown).size).toBeGreaterThan(names.length);
    expect(Math.max(...shown.filter((text) => !text.includes("patients")).map((text) => text.length))).toBeLessThan(35);
  });
});

test("a reliability chart names the ECE and its axes, also where all predictions fall into one bin", async () => {
  const one: Scored = {
    rows: 3,
    classes: ["a", "b"],
    y: Int32Array.from([0, 1, 0]),
    proba: Float32Array.from([1, 0, 0, 1, 1, 0]),
    orphans: [],
  };
  for (const scored of [one, simulate({ rows: 100, classes: 4, skill: 0.5, seed: 5 })]) {
    const chart = await reliabilityChart(scored);
    expectPicture(chart);
    expect(texts(chart).join("\n")).toMatch(/ECE \d\.\d{3}/);
    expect(texts(chart)).toContain("right predictions");
  }
});

describe("a learning curve", () => {
  test("names both parts, the axes and the round of the model", async () => {
    const chart = await learningCurveChart(curve, 2);
    expectPicture(chart);
    const shown = texts(chart);
    for (const text of ["training", "validation", "round", "mean log loss"]) expect(shown).toContain(text);
    expect(shown.join("\n")).toContain("round 2");
  });

  test("survives a single round and losses that are not numbers", async () => {
    expectPicture(await learningCurveChart(curve.slice(0, 1)));
    expectPicture(await learningCurveChart([{ round: 1, train: Number.NaN, validation: Number.POSITIVE_INFINITY }], 1));
  });

  test("stays small with many thousands of rounds", async () => {
    const long = Array.from({ length: 20_000 }, (_, i) => ({ round: i + 1, train: 1 / (i + 1), validation: 1 }));
    expect((await learningCurveChart(long)).svg.length).toBeLessThan(60_000);
  });
});

test("an importance chart shows the greatest features in their order", async () => {
  const names = Array.from({ length: 30 }, (_, i) => `feature ${i}`);
  const values = Float64Array.from(names, (_, i) => (i * 7) % 30);
  const chart = await importanceChart({ kind: "gain", names, values }, 5);
  expectPicture(chart);
  const features = texts(chart).filter((text) => text.startsWith("feature "));
  const expected = names.toSorted((a, b) => values[names.indexOf(b)] - values[names.indexOf(a)]).slice(0, 5);
  expect(features).toEqual(expected);
  expect(texts(chart)).toContain("gain");
  expectPicture(await importanceChart({ kind: "gain", names: ["only"], values: [0] }));
});
