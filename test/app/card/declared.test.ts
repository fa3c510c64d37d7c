import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseDeclared } from "../../../src/app/card/declared.ts";
import { cardJsonSchema } from "../../../src/reports/card/declared.ts";

const root = join(import.meta.dirname, "..", "..", "..");

test("the example that ships is a facts file", () => {
  const file = "experiments/cards/quickstart.yaml";
  const says = parseDeclared(file, readFileSync(join(root, file), "utf8"));
  expect(says.subgroups).toEqual([{ column: "age", bands: [18, 40, 65] }]);
  expect(says.tripod?.["6c"]).toHaveProperty("not_applicable");
});

test("an empty file says nothing, and is none the worse", () => {
  expect(parseDeclared("x.yaml", "# nothing yet\n")).toEqual({});
});

test.each([
  ["owner: a\nintended_us:\n  purpose: b\n", 'unknown key "intended_us"', "x.yaml:2", /intended_use/],
  ["tripod:\n  3b: fine\n  28: too far\n", 'unknown key "28" in tripod', "x.yaml:3", /Known|Did you mean/],
  ["tripod:\n  6c: { not_aplicable: none }\n", /write a text, or/, "x.yaml:2", /^$/],
  ["owner: ''\n", /owner/, "x.yaml:1", /^$/],
  ["subgroups:\n  - { column: age, bands: [] }\n", /subgroups/, "x.yaml:2", /^$/],
])("a mistake names its line: %j", (text, message, where, fix) => {
  expect(() => parseDeclared("x.yaml", text)).toThrow(
    expect.objectContaining({
      message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
      where,
    }),
  );
  try {
    parseDeclared("x.yaml", text);
  } catch (error) {
    expect((error as { fix: readonly string[] }).fix.join(" ")).toMatch(fix);
  }
});

test("the schema for editors is the one that is committed", () => {
  const committed = JSON.parse(readFileSync(join(root, "experiments/schema/card.schema.json"), "utf8"));
  expect(JSON.parse(JSON.stringify(cardJsonSchema()))).toEqual(committed);
});
