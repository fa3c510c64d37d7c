import { type RuleVerdict, type Verdict, worstOf } from "../core/gate.ts";
import type { TrackingStore } from "../core/store.ts";
import type { Trial } from "../core/trial.ts";
import { families } from "../families/index.ts";
import { isAgainstChampion } from "../gates/_champion.ts";
import { steps } from "../preparation/index.ts";
import { type Experiment, parseExperiment } from "./config.ts";
import type { GateEvaluation } from "./gate.ts";
import type { Gate, GateEntry } from "./gate-file.ts";
import { rankingFamilies } from "./kinds/ranking-families.ts";
import { type Leaderboard, metricById } from "./read/leaderboard.ts";
import { type BestPoint, nextRound, stepsKey } from "./rounds.ts";

/** What one round tried, what came of it, and what the gate's rules say of the best on validation. */
export interface Round {
  readonly round: number;
  readonly changes: readonly string[];
  readonly runId: string;
  readonly name: string;
  readonly metric: string;
  /** Mean of the rank metric of the best so far, on validation. */
  readonly value: number;
  /** How much better than in the round before, below 0 where worse; null in the first. */
  readonly gain: number | null;
  /** On validation, comparisons with a champion left out: it may have been trained on these patients. */
  readonly verdict: Verdict;
  readonly rules: readonly RuleVerdict[];
  /** Trials that failed in it. */
  readonly failed: number;
  /** Why no further round follows; null when one does. */
  readonly end: string | null;
}

export interface UntilGatePorts {
  readonly gate: Pick<Gate, "entries">;
  /** Runs the trials of an experiment. */
  sweep(experiment: Experiment): Promise<{
    readonly interrupted: boolean;
    readonly failed: number;
    readonly trialKeys: readonly string[];
  }>;
  /** All trials of the rounds so far. */
  board(trialKeys: ReadonlySet<string>): Promise<Leaderboard>;
  judge(runId: string, part: "validation" | "test"): Promise<GateEvaluation>;
  readonly store: TrackingStore;
  onRound(round: Round): void;
}

export interface UntilGateResult {
  readonly rounds: readonly Round[];
  /** The one look at the test patients; null when interrupted, or no trial finished. */
  readonly gate: GateEvaluation | null;
  readonly interrupted: boolean;
}

/**
 * Runs rounds until the gate's rules pass on validation, no better model could make them pass, the rounds are spent, or nothing
 * new is left to try; then the gate looks at the test patients, once. Nothing is planned from what it sees there: were it asked after every round, the rounds would be
 * tuned on test.
 */
export async function untilGate(first: Experiment, maxRounds: number, ports: UntilGatePorts): Promise<UntilGateResult> {
  const rounds: Round[] = [];
  const keys = new Set<string>();
  const tried = new Set<string>();
  let experiment = first;
  let changes: readonly string[] = [];
  for (let round = 1; ; round++) {
    const swept = await ports.sweep(experiment);
    for (const key of swept.trialKeys) keys.add(key);
    for (const preparation of experiment.preparations) tried.add(stepsKey(preparation.steps));
    if (swept.interrupted) return { rounds, gate: null, interrupted: true };
    const board = await ports.board(keys);
    const done = await report(ports, board, round, changes, rounds.at(-1));
    if (done === undefined) return { rounds, gate: null, interrupted: false };
    let end = done.verdict === "pass" ? "the rules pass on validation" : unmendable(ports.gate, done);
    if (end === null && round >= maxRounds) end = "the rounds are spent";
    const next =
      end !== null
        ? undefined
        : nextRound({
            experiment: first,
            round: round + 1,
            best: await bestPoints(ports.store, board),
            tried,
            steps: await loadAll(steps),
            families: await loadAll({ ...families, ...rankingFamilies }),
          });
    if (next === undefined) end ??= "nothing new is left to try";
    const { testPatients: _, ...shown } = done;
    rounds.push({ ...shown, failed: swept.failed, end });
    ports.onRound(rounds[round - 1]);
    if (next === undefined) return { rounds, gate: await ports.judge(done.runId, "test"), interrupted: false };
    changes = next.changes;
    experiment = await parseExperiment(`${first.file} (round ${round + 1})`, next.text);
  }
}

async function report(
  ports: UntilGatePorts,
  board: Leaderboard,
  round: number,
  changes: readonly string[],
  before: Round | undefined,
): Promise<(Omit<Round, "failed" | "end"> & { readonly testPatients: number }) | undefined> {
  const best = board.rows.find((row) => row.rank === 1);
  if (best === undefined) return undefined;
  const runId = best.runs[0];
  const { rules, testPatients } = await ports.judge(runId, "validation");
  const judged = rules.filter((rule) => !isAgainstChampion(rule));
  const value = best.metrics[board.rankMetric].mean;
  return {
    round,
    changes,
    runId,
    name: best.name,
    metric: board.rankMetric,
    value,
    gain:
      before === undefined ? null : (value - before.value) * (metricById(board.rankMetric).greaterIsBetter ? 1 : -1),
    verdict: worstOf(judged),
    rules: judged,
    testPatients,
  };
}

/** Why no further round can make the gate pass, or tell whether it would; null where one may. */
function unmendable(
  { entries }: UntilGatePorts["gate"],
  { rules, testPatients }: { readonly rules: readonly RuleVerdict[]; readonly testPatients: number },
): string | null {
  const names = (list: readonly RuleVerdict[]): string => list.map(({ rule }) => rule).join("; ");
  const inData = rules.filter(({ bound }) => bound === "data");
  if (inData.length > 0) return `the data decide these rules, not the model: ${names(inData)}`;
  const tooFew = entries.filter((e) => !isComparison(e) && Number(e.params.min_n) > testPatients);
  if (tooFew.length > 0) {
    const needed = Math.max(...tooFew.map(({ params }) => Number(params.min_n)));
    const ids = [...new Set(tooFew.map(({ id }) => id))].join(", ");
    return `there are ${testPatients} test patients, and the gate asks for ${needed} (${ids}): that takes more patients, or a larger split.test`;
  }
  const open = rules.filter(({ verdict }) => verdict !== "pass");
  return open.every(({ bound }) => bound === "patients")
    ? `validation has too few patients for what is left, whatever the model: ${names(open)}`
    : null;
}

/** Whether a rule needs its patients only where there is a champion. */
function isComparison({ id, params }: GateEntry): boolean {
  return id === "champion" || (id === "cost" && params.max === undefined);
}

/** The best configuration of each family, best first. */
async function bestPoints(store: TrackingStore, board: Leaderboard): Promise<readonly BestPoint[]> {
  const points = new Map<string, BestPoint>();
  for (const row of board.rows) {
    if (row.rank === null || points.has(row.params.family)) continue;
    const text = new TextDecoder().decode(await store.readArtifact(row.runs[0], "config/trial.json"));
    // Trials of before there were such do not have them.
    const none = { resample: "none", calibrate: "none", prior: "none" } as const;
    const trial: Trial = { ...none, ...JSON.parse(text) };
    points.set(trial.family, trial);
  }
  return [...points.values()];
}

async function loadAll<T>(index: Readonly<Record<string, () => Promise<T>>>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(Object.entries(index).map(async ([id, load]) => [id, await load()])));
}
