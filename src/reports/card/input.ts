import type { SplitReport } from "../../core/dataset.ts";
import type { GateOutcome, Verdict } from "../../core/gate.ts";
import type { ModelVersion, Stage } from "../../core/registry.ts";
import type { Trial } from "../../core/trial.ts";
import type { ReliabilityBin } from "../../statistics/reliability.ts";
import type { Declared } from "./declared.ts";

/** Everything that a card is made of, as the run, the registry and the facts file say it. What is not known is null. */
export interface CardInput {
  readonly registered: Registered | null;
  readonly run: {
    readonly id: string;
    readonly name: string;
    readonly experiment: string;
    readonly user: string;
    /** Milliseconds since the epoch. */
    readonly started: number;
    readonly params: Readonly<Record<string, string>>;
    /** Without those of the learning curve. */
    readonly metrics: readonly Measured[];
    readonly tags: Readonly<Record<string, string>>;
    readonly notices: readonly string[];
  };
  readonly trial: Trial | null;
  readonly family: { readonly title: string; readonly description: string } | null;
  readonly experiment: {
    readonly description: string;
    readonly input: "table" | "cases";
    readonly group: string | null;
    /** Columns that were read and that the model does not see. */
    readonly extra: readonly string[];
    readonly ignored: readonly string[];
    readonly rankMetric: string;
    readonly bootstrap: { readonly resamples: number; readonly level: number };
    readonly folds: number | null;
    readonly seeds: readonly number[];
    readonly predefinedSplit: boolean;
  } | null;
  readonly facts: {
    readonly disease: { readonly version: string; readonly codeVersion: string };
    readonly node: string;
    readonly engines: Readonly<Record<string, string | null>>;
    readonly git: { readonly commit: string; readonly branch: string; readonly dirty: boolean } | null;
    readonly machine: { readonly os: string; readonly cpu: string; readonly cores: number };
    readonly knowledge?: Readonly<Record<string, string>>;
  } | null;
  readonly data: {
    readonly source: string;
    readonly hash: string;
    readonly rows: number;
    readonly target: string;
    readonly classes: readonly string[];
    readonly columns: readonly { readonly name: string; readonly kind: string }[];
    readonly notices: readonly { readonly message: string }[];
  } | null;
  /** Share of missing values by column, of the training rows; null where the run does not say. */
  readonly missing: Readonly<Record<string, number>> | null;
  readonly split: {
    readonly seed: number;
    readonly fold: number | null;
    readonly hash: string;
    readonly report: SplitReport;
    readonly sizes: Readonly<Record<"train" | "validation" | "test", number>>;
  } | null;
  readonly files: { readonly names: readonly string[]; readonly bytes: number; readonly hash: string } | null;
  /** On the validation rows. */
  readonly judged: Judged | null;
  readonly importances: { readonly kind: string; readonly features: readonly { name: string; value: number }[] } | null;
  /** Of the search that found it. */
  readonly search: { readonly strategy: string; readonly trials: number } | null;
  readonly board: Board | null;
  /** Looks of gates at the test patients, of any run; oldest first. */
  readonly looks: readonly Look[];
  /** Verdicts that the audit keeps of this run, oldest first. */
  readonly gates: readonly JudgedByGate[];
  readonly trail: { readonly records: readonly Act[]; readonly problems: readonly string[] } | null;
  /** Tags that monitoring left. */
  readonly monitoring: Readonly<Record<string, string>>;
  readonly declared: { readonly file: string; readonly says: Declared } | null;
  /** Where a facts file is looked for. */
  readonly declaredAt: string;
  readonly subgroups: Subgroups;
}

export interface Registered extends Pick<ModelVersion, "name" | "version" | "source" | "aliases"> {
  readonly stage: Stage;
  readonly modelHash: string | null;
}

export interface Measured {
  readonly key: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Estimated {
  readonly value: number;
  /** NaN where there is no interval. */
  readonly low: number;
  readonly high: number;
}

export interface ClassQuality {
  readonly name: string;
  readonly orphan: boolean;
  /** Validation rows of the class. */
  readonly rows: number;
  readonly precision: Estimated;
  readonly recall: Estimated;
  readonly f1: Estimated;
}

export interface Judged {
  readonly rows: number;
  /** Patients (groups), of which intervals are drawn. */
  readonly patients: number;
  /** By class; of rankings none. The worst recall first. */
  readonly classes: readonly ClassQuality[];
  /** Draws of the classes' intervals. */
  readonly resamples: number;
  readonly bins: readonly ReliabilityBin[];
  readonly reliability: string;
  /** Wrong answers, the most frequent first. */
  readonly confusions: readonly {
    readonly truth: string;
    readonly predicted: string;
    readonly rows: number;
    readonly share: number;
  }[];
  /** null where classes are too many to draw them, or were ranked. */
  readonly confusion: string | null;
}

export interface Board {
  readonly metric: string;
  /** Of the configuration; null where it has none. */
  readonly rank: number | null;
  readonly configurations: number;
  /** Other configurations that the paired test cannot tell from the first. */
  readonly tied: readonly string[];
  /** Whether this one is the first or tied with it. */
  readonly isTied: boolean;
  readonly repeats: number;
  readonly mean: number | null;
  readonly sd: number | null;
}

export interface Look {
  readonly when: string;
  readonly who: string;
  readonly runId: string;
  readonly gate: string;
  readonly verdict: Verdict | null;
}

export interface JudgedByGate {
  readonly when: string;
  readonly outcome: GateOutcome & {
    readonly part?: "test" | "validation";
    readonly patients?: number;
    readonly championProblem?: string | null;
  };
}

export interface Act {
  readonly sequence: number;
  readonly act: string;
  readonly version: string;
  readonly who: string;
  readonly when: string;
  readonly stages: Readonly<Record<string, readonly [string, string]>>;
  readonly aliases: Readonly<Record<string, readonly [string | null, string | null]>>;
  readonly reason: string | null;
  readonly gate: { readonly gate: string; readonly verdict: Verdict } | null;
}

/** By column; a text says why they could not be made. */
export interface Subgroups {
  readonly problem: string | null;
  readonly metrics: readonly string[];
  readonly groups: readonly {
    readonly column: string;
    readonly label: string;
    readonly patients: number;
    /** One a metric. */
    readonly values: readonly Estimated[];
  }[];
}
