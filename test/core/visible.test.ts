import { expect, test } from "vitest";
import { cut, displayWidth, fit as padded } from "../../src/core/formats/visible.ts";

test.each([
  ["plain", 5],
  ["", 0],
  ["niño", 4],
  ["nin\u0303o", 4], // the tilde as a mark of its own
  ["日本語", 6],
  ["한국", 4],
  ["ｆｕｌｌ", 8],
  ["e\u0301\u0323x", 2],
  ["a\u200db", 2],
  ["✓ ± –", 5],
  ["🙂", 2],
  ["ﾊﾝｶｸ", 4],
  ["\u00ad", 1],
])("%j takes %i columns", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ["enfermedad", 5, "enfe…"],
  ["niño", 6, "niño  "],
  ["日本語", 4, "日… "], // half a sign cannot be shown
  ["nin\u0303os", 4, "nin\u0303…"],
  ["x", 1, "x"],
  ["xy", 1, "…"],
])("%j fits into %i columns as %j", (text, width, fitted) => {
  expect(padded(text, width)).toBe(fitted);
  expect(displayWidth(padded(text, width))).toBe(width);
});

test("a text is put to the right, and cut before a sign that is too wide", () => {
  expect(padded("日", 4, "right")).toBe("  日");
  expect([cut("日本", 3), cut("ab", 1), cut("ab", 0)]).toEqual(["日", "a", ""]);
});
