import { describe, expect, test } from "vitest";
import type { GateOutcome, RuleVerdict } from "../../src/core/gate.ts";
import { gateJunit, gateMarkdown } from "../../src/reports/gate.ts";

const rule = (over: Partial<RuleVerdict> = {}): RuleVerdict => ({
  rule: "metric f1_macro ≥ 0.9",
  verdict: "pass",
  value: 0.95,
  low: 0.92,
  high: 0.98,
  n: 120,
  message: "f1_macro is 0.95.",
  ...over,
});
const outcome = (over: Partial<GateOutcome> = {}): GateOutcome => ({
  gate: "clinical",
  gateHash: "a".repeat(64),
  verdict: "pass",
  rules: [rule()],
  runId: "0".repeat(32),
  championRunId: null,
  looks: 1,
  dataHash: "b".repeat(64),
  modelHash: "c".repeat(64),
  ...over,
});
const three = outcome({
  verdict: "fail",
  rules: [
    rule(),
    rule({ rule: "second", verdict: "fail" }),
    rule({ rule: "third", verdict: "inconclusive", value: null }),
  ],
});
const HOSTILE = `]]><x y="1">&'\u001b[31m\u0000|\`\n# <script>alert(1)</script> ![a](b)`;
const hostile = outcome({
  gate: HOSTILE,
  verdict: "fail",
  rules: [rule({ rule: HOSTILE, message: HOSTILE, verdict: "fail" })],
});

describe("JUnit", () => {
  test("one test case a rule; what is not a pass is a failure, never skipped", () => {
    const xml = gateJunit(three);
    expect(xml.match(/<testcase /g)).toHaveLength(3);
    expect(xml).toContain('tests="3" failures="2" errors="0"');
    expect(xml).toContain('<failure type="fail"');
    expect(xml).toContain('<failure type="inconclusive"');
    expect(xml).not.toContain("<skipped");
  });

  test("the same outcome gives the same bytes", () => {
    expect(gateJunit(three)).toBe(gateJunit(structuredClone(three)));
  });

  test("hostile text is escaped, control characters are left out", () => {
    const xml = gateJunit(hostile);
    expect(xml).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(xml).not.toContain("<script>");
    expect(xml).not.toContain("<x y=");
  });
});

describe("Markdown", () => {
  test("says verdict, looks and hashes", () => {
    const text = gateMarkdown(three);
    expect(text).toContain("## Gate clinical: ❌ fail");
    expect(text).toContain("The first look at these test patients.");
    expect(text).toContain("a".repeat(64));
    expect(gateMarkdown(outcome({ looks: 7 }))).toContain("Look number 7");
  });

  test("holds leaderboard and difference to the champion where they are given", () => {
    const text = gateMarkdown(outcome({ championRunId: "f".repeat(32) }), {
      candidate: "xgboost max_depth=4",
      act: "Promoted.",
      leaderboard: {
        metric: "f1_macro",
        rows: [{ rank: 1, name: "a | b", value: 0.9, sd: 0.01, tied: true }],
      },
      diff: [{ key: "max_depth", champion: "3", candidate: "4" }],
    });
    expect(text).toContain("compared with the champion, run `ffff");
    expect(text).toContain("| 1 | ≈ | a \\| b | 0.9000 ± 0.0100 |");
    expect(text).toContain("### Against the champion");
  });

  test("hostile text stays text in its cell", () => {
    const text = gateMarkdown(hostile);
    expect(text).not.toContain("<script>");
    expect(text).not.toContain("\u001b");
    expect(text.match(/^# /gm)).toBeNull();
    // Each row of the table has the six cells of its head.
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    for (const row of rows) expect(row.replaceAll(/\\./g, "").split("|")).toHaveLength(8);
  });
});
