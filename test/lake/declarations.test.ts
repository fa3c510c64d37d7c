import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseDeclaration } from "../../src/app/lake/declared.ts";
import { UserError } from "../../src/core/errors.ts";
import { parseExperiment } from "../../src/experiments/config.ts";
import { secondsOf } from "../../src/lake/learning/declaration.ts";
import { declarationJsonSchema } from "../../src/lake/learning/json-schema.ts";

const root = join(import.meta.dirname, "..", "..");

const YAML = `
index: {date: 2010-02-01}
label: {codes: {snomed: [38341003]}}
features:
  sex: {patient: sex}
  bmi: {value: {codes: [39156-5], take: [last, mean]}}
`;

test.each([
  ["indx: {date: 2010-01-01}", 'unknown key "indx"', "lake/t.yaml:1", 'Did you mean "index"?'],
  [YAML.replace("take:", "tak:"), 'unknown key "tak" in features.bmi.value', "lake/t.yaml:6", 'Did you mean "take"?'],
  [
    YAML.replace("{patient: sex}", "{patient: sex, age: years}"),
    /sex: one of age, .* is needed, found 2/,
    "lake/t.yaml:5",
  ],
  [YAML.replace("{date: 2010-02-01}", "{}"), /one of first, last, .* is needed, found 0/, "lake/t.yaml:2"],
  [YAML.replace("codes: {snomed: [38341003]}", "column: x"), "a label that is a column has no time", "lake/t.yaml:3"],
] as const)("a declaration is refused with its line and the nearest key (%#)", (yaml, message, where, fix?) => {
  const error = refusal(yaml);
  expect(error.message).toMatch(message);
  expect(error.where).toBe(where);
  if (fix !== undefined) expect(error.fix).toEqual([fix]);
});

function refusal(yaml: string): UserError {
  try {
    parseDeclaration(root, "lake/t.yaml", yaml);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("codes of a file stand in its place", () => {
  const codes = "{file: test/fixtures/lake/codes.txt}";
  const { declaration } = parseDeclaration(root, "lake/t.yaml", YAML.replace("{snomed: [38341003]}", codes));
  expect(declaration.label.codes).toEqual({ file: ["38341003", "I10*"] });
});

test("times are days, weeks and years", () => {
  expect(["90d", "2w", "1y", "0d"].map(secondsOf)).toEqual([7_776_000, 1_209_600, 31_557_600, 0]);
  expect(["1.5d", "3m", "-1d", ""].map(secondsOf)).toEqual([undefined, undefined, undefined, undefined]);
});

test.each(readdirSync(join(root, "lake")).filter((name) => name.endsWith(".yaml")))(
  "the shipped lake/%s can be read, and says what it is for",
  (name) => {
    const { declaration } = parseDeclaration(root, `lake/${name}`, readFileSync(join(root, "lake", name), "utf8"));
    expect(declaration.description).toMatch(/\S/);
  },
);

test("the committed JSON Schema is the one of declarations", () => {
  const committed = JSON.parse(readFileSync(join(root, "experiments/schema/lake.schema.json"), "utf8"));
  expect(committed).toEqual(JSON.parse(JSON.stringify(declarationJsonSchema())));
});

test("an experiment names the target of a file, and need not name that of a learning table", async () => {
  const experiment = (data: string): string => `data: {${data}}\nfamilies: {baseline: {}}\n`;
  const { config } = await parseExperiment("x.yaml", experiment("path: lake://t@v2"));
  expect(config.data).toMatchObject({ path: "lake://t@v2" });
  await expect(parseExperiment("x.yaml", experiment("path: t.csv"))).rejects.toThrow(
    "data.target: name the column that holds the disease",
  );
});
