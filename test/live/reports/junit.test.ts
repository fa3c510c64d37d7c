import { expect, test } from "vitest";
import type { GateOutcome, RuleVerdict } from "../../../src/core/gate.ts";
import { gateJunit } from "../../../src/reports/gate.ts";
import { readJunit } from "../../support/junit.ts";

const rule = (name: string, verdict: RuleVerdict["verdict"], message = "So it is."): RuleVerdict => ({
  ...{ rule: name, verdict, value: 0.9, low: null, high: 1, n: 12, message },
});
const outcome = (gate: string, rules: readonly RuleVerdict[]): GateOutcome => ({
  ...{ gate, gateHash: "a", verdict: "fail", rules, runId: "r", championRunId: null, looks: 1, dataHash: "b" },
  modelHash: "c",
});

test("a report is read by another parser, and holds what Jenkins' schema allows", async () => {
  const rules = [rule("first", "pass"), rule("second", "fail"), rule("third", "inconclusive")];
  expect(await readJunit(gateJunit(outcome("clinical", rules)))).toEqual([
    { suite: "gate clinical", classname: "gate.clinical", name: "first", failure: null },
    { suite: "gate clinical", classname: "gate.clinical", name: "second", failure: "fail: So it is." },
    { suite: "gate clinical", classname: "gate.clinical", name: "third", failure: "inconclusive: So it is." },
  ]);
});

test.each([
  ["markup", `]]><x y="1">&'&amp;<!--`],
  ["umlauts and signs beyond the BMP", "Fußpilz ≥ 0.9 🩺"],
])("%s in names and messages arrive as they are", async (_, text) => {
  const [read] = await readJunit(gateJunit(outcome(text, [rule(text, "fail", text)])));
  expect(read).toMatchObject({ suite: `gate ${text}`, name: text, failure: `fail: ${text}` });
});

test("what XML cannot hold is left out: every control character, lone surrogates, noncharacters", async () => {
  const codes = [...Array(32).keys(), 0x7f, 0x85, 0x9b, 0xd800, 0xdc00, 0xfffe, 0xffff, 0x2028, 0x202e];
  const hostile = codes.map((code) => `a${String.fromCharCode(code)}`).join("");
  const [read] = await readJunit(gateJunit(outcome(hostile, [rule(hostile, "fail", hostile)])));
  expect(read!.name).toMatch(/^a[a\s\S]*a/);
  expect(read!.name).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
});
