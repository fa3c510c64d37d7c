import { describe, expect, test } from "vitest";
import { shellWord } from "../../../src/app.ts";
import { said } from "../../../src/tui/acts/say.ts";
import { type ActSubject, type RunSubject, template, whyNot } from "../../../src/tui/acts/subject.ts";
import { splitWords } from "../../../src/tui/acts/words.ts";

describe("a command line", () => {
  test.each([
    ["exp run a.yaml", ["exp", "run", "a.yaml"]],
    ["--set 'families={logistic: {C: 0.1}}'", ["--set", "families={logistic: {C: 0.1}}"]],
    [String.raw`"a \"b\"" c\ d ''`, ['a "b"', "c d", ""]],
    ["  ", []],
  ])("%s is read as a shell reads it", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  test("is the same there and back, whatever its words hold", () => {
    const words = ["plain", "two words", "it's", '"', "a\\b", "síntomas=ñ", "$HOME", "`x`", ""];
    expect(splitWords(words.map(shellWord).join(" "))).toEqual(words);
  });

  test("with an open quote is none", () => {
    expect(splitWords("a 'b")).toBeUndefined();
    expect(splitWords('a "b\\"')).toBeUndefined();
  });
});

const run = (more: Partial<RunSubject> = {}): RunSubject => ({
  ...{ id: "aaaabbbbcccc", localId: "ddddeeeeffff", name: "logistic", experiment: "skin", status: "FINISHED" },
  ...{ isDeleted: false, isOurs: true, ...more },
});
const on = (...runs: RunSubject[]): ActSubject => ({ runs });

test.each([
  ["promote", on(run(), run()), "of one run alone"],
  ["promote", on(run({ status: "FAILED" })), "it is failed"],
  ["stop", on(run()), "it is not running"],
  ["restore", on(run()), "nothing is deleted"],
  ["delete", on(run({ isDeleted: true })), "nothing that is not deleted"],
  ["rerun", on(run({ isOurs: false })), "not made by disease exp run"],
  ["tag", on(), "no run is selected"],
  ["tag", on(run(), run()), undefined],
  ["stop", on(run({ status: "RUNNING" })), undefined],
] as const)("%s of %j: %s", (act, subject, why) => {
  if (why === undefined) expect(whyNot(act, subject)).toBeUndefined();
  else expect(whyNot(act, subject)).toContain(why);
});

test("a server's run is stopped by its id in the project's own store", () => {
  expect(template("stop", on(run()))).toEqual(["exp", "stop", "ddddeeee"]);
  expect(template("delete", on(run()))).toEqual(["runs", "delete", "aaaabbbb", "--yes"]);
});

test("an error is told with its place and its remedy", () => {
  const error = {
    exitCode: 2,
    error: "the run is running",
    where: "run 1",
    fix: ["Stop it first: disease exp stop 1"],
  };
  expect(said(error)).toEqual({
    meaning: "bad",
    text: "the run is running",
    lines: ["at: run 1", "fix: Stop it first: disease exp stop 1"],
    undo: [],
  });
});
