import type { z } from "zod";
import type { Column, ColumnKind } from "../dataset.ts";
import type { RuleVerdict, Verdict } from "../gate.ts";
import type { Scored } from "../metric.ts";
import type { MonitoringProfile } from "./profile.ts";

/** A share of patients, before and now. */
export interface Change {
  /** Bin or level. */
  readonly label: string;
  readonly reference: number;
  readonly current: number;
}

/** How one feature differs from the reference. Numbers that cannot be had are null. */
export interface FeatureDrift {
  readonly feature: string;
  readonly kind: ColumnKind;
  /** What gave the p-value. */
  readonly test: "ks" | "chi-square" | "simes";
  /** Patients with a value. */
  readonly n: { readonly reference: number; readonly current: number };
  /** Population stability index without what sampling gives by itself. */
  readonly psi: number | null;
  /** What sampling gives by itself. */
  readonly noise: number | null;
  /** Distance of the distribution functions, 0 … 1; of numbers only. */
  readonly ks: number | null;
  readonly pValue: number | null;
  /** Corrected for the number of features (Benjamini and Hochberg). */
  readonly adjusted: number | null;
  readonly missing: {
    /** Shares. */
    readonly reference: number;
    readonly current: number;
    readonly pValue: number | null;
    readonly adjusted: number | null;
  };
  /** Of numbers. */
  readonly mean: { readonly reference: number; readonly current: number } | null;
  /** By bin or level, all of them; of a multilabel column those that changed most. */
  readonly changes: readonly Change[];
}

/** p-value below which a change is called certain, after correction. */
const CERTAIN = 0.05;

/** Whether the values have changed with certainty, however little. */
export const isCertain = ({ adjusted }: FeatureDrift): boolean => adjusted !== null && adjusted < CERTAIN;

/** By how much the share of missing values has changed; 0 where that may be chance. */
export const missingChange = ({ missing: { reference, current, adjusted } }: FeatureDrift): number =>
  adjusted !== null && adjusted < CERTAIN ? current - reference : 0;

/** Features whose values, or missing values, changed most, first. */
export function byChange(features: readonly FeatureDrift[]): readonly FeatureDrift[] {
  const size = (f: FeatureDrift): number => Math.max(f.psi ?? 0, Math.abs(missingChange(f)));
  return features.toSorted((a, b) => size(b) - size(a));
}

/** How the answers differ from those for the reference's patients. */
export interface PredictionDrift {
  /** The most probable class; null of rankings. */
  readonly predicted: FeatureDrift | null;
  /** Probability of the most probable class, or of the first disease. */
  readonly confidence: FeatureDrift;
  /** Mean probability by class; null of rankings. */
  readonly probabilities: readonly Change[] | null;
}

/** Predictions whose outcome is known. */
export interface Labelled {
  readonly scored: Scored;
  /** [rows] patient of each row, or the row itself */
  readonly units: Int32Array;
  /** Further predictions whose outcome is none of the model's classes: they are in no figure. */
  readonly outside: number;
  /** Raw column of the rows, for subgroups; undefined where no row has it. */
  column(name: string): Column | undefined;
}

/** What a rule may look at. */
export interface MonitorContext {
  readonly profile: MonitoringProfile;
  /** Predictions in the window, and how many of them were not answered but referred. */
  readonly predictions: number;
  readonly abstained: number;
  /** Null where there is nothing to compare with, and why. */
  readonly drift: { readonly features: readonly FeatureDrift[]; readonly answers: PredictionDrift } | null;
  readonly driftProblem: string | null;
  /** Null without a single outcome. */
  readonly labelled: Labelled | null;
  /** Of the file: patients that a rule needs. */
  readonly minN: number;
  readonly bootstrap: { readonly resamples: number; readonly level: number; readonly seed: number };
}

/** What rules are about: what follows an alarm of drift is another thing than what follows one of performance. */
export const MONITOR_TOPICS = ["drift", "performance", "data"] as const;
export type MonitorTopic = (typeof MONITOR_TOPICS)[number];

/** Verdict of a rule of a monitor; `rule` is the same at every look. */
export interface MonitorVerdict extends RuleVerdict {
  readonly topic: MonitorTopic;
}

/**
 * One kind of requirement on a model in use. One file in src/monitoring/rules, whose name is the id. Unlike a gate, which asks for
 * proof that a model is good, it asks for proof that it has become worse: what may be chance is no failure, and what cannot be
 * compared is inconclusive, never a pass.
 */
export interface MonitorRule<P = unknown> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly topic: MonitorTopic;
  readonly params: z.ZodType<P>;
  evaluate(context: MonitorContext, params: P): readonly RuleVerdict[];
}

/** A metric of the labelled predictions, beside its value on validation. */
export interface PerformanceFigure {
  readonly metric: string;
  readonly title: string;
  readonly greaterIsBetter: boolean;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly validation: { readonly value: number; readonly low: number | null; readonly high: number | null } | null;
  /** By how much it is worse than on validation; below 0 better. The interval holds with 95 %. */
  readonly drop: { readonly value: number; readonly low: number; readonly high: number } | null;
}

export interface ClassPerformance {
  readonly name: string;
  readonly rows: number;
  readonly recall: number | null;
  readonly precision: number | null;
  readonly validationRecall: number | null;
  readonly orphan: boolean;
}

export interface GroupPerformance {
  readonly column: string;
  readonly group: string;
  readonly rows: number;
  /** Share of right answers, with interval where it has one. */
  readonly accuracy: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface MonitorReport {
  /** As it was asked for: "models:/skin@champion". */
  readonly address: string;
  readonly name: string | null;
  readonly version: string | null;
  readonly runId: string | null;
  /** The rules' file with its SHA-256; null where none was given. */
  readonly monitor: { readonly name: string; readonly file: string; readonly hash: string } | null;
  /** Milliseconds since the epoch. */
  readonly made: number;
  readonly window: {
    readonly asked: string;
    /** Of the first and last prediction; null without one. */
    readonly from: number | null;
    readonly to: number | null;
    readonly predictions: number;
    readonly abstained: number;
    /** Predictions by other versions of the name, which do not count. */
    readonly others: number;
    /** Lines of the log that could not be read. */
    readonly unreadable: number;
  };
  /** What the window is held against; `patients` null where there is nothing. */
  readonly baseline: {
    readonly kind: "profile" | "window";
    readonly patients: number | null;
    readonly problem: string | null;
  };
  readonly features: readonly FeatureDrift[];
  readonly answers: PredictionDrift | null;
  readonly labels: {
    /** Predictions with an outcome. */
    readonly known: number;
    /** Share of the predictions. */
    readonly coverage: number;
    readonly outside: number;
  };
  readonly performance: {
    readonly figures: readonly PerformanceFigure[];
    readonly classes: readonly ClassPerformance[];
    readonly groups: readonly GroupPerformance[];
    /** By bins of confidence. */
    readonly reliability: readonly { readonly rows: number; readonly confidence: number; readonly accuracy: number }[];
  } | null;
  readonly rules: readonly MonitorVerdict[];
  /** Null where there are no rules. */
  readonly verdict: Verdict | null;
}
