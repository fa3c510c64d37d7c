import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listRules, parseGate } from "../../src/experiments/gate-file.ts";
import { gateJsonSchema } from "../../src/experiments/json-schema.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, "experiments", "gates");

test("a gate has its rules in order, with the defaults of their parameters", async () => {
  const gate = await parseGate("gates/mine.yaml", "rules:\n  - leakage\n  - metric: { name: f1_macro, min: 0.9 }\n");
  expect(gate).toMatchObject({ name: "mine", file: "gates/mine.yaml" });
  expect(gate.entries.map((e) => [e.id, e.params])).toEqual([
    ["leakage", { max_identical_rows: 0, max_shared_groups: 0 }],
    ["metric", { name: "f1_macro", min: 0.9, judge: "interval", min_n: 30 }],
  ]);
});

test("other text, other hash", async () => {
  const [a, b] = await Promise.all(["rules: [leakage]", "rules: [leakage] "].map((text) => parseGate("g.yaml", text)));
  expect(a.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(b.hash).not.toBe(a.hash);
});

test.each([
  ["rules: []", "a gate without a rule would pass anything", "g.yaml:1", ""],
  ["", "rules", "g.yaml", ""],
  ["rules:\n  - metrik: {}", 'unknown rule "metrik"', "g.yaml:2", 'Did you mean "metric"?'],
  ["rules:\n  - leakage\n  - lekage", 'unknown rule "lekage"', "g.yaml:3", 'Did you mean "leakage"?'],
  ["rule:\n  - leakage", 'unknown key "rule"', "g.yaml:1", 'Did you mean "rules"?'],
  ["rules:\n  - metric:\n      nam: f1_macro", 'unknown key "nam"', "g.yaml:3", 'Did you mean "name"?'],
  ["rules:\n  - metric: { name: f1_macro }", "needs min or max", "g.yaml:2", ""],
  ["rules:\n  - metric: { name: f1_macro, min: high }", "expected number", "g.yaml:2", ""],
  ["rules:\n  - metric: { name: f1_makro, min: 1 }", 'no "f1_makro"', "g.yaml:2", 'Did you mean "f1_macro"?'],
  [
    "rules:\n  - metric:\n      name: f1\n      min: 1",
    'rules.0.metric.name: there is no "f1"',
    "g.yaml:3",
    '"f1_macro" or',
  ],
  ["rules:\n  - metric: { name: zzzzzzzzzz, min: 1 }", 'no "zzzzzzzzzz"', "g.yaml:2", "Known: accuracy, "],
  ["rules:\n  - { leakage: {}, champion: {} }", "one rule an entry", "g.yaml:2", "Begin each rule with its own dash."],
  ["rules:\n  - toString", 'unknown rule "toString"', "g.yaml:2", ""],
  ["rules: [leakage", "", "g.yaml:1", "Correct the YAML there."],
])("%j is refused with its place", async (text, message, where, fix) => {
  const error = await parseGate("g.yaml", text).catch((e) => e);
  expect(error).toMatchObject({ name: "UserError", exitCode: 2, message: expect.stringContaining(message), where });
  expect(error.fix.join(" ")).toContain(fix);
});

test.each(readdirSync(folder))("the shipped %s can be read, and says what it is for", async (name) => {
  const gate = await parseGate(name, readFileSync(join(folder, name), "utf8"));
  expect(gate.name).toBe(name.replace(".yaml", ""));
  expect(gate.description).toMatch(/\S/);
});

test("the committed JSON Schema is the one of these rules", async () => {
  const committed = JSON.parse(readFileSync(join(root, "experiments/schema/gate.schema.json"), "utf8"));
  expect(committed).toEqual(JSON.parse(JSON.stringify(await gateJsonSchema())));
});

test("every rule is listed with its parameters", async () => {
  const champion = (await listRules()).find((rule) => rule.id === "champion");
  expect(champion?.params.find((p) => p.name === "margin")).toMatchObject({ default: 0.02 });
});
