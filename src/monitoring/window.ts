import type { Labelled } from "../core/monitoring/monitor.ts";
import type { MonitoringProfile } from "../core/monitoring/profile.ts";
import type { PredictionRecord, RawRow } from "../core/serving/serving.ts";
import { createTally, type FeatureCounts } from "../statistics/drift/tally.ts";
import { createLabels } from "./labels.ts";
import { CONFIDENCE, PREDICTED } from "./profile.ts";

/** What was counted of the predictions of a window. */
export interface WindowCounts {
  readonly predictions: number;
  readonly abstained: number;
  /** Of the first and last, milliseconds since the epoch; null without one. */
  readonly from: number | null;
  readonly to: number | null;
  /** In the order of the profile's features. */
  readonly features: readonly FeatureCounts[];
  /** Predicted class (not of rankings) and confidence. */
  readonly answers: readonly FeatureCounts[];
  /** Mean probability by class. */
  readonly meanProbability: Readonly<Record<string, number>>;
}

export interface Window {
  /** @param outcome what the patient turned out to have; undefined where it is not known */
  add(record: PredictionRecord, outcome: string | undefined): void;
  counts(): WindowCounts;
  /** Null without a single outcome. */
  labelled(): Labelled | null;
}

/** Takes the predictions of a window one by one; of those without an outcome only counts are kept. */
export function createWindow(profile: MonitoringProfile): Window {
  const { validation, training } = profile;
  const features = createTally(training.features);
  const answers = createTally(answerFeatures(profile));
  const labels = createLabels(profile);
  const sums = new Map<string, number>();
  let [predictions, abstained] = [0, 0];
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return {
    add(record, outcome) {
      predictions++;
      if (record.abstained) abstained++;
      from = Math.min(from, record.time);
      to = Math.max(to, record.time);
      features.add(record.features);
      answers.add(answerOf(record));
      if (validation.meanProbability !== null) {
        for (const [name, p] of Object.entries(record.probabilities)) sums.set(name, (sums.get(name) ?? 0) + p);
      }
      if (outcome !== undefined) labels.add(record, outcome);
    },
    counts: () => ({
      ...{ predictions, abstained },
      from: predictions === 0 ? null : from,
      to: predictions === 0 ? null : to,
      features: features.counts(),
      answers: answers.counts(),
      meanProbability: Object.fromEntries([...sums].map(([name, sum]) => [name, sum / predictions])),
    }),
    labelled: () => labels.made(),
  };
}

/** The features that answers are counted as. */
export const answerFeatures = ({ validation }: MonitoringProfile) =>
  validation.predicted === null ? [validation.confidence] : [validation.predicted, validation.confidence];

/** The likeliest answer with its probability, as a row of features. */
export function answerOf({ probabilities }: Pick<PredictionRecord, "probabilities">): RawRow {
  let best: string | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const [name, p] of Object.entries(probabilities)) {
    if (!(p > most)) continue;
    best = name;
    most = p;
  }
  return { [PREDICTED]: best, [CONFIDENCE]: best === null ? null : most };
}
