import { ExitCode, UserError } from "../../core/errors.ts";
import type { Metric } from "../../core/metric.ts";
import type { TrackingStore } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";
import { holm } from "../../statistics/holm.ts";
import { mcnemar } from "../../statistics/mcnemar.ts";
import { comparePairs } from "../../statistics/paired.ts";
import { suggestion } from "../located.ts";
import { findRun } from "./browse.ts";
import { type Leaderboard, type LeaderboardRow, leaderboard, metricById } from "./leaderboard.ts";
import { type Predictions, readPredictions } from "./predictions.ts";

/** Most configurations of one comparison: 28 pairs. */
export const MAX_COMPARED = 8;

export interface CompareOptions {
  /** Run ids (or their first digits), experiments (their best), EXPERIMENT#RANK. */
  readonly references: readonly string[];
  /** Metric ids; that by which the first one's experiment is ranked when absent. */
  readonly metrics?: readonly string[];
  readonly resamples: number;
  /** Of the intervals and the verdicts, e.g. 0.95. */
  readonly level: number;
  /** Told what is worked on next. */
  onStep?(step: string): void;
}

/** What the job "comparison" of a worker is given. */
export interface ComparisonPayload extends Omit<CompareOptions, "onStep"> {
  /** The embedded store's folder; not looked at where there is a server. */
  readonly folder: string;
  readonly server?: string;
}

export interface Compared {
  /** A, B, C, … */
  readonly label: string;
  readonly experiment: string;
  readonly name: string;
  /** Runs of the repeats that all compared configurations have. */
  readonly runs: readonly string[];
  /** Means over these repeats by metric id. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** One test of one pair; p-values are two-sided. */
export interface PairTest {
  readonly a: string;
  readonly b: string;
  /** A metric's id (paired bootstrap), or "mcnemar" (right or wrong, patient by patient). */
  readonly test: string;
  /** b − a: of the metric; for McNemar of the patients that only one predicted rightly. */
  readonly difference: number;
  /** Bootstrap interval, not corrected; null for McNemar. */
  readonly low: number | null;
  readonly high: number | null;
  readonly pValue: number;
  /** By Holm, over all pairs and metrics of this kind of test. */
  readonly corrected: number;
  /** Label of the better one; null where these patients cannot tell them apart. */
  readonly better: string | null;
}

export interface Comparison {
  readonly level: number;
  /** Patients (or groups) that the tests draw. */
  readonly patients: number;
  readonly repeats: number;
  readonly compared: readonly Compared[];
  readonly tests: readonly PairTest[];
  readonly notices: readonly string[];
}

/**
 * Tests which of some configurations differ on the same validation patients: a paired bootstrap of each metric, and McNemar's
 * test, each corrected for the number of comparisons. The test split is not read.
 * @throws UserError when a reference is unknown; with exit code 4 when no two repeats have the same patients
 */
export async function compareTrials(store: TrackingStore, options: CompareOptions): Promise<Comparison> {
  const { onStep = () => {} } = options;
  const rows: (LeaderboardRow & { readonly experiment: string })[] = [];
  const boards = new Map<string, Leaderboard>();
  const boardOf = async (experiment: string): Promise<Leaderboard> => {
    const board = boards.get(experiment) ?? (await leaderboard(store, { experiment, resamples: 0 }));
    boards.set(experiment, board);
    return board;
  };
  for (const [i, reference] of options.references.entries()) {
    onStep(`looking for the repeats of ${i + 1} of ${options.references.length}`);
    rows.push(await resolve(store, reference, boardOf));
  }
  const twice = rows.findIndex((row, i) => rows.findIndex((other) => other.runs[0] === row.runs[0]) < i);
  if (twice >= 0) {
    throw new UserError(`"${options.references[twice]}" is one of the others: ${rows[twice]!.name}`, {
      fix: "Name each configuration once; `disease exp leaderboard` lists them.",
    });
  }
  const chosen = await chosenMetrics(store, rows[0]!, options.metrics);
  const notices: string[] = [];
  onStep("reading the predictions");
  const predictions = await sharedRepeats(store, rows, notices);
  const labels = rows.map((_, i) => String.fromCharCode(65 + i));
  const pairs = labels.flatMap((_, a) => labels.slice(a + 1).map((_, i) => [a, a + 1 + i] as const));
  const units = predictions[0]!.map((p) => p.units);
  const scored = predictions.map((list) => list.map((p) => p.scored));
  const settings = { resamples: options.resamples, level: options.level, seed: 1, groups: units };

  const verdicts = chosen.map((metric) => {
    onStep(`testing ${pairs.length === 1 ? "1 pair" : `${pairs.length} pairs`} by ${metric.id}`);
    return comparePairs(metric, scored, pairs, settings);
  });
  const bootstraps = pairs.flatMap(([a, b], i) =>
    chosen.map((metric, m) => {
      const { difference, low, high, pValue, comparable, reason } = verdicts[m]![i]!;
      if (!comparable) {
        throw new UserError(`${labels[a]} and ${labels[b]} cannot be compared: ${reason}`, {
          exitCode: ExitCode.inconclusive,
          fix: "Choose another metric (--metric), or validate on more patients.",
        });
      }
      const gain = metric.greaterIsBetter ? difference : -difference;
      return { test: { a: labels[a]!, b: labels[b]!, test: metric.id, difference, low, high, pValue }, gain };
    }),
  );
  const signs = pairs.map(([a, b]) => {
    const { onlyA, onlyB, pValue } = mcnemar(scored[a]!, scored[b]!, units);
    const difference = onlyB - onlyA;
    const test = { a: labels[a]!, b: labels[b]!, test: "mcnemar", difference, low: null, high: null, pValue };
    return { test, gain: difference };
  });
  const alpha = 1 - options.level;
  const tests = [bootstraps, signs].flatMap((kind) => {
    const corrected = holm(kind.map(({ test }) => test.pValue));
    return kind.map(({ test, gain }, i) => ({
      ...test,
      corrected: corrected[i]!,
      better: corrected[i]! < alpha ? (gain > 0 ? test.b : test.a) : null,
    }));
  });
  // The least p-value that so many draws can give, times the number of tests.
  if ((2 * bootstraps.length) / (options.resamples + 1) >= alpha) {
    notices.push(
      `${options.resamples} resamples are too few to prove a difference among ${bootstraps.length}: --resamples ${Math.ceil((20 * bootstraps.length) / alpha)}`,
    );
  }
  return {
    level: options.level,
    patients: new Set(units.flatMap((codes) => [...codes])).size,
    repeats: units.length,
    compared: rows.map((row, i) => ({
      label: labels[i]!,
      experiment: row.experiment,
      name: row.name,
      runs: predictions[i]!.map((p) => p.runId),
      metrics: Object.fromEntries(
        chosen.map((m) => [m.id, scored[i]!.reduce((sum, s) => sum + m.bind(s)(), 0) / scored[i]!.length]),
      ),
    })),
    tests,
    notices,
  };
}

/**
 * The configuration that a reference means, with its finished repeats.
 * @param boardOf reads each experiment's leaderboard once
 */
async function resolve(
  store: TrackingStore,
  reference: string,
  boardOf: (experiment: string) => Promise<Leaderboard>,
): Promise<LeaderboardRow & { readonly experiment: string }> {
  const [, name, rank] = /^(.+?)(?:#(\d+))?$/.exec(reference) ?? [undefined, reference];
  const named = await store.getExperimentByName(name!);
  if (named || rank !== undefined) {
    const board = await boardOf(name!);
    const row = board.rows.find((r) => r.rank === Number(rank ?? 1));
    if (row) return { ...row, experiment: name! };
    const ranked = board.rows.filter((r) => r.rank !== null).length;
    throw new UserError(`no rank ${rank ?? 1} in ${name}`, {
      where: reference,
      fix: ranked === 0 ? "No trial of it has finished." : `Ranks are 1 … ${ranked}.`,
    });
  }
  if (!/^[0-9a-f]{4,32}$/i.test(reference)) {
    const names = (await store.listExperiments()).map((e) => e.name);
    throw new UserError(`"${reference}" is neither a run id nor an experiment`, {
      where: store.uri,
      fix: suggestion(reference, names),
    });
  }
  const run = await findRun(store, reference);
  const experiments = await store.listExperiments("all");
  const experiment = experiments.find((e) => e.experimentId === run.info.experimentId)!.name;
  const key = run.tags[Tag.configKey];
  const board = key
    ? await leaderboard(store, {
        experiment,
        filter: `tags.\`${Tag.configKey}\` = '${key}'`,
        all: true,
        resamples: 0,
      })
    : undefined;
  const row = board?.rows.find((r) => r.repeats > 0);
  if (row) return { ...row, experiment };
  throw new UserError(`run ${run.info.runId.slice(0, 8)} is not a finished trial`, {
    where: `${experiment}: ${run.info.runName} (${run.info.status.toLowerCase()})`,
    fix: "Compare trials: `disease exp leaderboard` lists those that finished.",
  });
}

async function chosenMetrics(
  store: TrackingStore,
  first: LeaderboardRow,
  asked: readonly string[] | undefined,
): Promise<readonly Metric[]> {
  if (asked && asked.length > 0) return [...new Set(asked)].map((id) => metricById(id));
  const { tags } = await store.getRun(first.runs[0]!);
  return [metricById(tags[Tag.rankMetric] ?? "f1_macro")];
}

/** By configuration, the predictions of the repeats whose split all of them have. */
async function sharedRepeats(
  store: TrackingStore,
  rows: readonly (LeaderboardRow & { readonly experiment: string })[],
  notices: string[],
): Promise<readonly (readonly (Predictions & { readonly runId: string })[])[]> {
  const all = await Promise.all(
    rows.map((row) =>
      Promise.all(row.runs.map(async (runId) => ({ ...(await readPredictions(store, runId)), runId }))),
    ),
  );
  const shared = all[0]!
    .map((p) => p.splitHash)
    .filter((hash) => all.every((list) => list.some((p) => p.splitHash === hash)));
  if (shared.length === 0) {
    throw new UserError("they were not validated on the same patients: no split is common to all of them", {
      exitCode: ExitCode.inconclusive,
      where: rows.map((r) => `${r.experiment}: ${r.name}`).join("; "),
      fix: "Run them on the same data with the same split and seeds.",
    });
  }
  const dropped = Math.max(...all.map((list) => list.length)) - shared.length;
  if (dropped > 0)
    notices.push(
      `${dropped === 1 ? "1 repeat is" : `${dropped} repeats are`} left out: not all of them have the same.`,
    );
  if (new Set(rows.map((r) => r.dataHash)).size > 1) {
    notices.push(
      "The data are not the same: rows are compared by their place, which is right if only columns changed.",
    );
  }
  return all.map((list) => shared.map((hash) => list.find((p) => p.splitHash === hash)!));
}
