import { withOwnNames, worstOf } from "../core/gate.ts";
import type { Change, Labelled, MonitorContext, MonitorReport, PredictionDrift } from "../core/monitoring/monitor.ts";
import type { MonitoringProfile } from "../core/monitoring/profile.ts";
import { countsOf } from "../statistics/drift/tally.ts";
import { reliability } from "../statistics/reliability.ts";
import { compareFeatures } from "./drift.ts";
import type { Monitor } from "./monitor-file.ts";
import { classesOf, figureOf, figuresOf, type Subgroups, subgroupsOf } from "./performance.ts";
import { answerFeatures, type Window, type WindowCounts } from "./window.ts";

/** Patients that rules need where no file says. */
const MIN_N = 100;

export interface ReportInput {
  readonly about: Pick<MonitorReport, "address" | "name" | "version" | "runId" | "made">;
  readonly profile: MonitoringProfile;
  readonly window: Window;
  /** The window before, where that is the baseline. */
  readonly before: WindowCounts | null;
  readonly asked: string;
  readonly others: number;
  readonly unreadable: number;
  readonly monitor: Monitor | null;
  readonly resamples?: number;
}

/** Compares, scores and judges what a window has taken. */
export function makeReport(input: ReportInput): MonitorReport {
  const { profile, monitor, before } = input;
  const now = input.window.counts();
  const labelled = input.window.labelled();
  const baseline = baselineOf(profile, before);
  const problem = problemOf(now, baseline);
  const drift = problem === null ? compareWindows(profile, baseline, now) : null;
  const context: MonitorContext = {
    ...{ profile, drift, driftProblem: problem, labelled },
    ...{ predictions: now.predictions, abstained: now.abstained },
    minN: monitor?.min_n ?? MIN_N,
    bootstrap: { resamples: input.resamples ?? 1000, level: 0.95, seed: 1 },
  };
  const rules = withOwnNames((monitor?.rules ?? []).flatMap((rule) => rule.evaluate(context)));
  const known = labelled === null ? 0 : labelled.units.length + labelled.outside;
  return {
    ...input.about,
    monitor: monitor && { name: monitor.name, file: monitor.file, hash: monitor.hash },
    window: {
      ...{ asked: input.asked, from: now.from, to: now.to },
      ...{ predictions: now.predictions, abstained: now.abstained },
      ...{ others: input.others, unreadable: input.unreadable },
    },
    baseline: { kind: before === null ? "profile" : "window", patients: baseline.patients, problem },
    features: drift?.features ?? [],
    answers: drift?.answers ?? null,
    labels: {
      known,
      coverage: now.predictions === 0 ? 0 : known / now.predictions,
      outside: labelled?.outside ?? 0,
    },
    performance: labelled && performanceOf(labelled, context, monitor?.subgroups ?? []),
    rules,
    verdict: monitor === null ? null : worstOf(rules),
  };
}

type Baseline = Pick<WindowCounts, "features" | "answers"> & {
  readonly patients: number;
  readonly meanProbability: Readonly<Record<string, number>> | null;
};

function baselineOf(profile: MonitoringProfile, before: WindowCounts | null): Baseline {
  if (before !== null) return { ...before, patients: before.predictions };
  return {
    features: profile.training.features.map(countsOf),
    answers: answerFeatures(profile).map(countsOf),
    meanProbability: profile.validation.meanProbability,
    patients: profile.training.rows,
  };
}

function problemOf({ predictions }: WindowCounts, { patients }: Baseline): string | null {
  if (predictions === 0) return "There is no prediction in the window.";
  return patients === 0 ? "There is no prediction in the window before." : null;
}

function compareWindows(
  profile: MonitoringProfile,
  baseline: Baseline,
  now: WindowCounts,
): NonNullable<MonitorContext["drift"]> {
  const answers = compareFeatures(answerFeatures(profile), baseline.answers, now.answers);
  const [predicted, confidence] = answers.length === 1 ? [null, answers[0]] : answers;
  const probabilities =
    baseline.meanProbability && changesOf(profile.classes, baseline.meanProbability, now.meanProbability);
  const drift: PredictionDrift = { predicted, confidence, probabilities };
  return { features: compareFeatures(profile.training.features, baseline.features, now.features), answers: drift };
}

function changesOf(
  names: readonly string[],
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): Change[] {
  return names.map((label) => ({ label, reference: before[label] ?? 0, current: now[label] ?? 0 }));
}

function performanceOf(
  labelled: Labelled,
  { profile, bootstrap }: MonitorContext,
  subgroups: readonly Subgroups[],
): MonitorReport["performance"] {
  const { scored } = labelled;
  if (scored.rows === 0) return null;
  const figures = figuresOf(profile.input).map((id) => figureOf(id, labelled, profile, bootstrap));
  return {
    figures: figures.filter(({ value }) => value !== null).map(({ n: _, ...figure }) => figure),
    classes: classesOf(labelled, profile),
    groups: subgroupsOf(labelled, subgroups, bootstrap),
    reliability: reliability(scored)
      .filter(({ rows }) => rows > 0)
      .map(({ rows, confidence, accuracy }) => ({ rows, confidence, accuracy })),
  };
}
