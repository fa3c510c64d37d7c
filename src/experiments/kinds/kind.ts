import type { Dataset, Split } from "../../core/dataset.ts";
import type { Job } from "../../core/executor.ts";
import type { Trial } from "../../core/trial.ts";
import type { WorkDir } from "../workdir.ts";

/** One configuration: what its repeats share. */
export type Point = Pick<
  Trial,
  "family" | "params" | "preparation" | "classWeight" | "resample" | "calibrate" | "prior"
>;

/** The jobs of a sweep's trials, over files that lie in its working folder. */
export interface TrialJobs {
  /** What is prepared once for several trials; undefined where nothing is. */
  keyOf(trial: Trial): string | undefined;
  /** Makes what `keyOf` names. */
  prepare(trial: Trial): Job;
  /** Trains the trial, judges it on validation and keeps it. @param outDir folder of the run's artifacts */
  fit(trial: Trial, outDir: string): Job;
}

/** What trials on a table and trials on cases each do their own way. */
export interface TrialKind {
  readonly input: "table" | "cases";
  /** Class codes of the orphan classes. */
  readonly orphans: readonly number[];
  /** Releases of the knowledge base, and its hash, where one is used. */
  readonly knowledge?: Readonly<Record<string, string>>;
  /** Whether a trial uses it; absent: all do. */
  usesKnowledge?(trial: Trial): boolean;
  /** What decides a result beside family, params, data, split, seed and code: part of a trial's identity. */
  asked(point: Point): Readonly<Record<string, unknown>>;
  /** What the store shows as params beside family, repeat and hyper-parameters. */
  params(trial: Trial): Readonly<Record<string, string>>;
  /** Lays down what the jobs read. */
  open(
    sweep: { readonly dataset: Dataset; readonly splits: readonly Split[] },
    workDir: WorkDir,
    threads: number,
  ): TrialJobs;
}

/** Place of a trial's split among those of its sweep. */
export const repeatOf = (splits: readonly Split[], { seed, fold }: Trial): number =>
  splits.findIndex((split) => split.seed === seed && split.fold === fold);
