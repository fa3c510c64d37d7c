import { expect, test } from "vitest";
import { makeProject } from "../../support/project.ts";
import { openScreen } from "../../support/screen.ts";

const HEAD = `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
`;

test("a search with pruning, a limit of time and --profile: what was saved is seen, and the report says it too", async () => {
  using project = makeProject({
    "experiments/search.yaml": `${HEAD}rank: { metric: log_loss }
families:
  xgboost: { learning_rate: { low: 0.0001, high: 0.3, log: true }, n_estimators: 1500, early_stopping_rounds: 0 }
search: { strategy: random, trials: 12, seed: 2, pruner: { kind: asha, reduction: 3, min_rounds: 9 } }
jobs: 2
`,
  });
  const args = ["exp", "run", "search", "--time", "10m", "--profile", "--log-models", "none"];
  await using screen = await openScreen(args, { cwd: project.root, cols: 160, rows: 60 });
  await screen.shows(/✂ \d+ pruned {3}pruning saved about [\d,]+ rounds, .* of training/);
  await screen.shows(/✂ {2}xgboost learning_rate=\S+ +pruned at rung \d+, \d+ rounds: worse than/);
  expect(await screen.ended).toEqual({ exitCode: 0, signal: 0 });
  expect(screen.text()).toMatch(/^search: \d+ finished, \d+ pruned, 0 failed, 0 kept from before$/m);
  expect(screen.text()).toMatch(/^pruning saved about [\d,]+ rounds, .* of training$/m);
  expect(screen.text()).toMatch(/^ +xgboost .*\d/m);
  expect(screen.text()).toMatch(/prepare/);
});

test("with a gate to reach the rounds are seen, their reports come at the end, and the exit code is the gate's", async () => {
  using project = makeProject({
    "experiments/skin.yaml": `${HEAD}split: { test: 0.2, train: 0.6, validation: 0.2 }
families: { logistic: { C: [0.001, 1] } }
`,
    "experiments/gates/hard.yaml": "rules:\n  - metric: { name: accuracy, min: 1.5, judge: value, min_n: 10 }\n",
  });
  const args = ["exp", "run", "skin", "--log-models", "none", "--until-gate", "hard", "--max-rounds", "2"];
  await using screen = await openScreen(args, { cwd: project.root, cols: 160, rows: 100 });
  await screen.shows(/^ {2}.* \d+\/\d+ .* round 2/m);
  expect(await screen.ended).toEqual({ exitCode: 3, signal: 0 });
  expect(screen.text()).toMatch(/^round 1$[\s\S]*^round 2$[\s\S]*^gate hard: ✗ fail/m);
});

test("what a server did not take is said at the end, with the exit code for it", async () => {
  using project = makeProject({ "experiments/quick.yaml": `${HEAD}families: { baseline: {}, logistic: {} }\n` });
  await using screen = await openScreen(["exp", "run", "quick"], {
    cwd: project.root,
    env: { MLFLOW_TRACKING_URI: "http://127.0.0.1:9" },
  });
  expect(await screen.ended).toEqual({ exitCode: 7, signal: 0 });
  expect(screen.text()).toMatch(/^quick: 2 finished/m);
  expect(screen.text()).toContain("disease track sync");
});
