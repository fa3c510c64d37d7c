import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FeedbackResult } from "../../../src/app/monitor/feedback.ts";
import { readFeedback } from "../../../src/lake/predictions/feedback.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import type { TestProject } from "../../support/project.ts";
import { servedProject } from "../../support/serving/served.ts";
import { predicted } from "./world.ts";

let base: TestProject;
let truth: readonly string[];

beforeAll(async () => {
  base = await servedProject();
  truth = await predicted(base, { prefix: "p", version: "1" });
});
afterAll(() => base[Symbol.dispose]());

const feedback = (project: TestProject, text: string, args: string[] = ["skin", "-"]): Promise<Outcome> =>
  disease(["monitor", "feedback", ...args], { cwd: project.root, input: text });

async function given(project: TestProject, text: string): Promise<FeedbackResult> {
  const { code, stdout, stderr } = await feedback(project, text, ["models:/skin@champion", "-", "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as FeedbackResult;
}

async function kept(project: TestProject): Promise<string[]> {
  const outcomes: string[] = [];
  for await (const { outcome } of readFeedback(join(project.root, "lake", "predictions", "skin")))
    outcomes.push(outcome);
  return outcomes;
}

test("outcomes by prediction and by patient are joined; the same file again adds nothing", async () => {
  using project = base.copy();
  const csv = [
    "prediction_id,patient,outcome,time,ward",
    `p-0,,${truth[0]},2026-11-20,3`,
    `,patient 1,${truth[1]},,3`,
    "p-2,,,,3",
    `p-999,,${truth[0]},,3`,
    `,nobody,${truth[0]},,3`,
  ].join("\n");
  expect(await given(project, csv)).toMatchObject({
    ...{ model: "skin", rows: 5, added: 2, known: 0, open: 1 },
    unknown: { count: 2, rows: [4, 5] },
    changed: { count: 0 },
  });
  expect(await given(project, csv)).toMatchObject({ added: 0, known: 2 });
  expect(await kept(project)).toEqual([truth[0], truth[1]]);
  const files = (await feedback(project, csv)).stdout;
  expect(files).toContain("0 outcomes added, 2 known before, 1 row without an outcome");
  expect(files).toContain("2 rows of no prediction in the log, left out: 4, 5");
});

test("of several rows on one patient the last holds, and what they disagree on is said", async () => {
  using project = base.copy();
  const [a, b] = [...new Set(truth)];
  const line = (outcome: string): string => JSON.stringify({ patient: "patient 7", outcome });
  const ndjson = `${[line(a!), line(b!), line(b!), JSON.stringify({ prediction_id: "p-7", outcome: a })].join("\n")}\n`;
  expect(await given(project, ndjson)).toMatchObject({
    added: 2,
    repeated: { count: 2, rows: [1, 2] },
    conflicting: { count: 1, rows: [1] },
  });
  expect(await kept(project)).toEqual([b, a]);
  expect(await given(project, line(a!))).toMatchObject({ added: 1, changed: { count: 1, rows: [1] } });
});

test("an outcome that is no class of the model is refused by its place, with the nearest name, and nothing is kept", async () => {
  using project = base.copy();
  const right = truth[0]!;
  const wrong = `${right.slice(0, -1)}x`;
  const { code, stderr } = await feedback(project, `prediction_id,outcome\np-1,${right}\np-2,${wrong}\n`);
  expect(code).toBe(2);
  expect(stderr).toContain("row 2, column outcome");
  expect(stderr).toContain(right);
  expect(stderr).not.toContain(wrong);
  expect(await kept(project)).toEqual([]);
});

test.each([
  ["a file without its columns", "id,result\np-1,x\n", /no column outcome/],
  ["a row about nobody", "prediction_id,outcome\n,ANY\n", /neither a prediction nor a patient/],
  ["a time that is none", "prediction_id,outcome,time\np-1,ANY,yesterday\n", /row 1, column time/],
  ["nobody who was predicted", "patient,outcome\nMaria,ANY\n", /no row belongs to a prediction/],
  ["a broken line", '{"patient":"a"\n', /no JSON/],
])("%s is refused without a patient's name", async (_, text, message) => {
  const { code, stderr } = await feedback(base, text.replaceAll("ANY", truth[0]!));
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(stderr).not.toContain("Maria");
});

test("no key of a patient is on the disk", async () => {
  using project = base.copy();
  await given(project, `patient,outcome\npatient 3,${truth[3]}\n`);
  const text = readFileSync(join(project.root, ".disease", "project.key"), "utf8");
  expect(text.trim()).toMatch(/^[0-9a-f]{64}$/);
  for await (const record of readFeedback(join(project.root, "lake", "predictions", "skin"))) {
    expect(record.patient).toMatch(/^[0-9a-f]{64}$/);
    expect(record.prediction_id).toBeNull();
  }
});
