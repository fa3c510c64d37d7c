import { expect, test } from "vitest";
import { createBraille, drawCurves } from "../../src/tui/painter/braille.ts";

test("each dot is the one that Unicode gives its place", () => {
  const places = [0, 1].flatMap((x) => [0, 1, 2, 3].map((y) => [x, y] as const));
  const drawn = places.map(([x, y]) => {
    const canvas = createBraille(1, 1);
    canvas.dot(x, y);
    return canvas.rows()[0];
  });
  expect(drawn.join("")).toBe("⠁⠂⠄⡀⠈⠐⠠⢀");
});

test("a line joins its ends, and what lies outside is left out", () => {
  const canvas = createBraille(3, 1);
  canvas.line(0, 0, 5, 0);
  canvas.line(-5, 3, 99, 3);
  canvas.dot(0.5, -1);
  expect(canvas.rows()).toEqual(["⣉⣉⣉"]);
});

test("who drew last in a cell gives its look; blanks have none", () => {
  const canvas = createBraille(4, 1);
  canvas.line(0, 0, 3, 0, 1);
  canvas.dot(2, 1, 2);
  expect(canvas.rows((text, who) => `<${who}:${text}>`)).toEqual(["<1:⠉><2:⠋  >"]);
});

test("curves fill the canvas from least to greatest; what is not finite is a gap", () => {
  const canvas = createBraille(2, 1);
  const range = drawCurves(canvas, [{ xs: [1, 2, 3, 4], ys: [3, Number.NaN, 0, Number.POSITIVE_INFINITY] }]);
  expect(range).toEqual([0, 3]);
  expect(canvas.rows()).toEqual(["⠁⡀"]);
  expect(drawCurves(canvas, [{ xs: [], ys: [] }])).toBeUndefined();
});

test("a single point, or a level curve, is in the middle", () => {
  const canvas = createBraille(1, 1);
  expect(drawCurves(canvas, [{ xs: [7], ys: [2] }])).toEqual([2, 2]);
  expect(canvas.rows()).toEqual(["⠂"]);
});
