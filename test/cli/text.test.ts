import { expect, test } from "vitest";
import { cut, duration, number, plainLength, shorten, visible, visibleJson, visibleLines } from "../../src/cli/text.ts";

test.each([
  ["a\x1b[31mb", "a\\u001b[31mb"],
  ["bell\x07 c1\x9b delete\x7f", "bell\\u0007 c1\\u009b delete\\u007f"],
  ["turned \u202egnirts", "turned \\u202egnirts"],
  ["two\r\nlines\tand more", "two lines and more"],
  ["años ≥ 40 · 皮膚", "años ≥ 40 · 皮膚"],
])("%j is shown as %j", (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test("a text of several lines keeps them, and JSON keeps its value", () => {
  expect(visibleLines("a\n\tb\x1b")).toBe("a\n\tb\\u001b");
  const value = { name: "a\x1b\x9b\u202e\n", list: [1, null] };
  expect(visibleJson(value)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  expect(JSON.parse(visibleJson(value))).toEqual(value);
});

test.each([
  ["plain", 5],
  ["\x1b[31mred\x1b[39m", 3],
  ["皮膚", 4],
  ["e\u0301", 1],
  ["✓ ≈ ±", 5],
])("%j takes %i columns", (text, columns) => {
  expect(plainLength(text)).toBe(columns);
});

test("a text is cut to a width, never in the middle of a character", () => {
  expect(cut("abcdef", 4)).toBe("abcd");
  expect(cut("皮膚病", 5)).toBe("皮膚");
  expect(cut("a🧬b", 2)).toBe("a");
  expect(cut("abc", 9)).toBe("abc");
});

test("a long text loses its middle, since names differ at their ends", () => {
  expect(shorten("0123456789", 5)).toBe("01…89");
  expect(shorten("0123456789", 6)).toBe("012…89");
  expect(shorten("\x1b[31m0123\x1b[39m", 4)).toBe("\x1b[31m0123\x1b[39m");
  for (const width of [8, 9, 10]) expect(plainLength(shorten("皮膚病皮膚病", width))).toBeLessThanOrEqual(width);
});

test.each([
  [0, "0.0 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.6, "1 min 0 s"],
  [200, "3 min 20 s"],
  [3599.9, "1 h 0 min"],
  [7500, "2 h 5 min"],
])("%d seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [0.12345, "0.1235"],
  [1, "1.0000"],
  [12, "12"],
  [Number.NaN, "–"],
  [null, "–"],
])("the number %d is shown as %s", (value, text) => {
  expect(number(value)).toBe(text);
});
