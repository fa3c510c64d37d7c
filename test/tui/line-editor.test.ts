import { expect, test } from "vitest";
import { type EditedLine, edit, insert, lineOf } from "../../src/tui/line-editor.ts";

const show = ({ text, at }: EditedLine): string => `${text.slice(0, at)}|${text.slice(at)}`;
const after = (line: string, ...actions: Parameters<typeof edit>[1][]): string => {
  const at = line.indexOf("|");
  const begin: EditedLine = { text: line.replace("|", ""), at };
  return show(actions.reduce((now, action) => edit(now, action)!, begin));
};

test("text goes in where the cursor is", () => {
  expect(show(insert({ text: "ac", at: 1 }, "b"))).toBe("ab|c");
  expect(show(lineOf("abc"))).toBe("abc|");
});

test.each([
  ["abc|", "erase", "ab|"],
  ["|abc", "erase", "|abc"],
  ["a|bc", "erase-after", "a|c"],
  ["abc|", "erase-after", "abc|"],
  ["metrics.f1 > 0.5 |x", "erase-word", "metrics.f1 > |x"],
  ["  |", "erase-word", "|"],
  ["ab|c", "erase-line", "|c"],
  ["ab|c", "cursor-left", "a|bc"],
  ["ab|c", "cursor-first", "|abc"],
  ["|abc", "cursor-last", "abc|"],
  ["|", "cursor-left", "|"],
] as const)("%s %s %s", (before, action, expected) => {
  expect(after(before, action)).toBe(expected);
});

test("an accent that is a mark of its own, and an emoji of several parts, are one character", () => {
  expect(after("nin\u0303|", "erase")).toBe("ni|");
  expect(after("a👩‍⚕️|b", "cursor-left")).toBe("a|👩‍⚕️b");
});
