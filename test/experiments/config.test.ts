import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { parseExperiment } from "../../src/experiments/config.ts";
import { checkTrialCount, countTrials } from "../../src/experiments/plan.ts";

const VALID = `data: { path: data/x.csv, target: disease }
preparations:
  plain:
    - impute: { numeric: mean }
    - encode
families:
  logistic:
    C: [0.1, 1]
  xgboost:
    max_depth: 4
`;

async function errorOf(text: string, overrides: string[] = []): Promise<UserError> {
  const error = await parseExperiment("experiments/x.yaml", text, overrides).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

test("a file without a name takes its own, and defaults are filled in", async () => {
  const experiment = await parseExperiment("experiments/skin.yaml", VALID);
  expect(experiment.name).toBe("skin");
  expect(experiment.config.split).toMatchObject({ train: 0.7, validation: 0.2, test: 0.1, duplicates: "together" });
  expect(experiment.config.seeds).toEqual([1]);
  expect(experiment.preparations[0]).toMatchObject({
    name: "plain",
    steps: [{ id: "impute", params: { numeric: "mean" } }, { id: "encode" }],
  });
});

test("the grid is the product of its lists, the preparations and the seeds", async () => {
  expect(countTrials(await parseExperiment("x.yaml", VALID))).toBe(3);
  expect(countTrials(await parseExperiment("x.yaml", VALID, ["seeds=1,2,3", "families.xgboost.max_depth=4,6"]))).toBe(
    12,
  );
});

test.each([
  ["a family", VALID.replace("xgboost", "xgboots"), "x.yaml:9", 'Did you mean "xgboost"?'],
  ["a hyper-parameter", VALID.replace("max_depth", "max_dpeth"), "x.yaml:10", 'Did you mean "max_depth"?'],
  ["a step", VALID.replace("impute", "inpute"), "x.yaml:4", 'Did you mean "impute"?'],
  ["a step's parameter", VALID.replace("numeric", "numerc"), "x.yaml:4", 'Did you mean "numeric"?'],
  ["a key of the file", VALID.replace("preparations", "preperations"), "x.yaml:2", 'Did you mean "preparations"?'],
  ["a key of the data", VALID.replace("target:", "targt:"), "x.yaml:1", "target"],
])("%s that does not exist is answered with file, line and the nearest right name", async (_, text, where, fix) => {
  const error = await errorOf(text);
  expect(error.where).toContain(where);
  expect(`${error.message} ${error.fix.join(" ")}`).toContain(fix);
});

test("a value of the wrong type names its place in the grid", async () => {
  const error = await errorOf(VALID.replace("[0.1, 1]", "[0.1, high]"));
  expect(error.message).toContain("families.logistic.C.1");
  expect(error.where).toBe("experiments/x.yaml:8");
});

test("a wrong override is blamed on the override, not on a line of the file", async () => {
  expect((await errorOf(VALID, ["families.xgboost.max_dpeth=4"])).where).toBe("--set families.xgboost.max_dpeth=4");
  expect((await errorOf(VALID, ["families.logistic.C=abc"])).where).toBe("--set families.logistic.C=abc");
  expect((await errorOf(VALID, ["nonsense"])).where).toBe("--set");
});

test("an override may add a family or several values", async () => {
  const experiment = await parseExperiment("x.yaml", VALID, ["families.gbm.num_leaves=7,15", "families.baseline={}"]);
  expect(experiment.grids.map((g) => g.family.id)).toEqual(["logistic", "xgboost", "gbm", "baseline"]);
  expect(experiment.grids[2]!.axes).toContainEqual({ key: "num_leaves", values: [7, 15] });
});

test("a bomb of aliases is refused", async () => {
  const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i++)
    bomb.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  expect((await errorOf(bomb.join("\n"))).message).toMatch(/alias/i);
});

test("syntax errors and doubled keys carry their line", async () => {
  expect((await errorOf("data: [1, 2\nfamilies: {}")).where).toMatch(/x\.yaml:\d/);
  const doubled = await errorOf(`${VALID}families: {}\n`);
  expect(doubled.message).toMatch(/unique/i);
  expect(doubled.where).toBe("experiments/x.yaml:11");
});

test("an empty file, an empty grid list and a split that is not whole are refused", async () => {
  expect((await errorOf("")).message).toContain("empty");
  expect((await errorOf(VALID.replace("[0.1, 1]", "[]"))).message).toContain("empty list");
  expect((await errorOf(`${VALID}split: { train: 0.7, validation: 0.2, test: 0.2 }\n`)).message).toContain("1.1");
  expect((await errorOf(`${VALID}seeds: [1, 1]\n`)).message).toContain("twice");
  expect((await errorOf(`${VALID}rank: { metric: f1_makro }\n`)).fix.join()).toContain("f1_macro");
});

test("a grid of a million trials is counted without being made, and refused", async () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1).join(",");
  const overrides = ["families.xgboost.n_estimators", "families.xgboost.reg_alpha", "families.xgboost.reg_lambda"].map(
    (k) => `${k}=${hundred}`,
  );
  const experiment = await parseExperiment("x.yaml", VALID, overrides);
  expect(countTrials(experiment)).toBe(1_000_002);
  expect(() => checkTrialCount(experiment)).toThrow(/1,000,002 trials/);
  expect(() => checkTrialCount(experiment, 2_000_000)).not.toThrow();
});
