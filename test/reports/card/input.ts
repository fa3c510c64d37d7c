import { judgedOf } from "../../../src/app/card/judged.ts";
import type { Scored } from "../../../src/core/metric.ts";
import type { CardInput } from "../../../src/reports/card/input.ts";

/** Nine patients of three diseases, one of them rare; patient 4 is told wrongly. */
export function scoredOf(classes: readonly string[]): Scored {
  const y = Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 2);
  const predicted = [0, 0, 0, 0, 1, 1, 1, 1, 2];
  const proba = Float32Array.from(predicted.flatMap((p) => [0, 1, 2].map((c) => (c === p ? 0.8 : 0.1))));
  return { rows: y.length, classes, y, proba, orphans: [2] };
}

/** A run of which everything is known. @param classes three names */
export function knownInput(classes: readonly string[], overrides: Partial<CardInput> = {}): CardInput {
  const scored = scoredOf(classes);
  const units = Int32Array.from(scored.y.keys());
  return {
    registered: {
      name: "skin",
      version: "3",
      source: "models:/m-1",
      aliases: ["champion"],
      stage: "Production",
      modelHash: "a".repeat(64),
    },
    run: {
      id: "f".repeat(32),
      name: "gbm learning_rate=0.1 · seed 1",
      experiment: "skin",
      user: "ana",
      started: Date.UTC(2026, 0, 1),
      params: { family: "gbm", learning_rate: "0.1" },
      metrics: [
        { key: "fit_seconds", value: 0.0638, low: null, high: null },
        { key: "val_ece", value: 0.0556, low: 0.01, high: 0.2 },
        { key: "val_f1_macro", value: 0.9206, low: 0.6, high: 1 },
      ],
      tags: {},
      notices: [],
    },
    trial: {
      ...{ key: "k", configKey: "c", pointKey: "p", name: "gbm", family: "gbm", params: {}, seed: 1 },
      ...{ classWeight: "none", resample: "none", calibrate: "none", prior: "none" },
      preparation: {
        name: "standard",
        steps: [
          { id: "impute", params: { numeric: "median" } },
          { id: "scale", params: {} },
        ],
      },
    },
    family: { title: "LightGBM", description: "Gradient-boosted trees" },
    experiment: {
      description: "Skin diseases",
      input: "table",
      group: "patient",
      extra: ["sex"],
      ignored: [],
      rankMetric: "f1_macro",
      bootstrap: { resamples: 200, level: 0.95 },
      folds: null,
      seeds: [1, 2],
      predefinedSplit: false,
    },
    facts: {
      disease: { version: "0.1.0", codeVersion: "abc" },
      node: "v24",
      engines: { lightgbm: "4.7.0", xgboost: null },
      git: { commit: "c".repeat(40), branch: "main", dirty: true },
      machine: { os: "linux", cpu: "a processor", cores: 2 },
    },
    data: {
      source: "data/skin.csv",
      hash: "d".repeat(64),
      rows: 30,
      target: "disease",
      classes,
      columns: [
        { name: "age", kind: "numeric" },
        { name: "itching", kind: "boolean" },
      ],
      notices: [{ message: "2 rows without a disease were left out" }],
    },
    missing: { age: 0.25, itching: 0 },
    split: {
      seed: 1,
      fold: null,
      hash: "e".repeat(64),
      sizes: { train: 18, validation: 9, test: 3 },
      report: {
        method: "60/30/10 by group",
        classes: classes.map((name, c) => ({ name, train: [10, 6, 2][c]!, validation: [5, 3, 1][c]!, test: 1 })),
        groups: 30,
        duplicateRows: 1,
        duplicatePolicy: "together",
        droppedRows: 0,
        notices: [],
      },
    },
    files: { names: ["model.json"], bytes: 1_500_000, hash: "a".repeat(64) },
    judged: judgedOf(scored, units, { resamples: 200, level: 0.95 }),
    importances: { kind: "total gain", features: [{ name: "age", value: 3 }] },
    search: { strategy: "grid", trials: 12 },
    board: {
      ...{ metric: "f1_macro", rank: 1, configurations: 6, tied: ["logistic C=1"], isTied: true },
      ...{ repeats: 2, mean: 0.91, sd: 0.02 },
    },
    looks: [{ when: "2026-01-02T00:00:00.000Z", who: "ana", runId: "f".repeat(32), gate: "clinical", verdict: "pass" }],
    gates: [
      {
        when: "2026-01-02T00:00:00.000Z",
        outcome: {
          ...{
            gate: "clinical",
            gateHash: "b".repeat(64),
            verdict: "pass",
            runId: "f".repeat(32),
            championRunId: null,
          },
          ...{ looks: 1, dataHash: "d".repeat(64), modelHash: "a".repeat(64), part: "test", patients: 3 },
          rules: [
            {
              rule: "metric f1_macro ≥ 0.9",
              verdict: "pass",
              value: 0.95,
              low: 0.91,
              high: 0.98,
              n: 3,
              message: "f1_macro is 0.95.",
            },
          ],
        },
      },
    ],
    trail: {
      records: [
        {
          ...{ sequence: 1, act: "register", version: "3", who: "ana@ward", when: "2026-01-01T12:00:00.000Z" },
          ...{ stages: {}, aliases: {}, reason: null, gate: null },
        },
      ],
      problems: [],
    },
    monitoring: {},
    declared: null,
    declaredAt: "experiments/cards/skin.yaml",
    subgroups: { problem: null, metrics: [], groups: [] },
    ...overrides,
  };
}
