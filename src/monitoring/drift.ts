import type { Change, FeatureDrift } from "../core/monitoring/monitor.ts";
import type { FeatureProfile, NumericProfile } from "../core/monitoring/profile.ts";
import { chiSquare, twoProportions } from "../statistics/drift/chi-square.ts";
import { benjaminiHochberg, simes } from "../statistics/drift/correction.ts";
import { ksBinned } from "../statistics/drift/ks.ts";
import { psi } from "../statistics/drift/psi.ts";
import type { FeatureCounts } from "../statistics/drift/tally.ts";

/** Levels of a multilabel column that a report shows. */
const SHOWN = 12;

/**
 * Holds counts of features against a reference, in the same bins and levels.
 *
 * p-values: of numbers by the Kolmogorov–Smirnov test, of levels by χ², of a multilabel column by
 * Simes' test over a test of shares for each level; corrected over all features by Benjamini and Hochberg.
 * @param features whose bins and levels the counts are in
 * @param reference in the order of the features
 * @param current in the order of the features
 */
export function compareFeatures(
  features: readonly FeatureProfile[],
  reference: readonly FeatureCounts[],
  current: readonly FeatureCounts[],
): readonly FeatureDrift[] {
  const found = features.map((feature, i) => compare(feature, reference[i], current[i]));
  const adjusted = benjaminiHochberg(found.map(({ pValue }) => pValue ?? Number.NaN));
  // The size of a multilabel column is missing where the column is: one test of the two is enough.
  const missing = benjaminiHochberg(
    found.map((drift, i) => (isSize(features[i]) ? Number.NaN : (drift.missing.pValue ?? Number.NaN))),
  );
  return found.map((drift, i) => ({
    ...drift,
    adjusted: orNull(adjusted[i]),
    missing: { ...drift.missing, adjusted: orNull(missing[i]) },
  }));
}

const isSize = (feature: FeatureProfile): boolean => feature.kind === "numeric" && feature.sizeOf !== undefined;

/** NaN is null. */
export const orNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

function compare(feature: FeatureProfile, before: FeatureCounts, now: FeatureCounts): FeatureDrift {
  const n = { reference: before.rows - before.missing, current: now.rows - now.missing };
  const missing = {
    reference: before.rows === 0 ? 0 : before.missing / before.rows,
    current: now.rows === 0 ? 0 : now.missing / now.rows,
    pValue: orNull(twoProportions(before.missing, before.rows, now.missing, now.rows)),
    adjusted: null,
  };
  const shared = { feature: feature.name, kind: feature.kind, n, missing, adjusted: null };
  if (feature.kind === "multilabel") return { ...shared, ...compareLabels(feature.levels, n, before, now) };
  const { value, noise, excess } = psi(before.counts, now.counts);
  const figures = { psi: orNull(excess), noise: orNull(Number.isNaN(value) ? value : noise) };
  const changes = labelsOf(feature).map((label, i) => ({
    label,
    reference: share(before.counts[i], n.reference),
    current: share(now.counts[i], n.current),
  }));
  if (feature.kind !== "numeric") {
    const pValue = orNull(chiSquare(before.counts, now.counts).pValue);
    return { ...shared, ...figures, test: "chi-square", ks: null, pValue, mean: null, changes };
  }
  const { statistic, pValue } = ksBinned(before.counts, now.counts);
  const hasMeans = Number.isFinite(before.mean) && Number.isFinite(now.mean);
  return {
    ...{ ...shared, ...figures, changes },
    test: "ks",
    ks: orNull(statistic),
    pValue: orNull(pValue),
    mean: hasMeans ? { reference: before.mean, current: now.mean } : null,
  };
}

type Compared = Pick<FeatureDrift, "test" | "psi" | "noise" | "ks" | "pValue" | "mean" | "changes">;

function compareLabels(
  levels: readonly string[],
  n: FeatureDrift["n"],
  before: FeatureCounts,
  now: FeatureCounts,
): Compared {
  const tests = [...levels, "other"].map((label, i) => {
    const [a, b] = [before.counts[i], now.counts[i]];
    return {
      pValue: twoProportions(a, n.reference, b, n.current),
      psi: psi([a, n.reference - a], [b, n.current - b]),
      change: { label, reference: share(a, n.reference), current: share(b, n.current) },
    };
  });
  const sorted = tests.toSorted((a, b) => a.pValue - b.pValue);
  return {
    test: "simes",
    // Of the level that changed most surely: the greatest of all would be that of the noisiest.
    psi: orNull(sorted[0].psi.excess),
    noise: orNull(sorted[0].psi.noise),
    ks: null,
    pValue: orNull(simes(tests.map(({ pValue }) => pValue))),
    mean: null,
    changes: sorted.slice(0, SHOWN).map(({ change }) => change),
  };
}

const share = (count: number, n: number): number => (n === 0 ? 0 : count / n);

/** Names of a feature's bins or levels. */
function labelsOf(feature: Exclude<FeatureProfile, { kind: "multilabel" }>): string[] {
  return feature.kind === "numeric" ? binLabels(feature) : [...feature.levels, "other"];
}

function binLabels({ edges }: NumericProfile): string[] {
  if (edges.length === 0) return ["all"];
  const text = (value: number): string => String(Number(value.toPrecision(4)));
  return [
    `≤ ${text(edges[0])}`,
    ...edges.slice(1).map((edge, i) => `${text(edges[i])} … ${text(edge)}`),
    `> ${text(edges.at(-1)!)}`,
  ];
}

/** The change that is greatest: what a reader is told first. */
export function greatestChange(changes: readonly Change[]): Change | undefined {
  const size = ({ reference, current }: Change): number => Math.abs(current - reference);
  return changes.reduce<Change | undefined>((a, b) => (a && size(a) >= size(b) ? a : b), undefined);
}
