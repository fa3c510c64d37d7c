import { describe, expect, test } from "vitest";
import type { Column } from "../../src/core/dataset.ts";
import type { Scored } from "../../src/core/metric.ts";
import { perfect, simulate, takeRows } from "../support/metrics.ts";
import { context, judged, verdict } from "./_context.ts";

const fair = context().candidate.scored;
const names = fair.classes;
/** Another model of the same patients. */
const model = (skill: number, noise: number): Scored => simulate({ rows: 200, classes: 4, skill, seed: 3, noise });
const first = (n: number): Scored =>
  takeRows(
    fair,
    Array.from({ length: n }, (_, i) => i),
  );

describe("metric", () => {
  test("passes when the safe end of the interval meets the bound, and says what was found", async () => {
    const found = await verdict("metric", { name: "accuracy", min: 0.5 });
    expect(found).toMatchObject({ rule: "metric accuracy ≥ 0.5", verdict: "pass", n: 200 });
    expect(found.low).toBeLessThan(found.value!);
    expect(found.high).toBeGreaterThan(found.value!);
    expect(found.message).toContain("200 patients");
  });

  test("is inconclusive when the value meets the bound and the interval does not, unless the value alone is judged", async () => {
    const { value, low } = await verdict("metric", { name: "f1_macro", min: 0 });
    const min = (value! + low!) / 2;
    expect(await verdict("metric", { name: "f1_macro", min })).toMatchObject({ verdict: "inconclusive" });
    expect(await verdict("metric", { name: "f1_macro", min, judge: "value" })).toMatchObject({ verdict: "pass" });
  });

  test("fails when the value misses a floor or a ceiling", async () => {
    expect(await verdict("metric", { name: "accuracy", min: 0.999 })).toMatchObject({ verdict: "fail" });
    expect(await verdict("metric", { name: "log_loss", max: 0.01 })).toMatchObject({ verdict: "fail" });
  });

  test("is inconclusive with too few patients, however good or bad they look", async () => {
    const few = { scored: first(20) };
    expect(await verdict("metric", { name: "accuracy", min: 0 }, few)).toMatchObject({
      verdict: "inconclusive",
      n: 20,
    });
    expect(await verdict("metric", { name: "accuracy", min: 1 }, few)).toMatchObject({ verdict: "inconclusive" });
  });

  test("is inconclusive where the metric is not defined", async () => {
    const scored = { ...fair, orphans: [] };
    expect(await verdict("metric", { name: "recall_orphan", min: 0.1 }, { scored })).toMatchObject({
      verdict: "inconclusive",
      value: null,
    });
  });

  test("counts patients, not rows, and draws them whole", async () => {
    const units = Int32Array.from({ length: 200 }, (_, i) => i >> 3);
    const found = await verdict("metric", { name: "accuracy", min: 0.1 }, { units });
    expect(found).toMatchObject({ verdict: "inconclusive", n: 25 });
  });

  test("gives 200 right answers of 200 the exact binomial interval, and none to a metric that has none", async () => {
    const scored = perfect(fair);
    const found = await verdict("metric", { name: "accuracy", min: 0.98 }, { scored });
    expect(found).toMatchObject({ verdict: "pass", value: 1, high: 1 });
    expect(found.low).toBeCloseTo(0.025 ** (1 / 200), 12);
    expect(await verdict("metric", { name: "f1_macro", min: 0.9 }, { scored })).toMatchObject({
      verdict: "inconclusive",
      low: null,
    });
  });
});

describe("champion", () => {
  const against = (champion: Scored | undefined, params: object = {}, scored = fair) =>
    verdict("champion", params, { scored, champion: champion && { runId: "champion", scored: champion } });

  test("passes when the candidate is better, fails when it is worse beyond the margin", async () => {
    expect(await against(model(0, 9), {}, model(2, 8))).toMatchObject({ verdict: "pass" });
    const worse = await against(model(2, 8), {}, model(0, 9));
    expect(worse).toMatchObject({ verdict: "fail", n: 200 });
    expect(worse.high).toBeLessThan(-0.02);
  });

  test("is inconclusive when the patients cannot show it", async () => {
    const [better, worse] = [model(0.5, 22), model(0.5, 21)];
    const found = await against(worse, { margin: 0 }, better);
    expect(found).toMatchObject({ verdict: "inconclusive" });
    expect(found.value).toBeGreaterThan(0);
    expect(found.low).toBeLessThan(0);
    expect(await against(worse, { margin: 0.3 }, better)).toMatchObject({ verdict: "pass" });
  });

  test("turns metrics of which less is better", async () => {
    expect(await against(model(0, 9), { metric: "log_loss", margin: 0 }, model(2, 8))).toMatchObject({
      verdict: "pass",
    });
  });

  test("passes equal predictions with no margin at all, and the champion itself", async () => {
    expect(await against({ ...fair }, { margin: 0 })).toMatchObject({ verdict: "pass", value: 0 });
    const itself = { champion: { runId: "candidate", scored: fair } };
    expect(await verdict("champion", {}, itself)).toMatchObject({ verdict: "pass" });
  });

  test("lets the very first model through only when told to", async () => {
    expect(await against(undefined)).toMatchObject({ verdict: "inconclusive", value: null });
    expect(await against(undefined, { without_champion: "pass" })).toMatchObject({ verdict: "pass" });
  });

  test("never passes a champion that cannot be compared", async () => {
    const problem = { championProblem: "it was trained on some of these patients" };
    const found = await verdict("champion", { without_champion: "pass" }, problem);
    expect(found).toMatchObject({ verdict: "inconclusive" });
    expect(found.message).toContain("trained on some of these patients");
  });
});

describe("orphan-recall", () => {
  test("looks at the orphan classes alone, and counts their patients", async () => {
    const found = await verdict("orphan-recall", { min: 0, judge: "value" });
    expect(found.n).toBe(fair.y.filter((c) => fair.orphans.includes(c)).length);
  });

  test("is inconclusive without orphan classes or with too few of their patients", async () => {
    const none = { scored: { ...fair, orphans: [] } };
    expect(await verdict("orphan-recall", { min: 0.1 }, none)).toMatchObject({ verdict: "inconclusive", n: null });
    expect(await verdict("orphan-recall", { min: 0.1, min_n: 199 })).toMatchObject({ verdict: "inconclusive" });
  });

  test("names orphan diseases without a test patient", async () => {
    const rows = [...fair.y.keys()].filter((i) => fair.y[i] !== 3);
    const found = await verdict(
      "orphan-recall",
      { min: 0, judge: "value", min_n: 1 },
      { scored: takeRows(fair, rows) },
    );
    expect(found.message).toContain(`Without a test patient: ${names[3]}`);
  });

  test("knows that two of two is next to nothing", async () => {
    const scored = { ...perfect(fair), orphans: [3] };
    const rows = [...fair.y.keys()]
      .filter((i) => fair.y[i] !== 3)
      .concat([...fair.y.keys()].filter((i) => fair.y[i] === 3).slice(0, 2));
    const found = await verdict("orphan-recall", { min: 0.5, min_n: 2 }, { scored: takeRows(scored, rows) });
    expect(found).toMatchObject({ verdict: "inconclusive", value: 1, n: 2 });
    expect(found.low).toBeCloseTo(0.025 ** (1 / 2), 12);
  });
});

describe("subgroup", () => {
  const sex: Column = {
    kind: "categorical",
    name: "sex",
    levels: ["f", "m"],
    codes: Int32Array.from({ length: 200 }, (_, i) => (i < 190 ? i & 1 : -1)),
  };
  const age: Column = { kind: "numeric", name: "age", values: Float64Array.from({ length: 200 }, (_, i) => i / 2) };
  const columns = [sex, age];
  /** Half of the patients get answers that know nothing. */
  const unfair: Scored = {
    ...fair,
    proba: fair.proba.map((p, at) => ((at >> 2) & 1 ? 0.25 : p)),
  };

  test("judges the worst group, and is inconclusive about small ones by name", async () => {
    const params = { column: "sex", metric: "accuracy", min: 0.5, judge: "value" };
    const [worst, small, ...rest] = await judged("subgroup", params, { scored: unfair, columns });
    expect(worst).toMatchObject({ verdict: "fail", n: 95 });
    expect(worst.message).toContain("sex m");
    expect(small).toMatchObject({ verdict: "inconclusive" });
    expect(small.message).toContain("sex missing (10)");
    expect(rest).toEqual([]);
  });

  test("only names small groups when told so", async () => {
    const params = { column: "sex", metric: "accuracy", min: 0.01, judge: "value", small: "note" };
    const found = await verdict("subgroup", params, { columns });
    expect(found).toMatchObject({ verdict: "pass" });
    expect(found.message).toContain("missing (10)");
  });

  test("cuts numbers into bands", async () => {
    const params = { column: "age", bands: [18, 65], metric: "accuracy", max: -1, judge: "value", min_n: 10 };
    const found = await verdict("subgroup", params, { columns });
    expect(found.message).toMatch(/age (< 18|18 … 65|≥ 65) is/);
  });

  test("refuses a column that is not there, numbers without bands, and bands of a category", async () => {
    await expect(judged("subgroup", { column: "sx", min: 0 }, { columns })).rejects.toThrow('no column "sx"');
    await expect(judged("subgroup", { column: "age", min: 0 }, { columns })).rejects.toThrow("is numeric");
    await expect(judged("subgroup", { column: "sex", bands: [1], min: 0 }, { columns })).rejects.toThrow("bands");
  });
});

describe("calibration", () => {
  test("tells a fair model from one that is too sure", async () => {
    const sharp = (power: number): Scored => {
      const proba = fair.proba.map((p) => p ** power);
      for (let row = 0; row < 200; row++) {
        const own = proba.subarray(row * 4, row * 4 + 4);
        const sum = own.reduce((a, b) => a + b, 0);
        for (let c = 0; c < 4; c++) own[c] /= sum;
      }
      return { ...fair, proba };
    };
    const slope = async (power: number): Promise<number> =>
      (await verdict("calibration", { slope: [0, 100] }, { scored: sharp(power) })).value!;
    const own = await slope(1);
    // Raising the probabilities to a power divides the slope by it.
    expect(await slope(2)).toBeCloseTo(own / 2, 3);
    expect(await slope(0.5)).toBeCloseTo(own * 2, 3);
  });

  test("gives a verdict for each thing asked, and none for a perfect separation", async () => {
    const both = await judged("calibration", { ece_max: 0.5, slope: [0.1, 10] });
    expect(both.map((v) => v.rule)).toEqual(["calibration ece ≤ 0.5", "calibration slope 0.1 … 10"]);
    expect(await verdict("calibration", { slope: [0.5, 2] }, { scored: perfect(fair) })).toMatchObject({
      verdict: "inconclusive",
      value: null,
    });
  });

  test("does not depend on the order of the classes", async () => {
    const order = [2, 0, 3, 1];
    const scored = {
      ...fair,
      y: fair.y.map((c) => order.indexOf(c)),
      proba: fair.proba.map((_, at) => fair.proba[(at & ~3) + order[at & 3]]),
    };
    const [a, b] = await Promise.all([
      verdict("calibration", { slope: [0, 9] }),
      verdict("calibration", { slope: [0, 9] }, { scored }),
    ]);
    expect(b.value).toBeCloseTo(a.value!, 8);
    expect(b.low).toBeCloseTo(a.low!, 8);
  });
});

describe("cost", () => {
  test("weighs the patients of a severe disease", async () => {
    const wrong = (c: number): number =>
      fair.y.reduce((sum, truth, row) => {
        const own = fair.proba.subarray(row * 4, row * 4 + 4);
        return sum + (truth === c && own.indexOf(Math.max(...own)) !== c ? 1 : 0);
      }, 0);
    const errors = [0, 1, 2, 3].map(wrong);
    const total = errors.reduce((a, b) => a + b, 0);
    const found = await verdict("cost", { severity: { [names[2]]: 10 }, max: 100 });
    expect(found.value).toBeCloseTo((total + 9 * errors[2]) / 200, 12);
    expect(await verdict("cost", { otherwise: 0, max: 0, judge: "value" })).toMatchObject({
      value: 0,
      verdict: "pass",
    });
  });

  test("compares with the champion", async () => {
    const champion = { runId: "champion", scored: model(0, 9) };
    const params = { margin: 0, severity: { [names[3]]: 4 } };
    expect(await verdict("cost", params, { scored: model(2, 8), champion })).toMatchObject({ verdict: "pass" });
    expect(
      await verdict("cost", params, { scored: champion.scored, champion: { runId: "x", scored: model(2, 8) } }),
    ).toMatchObject({
      rule: "champion cost ≥ −0",
      verdict: "fail",
    });
  });

  test("names a disease that is not there", async () => {
    await expect(judged("cost", { severity: { measles: 2 }, max: 1 })).rejects.toThrow('no class "measles"');
  });
});

describe("net-benefit", () => {
  test("passes a useful model, fails one that knows nothing", async () => {
    const useful = { scored: model(2, 8) };
    const params = { classes: [names[0]], threshold: 0.4 };
    expect(await verdict("net-benefit", params, useful)).toMatchObject({ verdict: "pass" });
    const blind = { ...fair, proba: fair.proba.map(() => 0.25) };
    // Nobody is treated: no worse than treating none, but no better either.
    expect(await verdict("net-benefit", params, { scored: blind })).toMatchObject({ verdict: "fail", value: 0 });
  });

  test("is inconclusive with few sick or few well patients", async () => {
    expect(await verdict("net-benefit", { classes: [...names], threshold: 0.5 })).toMatchObject({
      verdict: "inconclusive",
    });
  });
});

describe("what does not rest on predictions", () => {
  test("leakage fails on any shared row or patient beyond what is allowed", async () => {
    const leakage = { identicalRows: 2, sharedGroups: 1 };
    expect((await judged("leakage", {}, { leakage })).map((v) => v.verdict)).toEqual(["fail", "fail"]);
    const allowed = await judged("leakage", { max_identical_rows: 2, max_shared_groups: 1 }, { leakage });
    expect(allowed.map((v) => v.verdict)).toEqual(["pass", "pass"]);
  });

  test("freshness counts days, and does not trust an unknown or a future time", async () => {
    const facts = (dataTime: number | null) => ({ facts: { ...context().facts, dataTime } });
    const day = (d: number) => facts(Date.UTC(2026, 0, d));
    expect(await verdict("freshness", { max_days: 30 }, day(1))).toMatchObject({ verdict: "pass", value: 30 });
    expect(await verdict("freshness", { max_days: 29 }, day(1))).toMatchObject({ verdict: "fail" });
    expect(await verdict("freshness", { max_days: 29 }, day(60))).toMatchObject({ verdict: "inconclusive" });
    expect(await verdict("freshness", { max_days: 29 }, facts(null))).toMatchObject({ verdict: "inconclusive" });
  });

  test("knowledge compares releases by their numbers", async () => {
    const with_ = (release: string) => ({ facts: { ...context().facts, knowledge: { HPO: release } } });
    const wanted = { at_least: { hpo: "2025-01-16" } };
    expect(await verdict("knowledge", wanted, with_("v2025-01-16"))).toMatchObject({ verdict: "pass" });
    expect(await verdict("knowledge", wanted, with_("v2024-12-31"))).toMatchObject({ verdict: "fail" });
    expect(await verdict("knowledge", { at_least: { HPO: "1.9" } }, with_("1.10"))).toMatchObject({ verdict: "pass" });
    expect(await verdict("knowledge", { exactly: { HPO: "1.9" } }, with_("1.10"))).toMatchObject({ verdict: "fail" });
    expect(await verdict("knowledge", wanted)).toMatchObject({ verdict: "fail" });
  });

  test("knowledge is inconclusive where the run does not say what it was trained with", async () => {
    const facts = { ...context().facts, knowledge: null };
    const unknown = await verdict("knowledge", { at_least: { HPO: "2025-01-16" } }, { facts });
    expect(unknown).toMatchObject({ verdict: "inconclusive", bound: "data" });
    expect(unknown.message).toContain("does not say which releases");
  });

  test("footprint holds latency and size against ceilings", async () => {
    const both = await judged("footprint", { latency_ms: 1, model_mb: 2 });
    expect(both.map((v) => [v.verdict, v.value])).toEqual([
      ["fail", 2],
      ["pass", 1.5],
    ]);
  });
});
