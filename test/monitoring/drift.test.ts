import { expect, test } from "vitest";
import type { FeatureDrift } from "../../src/core/monitoring/monitor.ts";
import { compareFeatures } from "../../src/monitoring/drift.ts";
import { createWindow } from "../../src/monitoring/window.ts";
import { profileFrame } from "../../src/statistics/drift/profile.ts";
import { countsOf, createTally } from "../../src/statistics/drift/tally.ts";
import { clinic, profileOf, recordsOf, type Shift } from "./_world.ts";

const profile = profileOf(1, 4000);
const reference = profile.training.features.map(countsOf);

function driftOf(seed: number, rows: number, shift: Shift = {}): readonly FeatureDrift[] {
  const tally = createTally(profile.training.features);
  for (const { features } of recordsOf(clinic(seed, rows, shift))) tally.add(features);
  return compareFeatures(profile.training.features, reference, tally.counts());
}

const draws = Array.from({ length: 200 }, (_, seed) => driftOf(100 + seed, 250));

test("under no drift each feature's p-value is below 5 % about as often, and any corrected one too", () => {
  for (const [i, { name: feature }] of profile.training.features.entries()) {
    const rate = draws.filter((features) => features[i].pValue! < 0.05).length / draws.length;
    // 99.9 % of binomial(200, 0.05) are at most 0.11; binned and tied tests are rather too careful.
    expect(rate, feature).toBeLessThan(0.115);
  }
  const any = draws.filter((features) => features.some(({ adjusted }) => adjusted! < 0.05)).length / draws.length;
  expect(any).toBeGreaterThan(0.005);
  expect(any).toBeLessThan(0.115);
});

test("under no drift a missing rate is called changed about as often as 5 %, whatever the number of features", () => {
  const any =
    draws.filter((features) => features.some(({ missing }) => (missing.adjusted ?? 1) < 0.05)).length / draws.length;
  expect(any).toBeLessThan(0.115);
});

test("under no drift nothing is both certain and great", () => {
  expect(draws.flat().filter(({ adjusted, psi }) => adjusted! < 0.05 && psi! > 0.1)).toEqual([]);
});

test.each([
  ["lab", { lab: 0.6 }],
  ["site", { west: 0.6 }],
  ["symptoms", { fever: 0.75 }],
] as const)("a shift of %s is found in nearly every window, and in that feature", (feature, shift) => {
  const found = Array.from({ length: 60 }, (_, seed) => driftOf(9000 + seed, 250, shift));
  const own = found.map((features) => features.find((f) => f.feature === feature)!);
  expect(own.filter(({ adjusted, psi }) => adjusted! < 0.05 && psi! > 0.1).length).toBeGreaterThan(56);
  const others = found.flatMap((features) => features.filter((f) => !f.feature.startsWith(feature)));
  expect(others.filter(({ adjusted, psi }) => adjusted! < 0.05 && psi! > 0.1)).toEqual([]);
});

test("a rise of missing values is found by its own test, and is no drift of the values", () => {
  const marker = driftOf(5, 250, { missing: 0.25 }).find(({ feature }) => feature === "marker")!;
  expect(marker.missing).toMatchObject({ adjusted: expect.closeTo(0, 4) });
  expect(marker.missing.current - marker.missing.reference).toBeGreaterThan(0.1);
  expect(marker.psi).toBeLessThan(0.1);
});

test("with many patients a tiny change is certain, and its size says that it is tiny", () => {
  const lab = driftOf(6, 40_000, { lab: 0.06 }).find(({ feature }) => feature === "lab")!;
  expect(lab.adjusted).toBeLessThan(0.05);
  expect(lab.psi).toBeLessThan(0.02);
});

test("a level that training did not have counts as other", () => {
  const tally = createTally(profile.training.features);
  for (const { features } of recordsOf(clinic(7, 200))) tally.add({ ...features, site: "south" });
  const site = compareFeatures(profile.training.features, reference, tally.counts()).find((f) => f.feature === "site")!;
  expect(site.changes.at(-1)).toEqual({ label: "other", reference: 0, current: 1 });
  expect(site.adjusted).toBeLessThan(1e-6);
});

test("a profile's patients, counted one by one, are as the profile has them", () => {
  const { frame } = clinic(3, 500);
  const features = profileFrame(
    frame,
    Int32Array.from({ length: 500 }, (_, i) => i),
  );
  const tally = createTally(features);
  for (const { features: row } of recordsOf(clinic(3, 500))) tally.add(row);
  for (const [i, counts] of tally.counts().entries()) {
    const own = countsOf(features[i]);
    expect(counts).toEqual({ ...own, mean: Number.isNaN(own.mean) ? own.mean : expect.closeTo(own.mean, 9) });
  }
});

test("no bin, level or end of a profile is of fewer than five patients", () => {
  for (const rows of [3, 12, 60, 500]) {
    const { frame } = clinic(4, rows);
    for (const feature of profileFrame(
      frame,
      Int32Array.from({ length: rows }, (_, i) => i),
    )) {
      if (feature.kind !== "numeric") expect(feature.counts.every((count) => count >= 5)).toBe(true);
      else if (feature.edges.length > 0) expect(feature.counts.every((count) => count >= 5)).toBe(true);
      if (feature.kind === "numeric" && feature.name === "lab" && feature.low !== null) {
        const column = frame.columns[0] as { values: Float64Array };
        expect(column.values.filter((v) => v <= feature.low!).length).toBeGreaterThanOrEqual(5);
        expect(column.values.filter((v) => v >= feature.high!).length).toBeGreaterThanOrEqual(5);
      }
    }
  }
});

test("a window counts what came and which answers were given", () => {
  const window = createWindow(profile);
  const records = recordsOf(clinic(8, 50));
  for (const [i, record] of records.entries()) window.add({ ...record, abstained: i < 3 }, undefined);
  const counts = window.counts();
  expect(counts).toMatchObject({ predictions: 50, abstained: 3, from: records[0].time, to: records.at(-1)!.time });
  expect(Object.values(counts.meanProbability).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  expect(window.labelled()).toBeNull();
});
