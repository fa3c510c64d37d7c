import { expect, test } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { fitPost, type PostRequest } from "../../src/statistics/calibration/fit.ts";
import { stratifiedFolds } from "../../src/statistics/calibration/folds.ts";
import { heightAt, isotonicCurve } from "../../src/statistics/calibration/isotonic.ts";
import { targetShares } from "../../src/statistics/calibration/prior.ts";
import { applySteps, type ProbaStep } from "../../src/statistics/calibration/steps.ts";
import { fitTemperature } from "../../src/statistics/calibration/temperature.ts";
import { calibrationCases } from "./_calibration.ts";

test.each(calibrationCases())("calibrates as scikit-learn does: %s", (_, { classes, proba, y, ...theirs }) => {
  const all = Float32Array.from(proba);
  const known = Int32Array.from({ length: proba.length / classes }, (_, row) => row).filter((row) => row % 3 < 2);
  const fitted = { proba: Float32Array.from(known, () => 0), y: Int32Array.from(y), units: known };
  const own = new Float32Array(known.length * classes);
  known.forEach((row, i) => {
    own.set(all.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  const names = Array.from({ length: classes }, (_, k) => `class ${k}`);
  const learned = new Float64Array(classes).fill(1 / classes);
  for (const calibrate of ["isotonic", "temperature"] as const) {
    const { steps, notices } = fitPost({ calibrate, classes: names, learned }, { ...fitted, proba: own }, 1);
    expect(notices).toEqual([]);
    const ours = applySteps(steps, all, classes);
    const differences = Array.from(ours, (p, i) => Math.abs(p - theirs[calibrate][i]!));
    expect(Math.max(...differences), calibrate).toBeLessThan(1e-6);
    if (steps[0]?.kind === "temperature") expect(steps[0].temperature).toBeCloseTo(theirs.t, 6);
  }
});

/** Predictions that are too sure by the given sharpness, and outcomes that follow the true probabilities. */
function tooSure(rows: number, classes: number, sharpness: number, seed = 1) {
  const rng = createRng(seed);
  const proba = new Float32Array(rows * classes);
  const y = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const odds = Array.from({ length: classes }, () => Math.exp(3 * (rng.next() - 0.5)));
    const total = odds.reduce((a, b) => a + b);
    let left = rng.next() * total;
    while (left > odds[y[i]!]!) left -= odds[y[i]!++]!;
    const sure = odds.map((o) => o ** sharpness);
    const sum = sure.reduce((a, b) => a + b);
    proba.set(
      sure.map((o) => o / sum),
      i * classes,
    );
  }
  return { proba, y, units: Int32Array.from(y.keys()) };
}

const request = (change: Partial<PostRequest> = {}): PostRequest => ({
  calibrate: "temperature",
  classes: ["a", "b", "c"],
  learned: Float64Array.of(1 / 3, 1 / 3, 1 / 3),
  ...change,
});
const logLoss = (proba: Float32Array, y: Int32Array): number =>
  y.reduce((sum, code, i) => sum - Math.log(proba[(i * proba.length) / y.length + code]!), 0) / y.length;

test("the temperature is the sharpness of the predictions, above and below 1", () => {
  for (const sharpness of [0.5, 1, 3]) {
    const { proba, y } = tooSure(6000, 3, sharpness);
    expect(fitTemperature(proba, y) / sharpness).toBeCloseTo(1, 1);
  }
});

test("no temperature near it has a smaller log loss", () => {
  const { proba, y } = tooSure(500, 3, 2);
  const at = (temperature: number): number => logLoss(applySteps([{ kind: "temperature", temperature }], proba, 3), y);
  const best = fitTemperature(proba, y);
  for (const factor of [0.9, 0.99, 1.01, 1.1]) expect(at(best * factor)).toBeGreaterThan(at(best));
});

test("predictions that are all right, or all wrong, stop at a bound, and that is said", () => {
  const judged = { proba: Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.7, 0.3), units: Int32Array.of(0, 1, 2) };
  const two = { ...request(), classes: ["a", "b"], learned: Float64Array.of(0.5, 0.5) };
  const right = fitPost(two, { ...judged, y: Int32Array.of(0, 1, 0) }, 1);
  expect(right.steps).toEqual([{ kind: "temperature", temperature: 0.05 }]);
  expect(right.notices[0]).toContain("stopped at its bound 0.05");
  expect(fitPost(two, { ...judged, y: Int32Array.of(1, 0, 1) }, 1).steps).toEqual([
    { kind: "temperature", temperature: 20 },
  ]);
});

test("metrics are computed on probabilities whose calibration has not seen the patient", () => {
  // Labels are drawn by lot: a curve that has seen them looks better than it is.
  const rng = createRng(2);
  const rows = 300;
  const p = Float32Array.from({ length: rows }, () => rng.next());
  const proba = Float32Array.from({ length: rows * 2 }, (_, at) => (at % 2 === 0 ? 1 - p[at >> 1]! : p[at >> 1]!));
  const y = Int32Array.from({ length: rows }, () => rng.int(2));
  const two = request({ calibrate: "isotonic", classes: ["a", "b"], learned: Float64Array.of(0.5, 0.5) });
  const judged = { proba, y, units: Int32Array.from(y.keys()) };
  const post = fitPost(two, judged, 1);
  const brier = (values: Float32Array): number =>
    y.reduce((sum, code, i) => sum + (values[2 * i + 1]! - code) ** 2, 0) / rows;
  expect(brier(applySteps(post.steps, proba, 2))).toBeLessThan(0.25);
  expect(brier(post.proba)).toBeGreaterThan(0.25);
  // One patient's label moves the steps, but not that patient's own probabilities.
  const changed = fitPost(two, { ...judged, y: y.map((code, i) => (i === 7 ? 1 - code : code)) }, 1);
  expect(changed.steps).not.toEqual(post.steps);
});

test("rows of one patient stay in one fold, and classes are spread over all", () => {
  const units = Int32Array.from({ length: 200 }, (_, i) => i >> 2);
  const y = units.map((unit) => unit % 5);
  const folds = stratifiedFolds(y, units, 5, 3);
  for (let row = 0; row < 200; row++) expect(folds[row]).toBe(folds[row - (row % 4)]);
  for (let fold = 0; fold < 5; fold++) {
    for (let k = 0; k < 5; k++) expect(y.filter((code, row) => code === k && folds[row] === fold)).toHaveLength(8);
  }
  expect(stratifiedFolds(y, units, 5, 3)).toEqual(folds);
  expect(stratifiedFolds(y, units, 5, 4)).not.toEqual(folds);
});

test("an isotonic curve pools what falls, and runs straight between its points", () => {
  const curve = isotonicCurve(Float32Array.of(0.5, 0.125, 0.25, 0.75, 0.25, 1), [0, 0, 1, 1, 0, 1]);
  // 0.25 holds a yes and a no, 0.5 a no: together a third.
  expect([...curve.x]).toEqual([0.125, 0.25, 0.5, 0.75, 1]);
  expect([...curve.y]).toEqual([0, 1 / 3, 1 / 3, 1, 1]);
  const heights = [0, 0.1875, 0.3, 0.625, 2].map((at) => heightAt(curve, at));
  [0, 1 / 6, 1 / 3, 2 / 3, 1].forEach((height, i) => {
    expect(heights[i]).toBeCloseTo(height, 12);
  });
});

test("isotonic leaves rare classes as they are and says which; where all are rare it is the temperature", () => {
  const { proba, y, units } = tooSure(400, 3, 2);
  const rare = y.map((code, i) => (code === 2 && i > 20 ? 0 : code));
  const { steps, notices } = fitPost(request({ calibrate: "isotonic" }), { proba, y: rare, units }, 1);
  const [step] = steps;
  expect(step?.kind === "isotonic" && step.curves.map((curve) => curve === null)).toEqual([false, false, true]);
  expect(notices).toEqual([expect.stringMatching(/leaves these classes as they are.*fewer than 10.*: "c"$/)]);
  const few = { proba: proba.slice(0, 36), y: y.slice(0, 12), units: units.slice(0, 12) };
  const instead = fitPost(request({ calibrate: "isotonic" }), few, 1);
  expect(instead.steps.map(({ kind }) => kind)).toEqual(["temperature"]);
  expect(instead.notices[0]).toContain("temperature instead of isotonic");
  // Many rows of one patient are one patient.
  const one = fitPost(request({ calibrate: "isotonic" }), { proba, y, units: units.map((unit) => unit % 12) }, 1);
  expect(one.steps.map(({ kind }) => kind)).toEqual(["temperature"]);
});

test("too few patients to calibrate on are refused", () => {
  const none = { proba: new Float32Array(0), y: new Int32Array(0), units: new Int32Array(0) };
  expect(() => fitPost(request(), none, 1)).toThrow("0 validation patients are too few");
  const one = { proba: Float32Array.of(0.2, 0.3, 0.5), y: Int32Array.of(1), units: Int32Array.of(4) };
  expect(() => fitPost(request(), one, 1)).toThrow("1 validation patients are too few");
  const corrected = fitPost({ ...request(), calibrate: "none", target: Float64Array.of(0.2, 0.3, 0.5) }, none, 1);
  expect(corrected.proba).toHaveLength(0);
});

test("another prior is Bayes' rule: probabilities by the odds of the shares", () => {
  const steps: ProbaStep[] = [{ kind: "prior", factors: Float64Array.of(0.01 / 0.5, 0.99 / 0.5) }];
  // A test that is right 9 times of 10, for a disease that one of a hundred has.
  const [sick] = applySteps(steps, Float32Array.of(0.9, 0.1), 2);
  expect(sick).toBeCloseTo((0.9 * 0.01) / (0.9 * 0.01 + 0.1 * 0.99), 6);
});

test("what a model learned balanced is brought back to how common the classes are", () => {
  const natural = Float64Array.of(0.7, 0.2, 0.1);
  const { proba, y, units } = tooSure(200, 3, 1);
  const target = targetShares("natural", ["a", "b", "c"], natural);
  const post = fitPost({ ...request({ calibrate: "none" }), target }, { proba, y, units }, 1);
  const [step] = post.steps;
  expect(step?.kind === "prior" && [...step.factors].map((f) => Number(f.toFixed(9)))).toEqual([2.1, 0.6, 0.3]);
  expect(post.proba).toEqual(applySteps(post.steps, proba, 3));
});

test("after isotonic calibration the prior is that of the rows it was fitted on", () => {
  const { proba, y, units } = tooSure(3000, 3, 2);
  const skewed = y.map((code, i) => (code === 2 && i % 3 > 0 ? 0 : code));
  const shares = [0, 1, 2].map((k) => skewed.filter((code) => code === k).length / 3000);
  const post = fitPost(
    request({ calibrate: "isotonic", target: Float64Array.from(shares) }),
    { proba, y: skewed, units },
    1,
  );
  const last = post.steps.at(-1);
  expect(last?.kind === "prior" && [...last.factors]).toEqual([1, 1, 1]);
});

test("shares by class: those that are not named share the rest as in training", () => {
  const natural = Float64Array.of(0.5, 0.3, 0.2);
  const names = ["flu", "lupus", "gout"];
  const given = targetShares({ lupus: 0.9 }, names, natural)!;
  [0.1 * (0.5 / 0.7), 0.9, 0.1 * (0.2 / 0.7)].forEach((share, k) => {
    expect(given[k]).toBeCloseTo(share, 12);
  });
  expect(targetShares("none", names, natural)).toBeUndefined();
  expect([...targetShares("balanced", names, natural)!]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  expect(() => targetShares({ lepra: 0.1 }, names, natural)).toThrow('prior: no class "lepra"');
  expect(() => targetShares({ flu: 0.6, gout: 0.5 }, names, natural)).toThrow("sum to 1.1");
  expect(() => targetShares({ flu: 0.2, gout: 0.2, lupus: 0.2 }, names, natural)).toThrow("sum to 0.6");
});

test("a row that every curve puts at zero is shared by all classes alike", () => {
  const curve = { x: Float64Array.of(0.5, 1), y: Float64Array.of(0, 1) };
  const steps: ProbaStep[] = [{ kind: "isotonic", curves: [curve, curve, curve] }];
  expect([...applySteps(steps, Float32Array.of(0.3, 0.3, 0.4), 3)]).toEqual([1, 1, 1].map((n) => Math.fround(n / 3)));
});
