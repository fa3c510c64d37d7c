import { UserError } from "../../core/errors.ts";
import type { Metric } from "../../core/metric.ts";
import type { Run, TrackingStore } from "../../core/store.ts";
import { configName, Tag, VALIDATION } from "../../core/trial.ts";
import { allMetrics } from "../../metrics/_all.ts";
import type { Verdict } from "../../statistics/paired.ts";
import { meanSd } from "../../statistics/summary.ts";
import { suggestion } from "../located.ts";
import { metricById } from "./metric-by-id.ts";
import { readPredictions } from "./predictions.ts";
import { versusBest } from "./versus-best.ts";

export { metricById } from "./metric-by-id.ts";

/** Rows beyond this one are not tested against the best: reading their predictions costs more than it tells. */
const TESTED = 60;

export interface LeaderboardCell {
  readonly mean: number;
  /** Standard deviation over repeats (n - 1); null with one repeat. */
  readonly sd: number | null;
  /** Bootstrap interval of the only repeat; null with several. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface LeaderboardRow {
  /** From 1; null for what did not finish. */
  readonly rank: number | null;
  readonly name: string;
  readonly status: Run["info"]["status"];
  /** Repeats that finished. */
  readonly repeats: number;
  /** Run ids, by seed and fold. */
  readonly runs: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  /** By metric id (without prefix). */
  readonly metrics: Readonly<Record<string, LeaderboardCell>>;
  /** Against the best row by a paired bootstrap on the same patients; null for the best itself and rows not tested. */
  readonly versusBest: Verdict | null;
  /** Whether the test cannot tell the row from the best; the best is tied with itself. */
  readonly tied: boolean;
  readonly error: string | null;
  /** Why it was stopped early; null for what was not. */
  readonly pruned: string | null;
  readonly dataHash: string;
  readonly startTime: number;
}

export interface Leaderboard {
  readonly experiment: string;
  readonly rankMetric: string;
  readonly rows: readonly LeaderboardRow[];
  /** Rows left out: trained on other data than the newest, or run again since by a newer version of this program. */
  readonly hidden: number;
  readonly notices: readonly string[];
}

export interface LeaderboardOptions {
  readonly experiment: string;
  /** A metric's id; that of the newest sweep when absent. */
  readonly rankMetric?: string;
  /** Only these trials. */
  readonly trialKeys?: ReadonlySet<string>;
  /** MLflow's filter language over the runs. */
  readonly filter?: string;
  /** Whether rows of other data than the newest, and those that a newer version of this program answered again, are kept. */
  readonly all?: boolean;
  /** Of the test against the best; 0: no test. */
  readonly resamples?: number;
}

/**
 * Trials of an experiment, repeats of one configuration in one row, best first by the mean of a validation metric.
 * Rows that a paired bootstrap on the same validation patients cannot tell from the best are marked as tied.
 */
export async function leaderboard(store: TrackingStore, options: LeaderboardOptions): Promise<Leaderboard> {
  const experiment = await store.getExperimentByName(options.experiment);
  if (!experiment) {
    const names = (await store.listExperiments()).map((e) => e.name);
    throw new UserError(`no experiment "${options.experiment}"`, {
      where: store.uri,
      fix: suggestion(options.experiment, names),
    });
  }
  const all = await trialRuns(store, experiment.experimentId, options);
  const newest = all.at(-1);
  const metric = metricById(options.rankMetric ?? newest?.tags[Tag.rankMetric] ?? "f1_macro");
  const groups = groupRuns(all);
  const rows = (options.all || !newest ? groups : currentGroups(groups, newest)).map(rowOf);
  const finished = rows.filter((r) => r.repeats > 0).sort((a, b) => compareRows(a, b, metric));
  const notices: string[] = [];
  const verdicts = await testAgainstBest(store, finished.slice(0, TESTED), metric, options.resamples ?? 1000, notices);
  const ranked = finished.map((row, i) => ({
    ...row,
    rank: Number.isNaN(meanOf(row, metric)) ? null : i + 1,
    versusBest: i === 0 ? null : (verdicts[i] ?? null),
    tied: i === 0 || verdicts[i]?.tied === true,
  }));
  return {
    experiment: experiment.name,
    rankMetric: metric.id,
    rows: [...ranked, ...rows.filter((r) => r.repeats === 0)],
    hidden: groups.length - rows.length,
    notices,
  };
}

/** The newest run of each trial, oldest first; a finished one is kept before a failed one. */
async function trialRuns(store: TrackingStore, experimentId: string, options: LeaderboardOptions): Promise<Run[]> {
  const byKey = new Map<string, Run>();
  let pageToken: string | undefined;
  do {
    const page = await store.searchRuns({
      experimentIds: [experimentId],
      // The user's filter stands alone, so that an error in it points to the right place; only trials have a trial key.
      filter: options.filter || `tags.\`${Tag.kind}\` = 'trial'`,
      orderBy: ["attributes.start_time ASC"],
      columns: {
        metrics: allMetrics
          .flatMap((m) => [m.id, `${m.id}_low`, `${m.id}_high`])
          .map((key) => VALIDATION + key)
          .concat("fit_seconds"),
        params: "all",
        tags: [
          Tag.trialKey,
          Tag.configKey,
          Tag.pointKey,
          Tag.seed,
          Tag.fold,
          Tag.error,
          Tag.pruned,
          Tag.dataHash,
          Tag.rankMetric,
          Tag.orphans,
        ],
      },
      maxResults: 10_000,
      pageToken,
    });
    for (const run of page.items) {
      const key = run.tags[Tag.trialKey];
      if (!key || (options.trialKeys && !options.trialKeys.has(key))) continue;
      if (byKey.get(key)?.info.status === "FINISHED" && run.info.status !== "FINISHED") continue;
      byKey.delete(key);
      byKey.set(key, run);
    }
    pageToken = page.nextPageToken;
  } while (pageToken);
  return [...byKey.values()];
}

const order = (run: Run, tag: string): number => Number(run.tags[tag] ?? 0);

function groupRuns(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = run.tags[Tag.configKey] ?? run.info.runId;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((g) =>
    g.sort((a, b) => order(a, Tag.seed) - order(b, Tag.seed) || order(a, Tag.fold) - order(b, Tag.fold)),
  );
}

/** Groups on the data of the newest run; of several code versions that answered the same point, the newest. */
function currentGroups(groups: readonly Run[][], newest: Run): Run[][] {
  const startOf = (group: readonly Run[]): number => Math.max(...group.map((r) => r.info.startTime));
  const byPoint = new Map<string, Run[]>();
  for (const group of groups) {
    const { tags, info } = group[0]!;
    if (tags[Tag.dataHash] !== newest.tags[Tag.dataHash]) continue;
    const point = tags[Tag.pointKey] ?? info.runId;
    const other = byPoint.get(point);
    if (!other || startOf(other) < startOf(group)) byPoint.set(point, group);
  }
  return [...byPoint.values()];
}

function rowOf(group: readonly Run[]): LeaderboardRow {
  const done = group.filter((r) => r.info.status === "FINISHED");
  const shown = done[0] ?? group.at(-1)!;
  const cells: Record<string, LeaderboardCell> = {};
  for (const key of [...allMetrics.map((m) => VALIDATION + m.id), "fit_seconds"]) {
    const values = done.map((r) => r.metrics[key]).filter((v) => v !== undefined);
    if (values.length === 0) continue;
    const one = values.length === 1;
    cells[key.startsWith(VALIDATION) ? key.slice(VALIDATION.length) : key] = {
      mean: meanSd(values).mean,
      sd: one ? null : meanSd(values).sd,
      low: one ? (done[0]!.metrics[`${key}_low`] ?? null) : null,
      high: one ? (done[0]!.metrics[`${key}_high`] ?? null) : null,
    };
  }
  const said = (r: Run): boolean => r.tags[Tag.error] !== undefined;
  const failed = group.find((r) => r.info.status === "FAILED") ?? (done.length === 0 ? group.find(said) : undefined);
  const { seed: _seed, fold: _fold, ...params } = shown.params;
  return {
    rank: null,
    name: configName(shown.info.runName),
    status: done.length > 0 ? "FINISHED" : shown.info.status,
    repeats: done.length,
    runs: (done.length > 0 ? done : group).map((r) => r.info.runId),
    params,
    metrics: cells,
    versusBest: null,
    tied: false,
    error: failed ? (failed.tags[Tag.error] ?? "failed") : null,
    pruned: done.length > 0 ? null : (group.find((r) => r.tags[Tag.pruned])?.tags[Tag.pruned] ?? null),
    dataHash: shown.tags[Tag.dataHash] ?? "",
    startTime: shown.info.startTime,
  };
}

const meanOf = (row: LeaderboardRow, metric: Metric): number => row.metrics[metric.id]?.mean ?? Number.NaN;

/** Best first; undefined values last; then the one that trains faster, then by name. */
function compareRows(a: LeaderboardRow, b: LeaderboardRow, metric: Metric): number {
  const [x, y] = [meanOf(a, metric), meanOf(b, metric)];
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  const better = metric.greaterIsBetter ? y - x : x - y;
  return (
    better || (a.metrics.fit_seconds?.mean ?? 0) - (b.metrics.fit_seconds?.mean ?? 0) || (a.name < b.name ? -1 : 1)
  );
}

async function testAgainstBest(
  store: TrackingStore,
  rows: readonly LeaderboardRow[],
  metric: Metric,
  resamples: number,
  notices: string[],
): Promise<readonly (Verdict | undefined)[]> {
  const known = rows.filter((row) => !Number.isNaN(meanOf(row, metric)));
  if (known.length < 2 || resamples === 0) return [];
  try {
    const all = await Promise.all(
      known.map((row) => Promise.all(row.runs.map((runId) => readPredictions(store, runId)))),
    );
    return versusBest(metric, all, resamples);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    notices.push(`The rows could not be tested against the best: ${error.message}.`);
    return [];
  }
}
