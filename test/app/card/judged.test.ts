import { expect, test } from "vitest";
import { judgedOf } from "../../../src/app/card/judged.ts";
import { perClassReport } from "../../../src/reports/per-class.ts";
import { scoredOf } from "../../reports/card/input.ts";

const scored = scoredOf(["common", "other", "rare"]);
const units = Int32Array.from(scored.y.keys());

test("the figures of classes are those of the run's own table", () => {
  const { classes } = judgedOf(scored, units, { resamples: 200, level: 0.95 });
  const report = perClassReport(scored).classes;
  for (const { name, rows, recall, precision, f1, orphan } of classes) {
    const own = report.find((row) => row.class === name)!;
    expect([rows, recall.value, precision.value, f1.value, orphan]).toEqual([
      own.support,
      own.recall,
      own.precision,
      own.f1,
      own.orphan,
    ]);
  }
  expect(classes.map(({ name }) => name)).toEqual(["common", "other", "rare"]); // the worst recall first
});

test("a recall of 1 of few patients has the exact interval, not [1, 1]", () => {
  const { classes } = judgedOf(scored, units, { resamples: 200, level: 0.95 });
  const rare = classes.find(({ name }) => name === "rare")!;
  expect(rare.recall).toEqual({ value: 1, low: expect.closeTo(0.025, 10), high: 1 });
  expect(rare.f1.low).toBeNaN();
  const common = classes.find(({ name }) => name === "common")!;
  expect(common.recall.low).toBeLessThan(0.8);
  expect(common.recall.high).toBe(1);
});

test("wrong answers are listed with their share of the class", () => {
  const { confusions } = judgedOf(scored, units, { resamples: 200, level: 0.95 });
  expect(confusions).toEqual([{ truth: "common", predicted: "other", rows: 1, share: 0.2 }]);
});
