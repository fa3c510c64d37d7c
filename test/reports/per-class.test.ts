import { expect, test } from "vitest";
import type { Scored } from "../../src/core/metric.ts";
import { metrics } from "../../src/metrics/index.ts";
import { perClassCsv, perClassMarkdown, perClassReport } from "../../src/reports/per-class.ts";
import { trialReports } from "../../src/reports/trial.ts";
import { simulate } from "../support/metrics.ts";

/** Four classes: the third is never right, the fourth does not occur. */
const scored: Scored = {
  rows: 6,
  classes: ["=cmd|' /C calc'!A1", 'a "b", c', "x | <b>y</b> *z*\nw", "absent"],
  y: Int32Array.from([0, 0, 0, 1, 1, 2]),
  proba: Float32Array.from([0, 0, 1, 1, 1, 0].flatMap((c) => [0, 1, 2, 3].map((other) => (other === c ? 0.7 : 0.1)))),
  orphans: [2],
};

test("the worst classes come first and those that do not occur last", () => {
  const { classes } = perClassReport(scored);
  expect(classes.map((row) => row.class)).toEqual([
    scored.classes[2],
    scored.classes[0],
    scored.classes[1],
    scored.classes[3],
  ]);
  expect(classes[0]).toEqual({ class: scored.classes[2], support: 1, precision: 0, recall: 0, f1: 0, orphan: true });
  expect(classes[1]).toMatchObject({ support: 3, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, orphan: false });
  expect(classes[3]).toMatchObject({ support: 0, precision: Number.NaN, f1: Number.NaN });
});

test("the averages are the metrics of that name", () => {
  const sample = simulate({ rows: 200, classes: 6, skill: 0.3, seed: 1 });
  const [macro, weighted] = perClassReport(sample).averages;
  const value = (id: string) => metrics.find((m) => m.id === id)?.bind(sample)();
  for (const name of ["precision", "recall", "f1"] as const) {
    expect(macro[name]).toBe(value(`${name}_macro`));
    expect(weighted[name]).toBe(value(`${name}_weighted`));
  }
});

test("the CSV is quoted and holds no formula", () => {
  expect(perClassCsv(perClassReport(scored)).split("\r\n")).toEqual([
    "class,support,precision,recall,f1,orphan",
    '"x | <b>y</b> *z*\nw",1,0,0,0,true',
    `'=cmd|' /C calc'!A1,3,${2 / 3},${2 / 3},${2 / 3},false`,
    `"a ""b"", c",2,${2 / 3},1,0.8,false`,
    "absent,0,,,,false",
    expect.stringMatching(/^macro average,6,/),
    expect.stringMatching(/^weighted average,6,/),
    "",
  ]);
});

test("the Markdown shows class names as they are", () => {
  const lines = perClassMarkdown(perClassReport(scored)).split("\n");
  expect(lines[2]).toBe("| x \\| &lt;b>y&lt;/b> \\*z\\* w | 1 | 0.000 | 0.000 | 0.000 | yes |");
  expect(lines[5]).toBe("| absent | 0 | – | – | – |  |");
  expect(lines[6]).toMatch(/^\| \*\*macro average\*\* \| 6 \| 0\.\d{3} /);
});

test("a trial leaves tables and charts, and only tables when asked", async () => {
  const input = {
    scored,
    curve: [{ round: 1, train: 1, validation: 1 }],
    rounds: 1,
    importances: { kind: "gain", names: ["age", "=1+1"], values: Float64Array.from([1, 2]) },
  };
  const tables = await trialReports({ ...input, charts: false });
  expect(Object.keys(tables).sort()).toEqual([
    "reports/feature_importance.csv",
    "reports/per_class.csv",
    "reports/per_class.md",
  ]);
  expect(tables["reports/feature_importance.csv"]).toBe("feature,gain\r\n'=1+1,2\r\nage,1\r\n");
  const all = await trialReports({ ...input, charts: true });
  const charts = Object.keys(all).filter((path) => path.startsWith("charts/"));
  expect(charts.sort()).toEqual(
    ["confusion_matrix", "feature_importance", "learning_curve", "reliability"].flatMap((name) => [
      `charts/${name}.png`,
      `charts/${name}.svg`,
    ]),
  );
  const bare = await trialReports({ scored, curve: [], charts: true });
  expect(Object.keys(bare)).not.toContain("charts/learning_curve.svg");
});
