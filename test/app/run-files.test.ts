import { describe, expect, test } from "vitest";
import { classNamesOf, factSections, importancesOf, perClassOf } from "../../src/app/run-files.ts";
import type { Run } from "../../src/core/store.ts";
import { perClassCsv, perClassReport } from "../../src/reports/per-class.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("classes as they are reported come back, the worst recall first", () => {
  const csv = perClassCsv(
    perClassReport({
      rows: 4,
      classes: ["common", 'rare, "one"', "never"],
      y: Int32Array.of(0, 0, 0, 1),
      proba: Float32Array.of(1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0),
      orphans: [1],
    }),
  );
  const { classes, averages } = perClassOf(bytes(csv));
  expect(classes.map((row) => [row.class, row.recall, row.support, row.orphan])).toEqual([
    ['rare, "one"', 0, 1, true],
    ["common", 2 / 3, 3, false],
    ["never", Number.NaN, 0, false],
  ]);
  expect(averages.map((row) => row.class)).toEqual(["macro average", "weighted average"]);
});

test("of importances that were cut the last one is left out", () => {
  const text = bytes("feature,gain\r\nage,0.5\r\nitching,0.25");
  expect(importancesOf(text, true)).toEqual({
    kind: "gain",
    features: [
      { name: "age", value: 0.5 },
      { name: "itching", value: 0.25 },
    ],
  });
  expect(importancesOf(text, false).features).toEqual([{ name: "age", value: 0.5 }]);
});

test("class names come from the model's card, or from the split", () => {
  expect(classNamesOf(bytes('{"classes":["a","b"]}'))).toEqual(["a", "b"]);
  expect(classNamesOf(bytes('{"report":{"classes":[{"name":"a"}]}}'))).toEqual(["a"]);
  for (const other of ["{}", "not json", '{"classes":[1]}']) expect(classNamesOf(bytes(other))).toBeUndefined();
});

describe("facts", () => {
  const run = (tags: Record<string, string>): Run => ({
    info: {
      runId: "r",
      runName: "r",
      experimentId: "1",
      userId: "ana",
      status: "FINISHED",
      startTime: 0,
      endTime: 1,
      lifecycleStage: "active",
      artifactUri: "",
    },
    params: {},
    metrics: {},
    tags,
    inputs: [],
  });
  const textOf = (...args: Parameters<typeof factSections>): string =>
    factSections(...args)
      .flatMap(({ title, facts }) => [title, ...facts.map((fact) => fact.join(": "))])
      .join("\n");

  test("say the commit, uncommitted changes, hashes, versions, knowledge and machine", () => {
    const facts = {
      disease: { version: "1.2.3", codeVersion: "abc" },
      node: "v24",
      engines: { xgboost: "3.2.0", lightgbm: null },
      git: { commit: "c0ffee", branch: "main", dirty: true, diffHash: "0123456789abcdef" },
      machine: { host: "lab", os: "linux", cpu: "x", cores: 2, memoryMb: 2048 },
      user: "eva",
      knowledge: { hpo: "2026-01-01" },
    };
    const split = { seed: 3, rows: { train: [1, 2], validation: [3], test: [4] }, report: { method: "by row" } };
    const text = textOf(run({ "disease.data_hash": "dada", "disease.split_hash": "5p17" }), {
      facts: bytes(JSON.stringify(facts)),
      split: bytes(JSON.stringify(split)),
    });
    for (const fact of [
      "git commit: c0ffee",
      "dirty: yes: changes not committed, patch 0123456789ab",
      "data hash: dada",
      "split hash: 5p17",
      "split seed: 3",
      "rows: 2 train, 1 validation, 1 test",
      "xgboost: 3.2.0",
      "lightgbm: missing",
      "hpo: 2026-01-01",
      "host: lab",
      "memory: 2.0 GiB",
    ])
      expect(text).toContain(fact);
  });

  test("of a run that keeps none are what its tags say", () => {
    expect(textOf(run({ "mlflow.source.git.commit": "beef" }), {})).toBe("Code\ngit commit: beef\nMachine\nuser: ana");
  });
});
