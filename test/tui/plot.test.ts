import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/core/formats/visible.ts";
import { shaded, shadeSign } from "../../src/tui/painter/palette.ts";
import { bar, drawPlot, isDrawable, logTicks, type Plot, ticksOf } from "../../src/tui/painter/plot.ts";
import { THEME_IDS, themeOf } from "../../src/tui/theme.ts";

const xs = [0, 1, 2, 3, 4];
const plot = (part: Partial<Plot>): string[] =>
  drawPlot({ columns: 40, rows: 11, series: [{ xs, ys: [0, 1, 2, 3, 4] }], xTitle: "round", yTitle: "loss", ...part });

test("an axis has round numbers", () => {
  expect(ticksOf(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticksOf(0.13, 0.27, 3)).toEqual([0.15, 0.2, 0.25]);
  expect(ticksOf(7, 7, 5)).toEqual([7]);
  expect(logTicks(0.002, 30)).toEqual([0.01, 0.1, 1, 10]);
  expect(logTicks(0.3, 3)).toEqual([0.5, 1, 2]);
});

test("a rising line goes from the lower left to the upper right, with labels and titles", () => {
  const rows = plot({});
  expect(rows[0]).toMatch(/^loss +$/);
  expect(rows[1]).toMatch(/^ *4┤ +\S+$/);
  expect(rows[8]).toMatch(/^ *0┤\S+ +$/);
  expect(rows[9]).toMatch(/^ +└[─┬]+$/);
  expect(rows[10]).toMatch(/^ +0 .* round$/);
});

test.each([
  [80, 24],
  [300, 100],
  [20, 5],
])("a plot of %i × %i is exactly so large", (columns, rows) => {
  const lines = plot({ columns, rows, series: [{ xs, ys: [1e-9, 5, Number.NaN, 1e12, -3], sign: "A" }] });
  expect(lines).toHaveLength(rows);
  expect(lines.map(displayWidth)).toEqual(lines.map(() => columns));
});

test("series are told apart by their signs, without colour", () => {
  const text = plot({
    columns: 80,
    series: [
      { xs, ys: [4, 3, 2, 1, 0], sign: "A" },
      { xs, ys: [0, 1, 2, 3, 4], sign: "B" },
    ],
  }).join("\n");
  expect(text).toMatch(/A/);
  expect(text).toMatch(/B/);
});

test("a curve that ends early keeps its sign", () => {
  const text = plot({
    series: [
      { xs: [0], ys: [1], sign: "C" },
      { xs, ys: xs },
    ],
  }).join("\n");
  expect(text.match(/C/g)).toHaveLength(1);
});

test("a dashed line has gaps where a solid one has none", () => {
  const dots = (stroke: "solid" | "dashed"): number => {
    const rows = plot({ series: [{ xs: [0, 1], ys: [1, 1], stroke }] });
    return [...rows.join("")].filter((char) => char > "\u2800" && char <= "\u28ff").length;
  };
  expect(dots("dashed")).toBeLessThan(dots("solid"));
  expect(dots("dashed")).toBeGreaterThan(5);
});

describe("a logarithmic axis", () => {
  const ys = [100, 10, 1, 0.1, 0.01];
  test("makes a straight line of what falls tenfold each round", () => {
    const rows = plot({ rows: 12, columns: 44, log: true, series: [{ xs, ys, sign: "x", signed: true }] });
    const places = rows.flatMap((row, y) => [...row.matchAll(/x/g)].map(({ index }) => [index, y] as const));
    const steps = places.filter(([, y]) => y < 10).map(([x, y]) => [x, y]);
    expect(steps).toHaveLength(5);
    const slopes = steps.slice(1).map(([x, y], i) => (y! - steps[i]![1]!) / (x! - steps[i]![0]!));
    expect(Math.max(...slopes) - Math.min(...slopes)).toBeLessThan(0.1);
    expect(rows.join("\n")).toMatch(/100┤/);
  });

  test("leaves out what is not above 0", () => {
    expect(isDrawable([{ xs: [0, 1], ys: [0, -1] }], true)).toBe(false);
    expect(isDrawable([{ xs: [0, 1], ys: [0, -1] }], false)).toBe(true);
    expect(plot({ log: true, series: [{ xs: [0, 1], ys: [0, -1] }] })).toHaveLength(11);
  });
});

test("no data make empty axes", () => {
  const text = plot({ series: [] }).join("");
  expect([...text].filter((char) => char > "\u2800" && char <= "\u28ff")).toEqual([]);
  expect(
    isDrawable(
      [
        { xs: [], ys: [] },
        { xs: [1], ys: [Number.NaN] },
      ],
      false,
    ),
  ).toBe(false);
});

test("bars are as long as their share, to an eighth of a column", () => {
  expect([0, 0.5, 1, 2, Number.NaN].map((share) => bar(share, 4))).toEqual(["    ", "██  ", "████", "████", "    "]);
  expect(bar(5 / 32, 4)).toBe("▋   ");
});

test("shades say a share by a sign in every theme, by colour where there are colours", () => {
  expect([0, 0.1, 0.3, 0.6, 0.9, 1].map(shadeSign).join("")).toBe(" ░▒▓██");
  for (const id of THEME_IDS) {
    const text = shaded(themeOf(id), 0.9, "12█");
    expect(text.replaceAll(/\x1b\[[\d;]*m/g, "")).toBe("12█");
    expect(text === "12█").toBe(id === "none");
  }
});
