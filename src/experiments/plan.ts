import { CODE_VERSION } from "../core/build.ts";
import type { Dataset, Split } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { hashJson } from "../core/hash.ts";
import type { SpacePoint } from "../core/search.ts";
import type { Calibrate, ClassWeight, Preparation, Prior, Resample, Trial } from "../core/trial.ts";
import { countPoints } from "../search/_space.ts";
import { checkPrior } from "../statistics/calibration/prior.ts";
import type { Experiment } from "./config.ts";
import type { Point, TrialKind } from "./kinds/kind.ts";
import { tableKind } from "./kinds/table.ts";
import { type Grid, valuesAt } from "./search/axes.ts";

/** More than this many trials are planned only when `--max-trials` says so. */
export const DEFAULT_MAX_TRIALS = 1000;

export interface Plan {
  readonly experiment: Experiment;
  readonly dataset: Dataset;
  /** One split a repeat: by seed, in the order of the seeds, and fold. */
  readonly splits: readonly Split[];
  /** All that are known before anything has run: none where a search chooses them. */
  readonly trials: readonly Trial[];
  /** The trials of a point of the experiment's space, one a repeat. */
  readonly trialsOf: (point: SpacePoint) => readonly Trial[];
  readonly kind: TrialKind;
  /** Class codes of the orphan classes. */
  readonly orphans: readonly number[];
  /** Seconds that reading the data and drawing the splits took. */
  readonly spent?: { readonly wall: number; readonly cpu: number };
}

/** Trials of a point: seeds times folds. */
export function countRepeats({ seeds, split }: Experiment["config"]): number {
  return seeds.length * (split.folds ?? 1);
}

/** How many trials a grid spans, or a search runs at most, without making them. */
export function countTrials({ search, config }: Experiment): number {
  return Math.min(countPoints(search.space), search.trials) * countRepeats(config);
}

/** @throws UserError when the grid spans more trials than allowed */
export function checkTrialCount(experiment: Experiment, maxTrials = DEFAULT_MAX_TRIALS): void {
  const count = countTrials(experiment);
  // A search runs as many as it was told to.
  if (count <= maxTrials || experiment.search.strategy.kind === "sequence") return;
  throw new UserError(
    `the grid spans ${count.toLocaleString("en")} trials, more than ${maxTrials.toLocaleString("en")}`,
    {
      where: experiment.file,
      fix: [
        `Narrow it (--set families.${experiment.grids[0]!.family.id}.KEY=VALUE),`,
        `or allow it: --max-trials ${count}`,
      ],
    },
  );
}

/**
 * Every trial of an experiment: of a grid the product of its axes and the repeats, doubles left out.
 * @param splits one a repeat
 * @param kind what its trials are of
 */
export function planTrials(
  experiment: Experiment,
  dataset: Dataset,
  splits: readonly Split[],
  kind: TrialKind = tableKind(experiment, dataset),
): Plan {
  const { orphans } = kind;
  const trialsOf = trialMaker(experiment, dataset, splits, kind);
  const { strategy, space, trials: most } = experiment.search;
  const trials = new Map<string, Trial>();
  const points = new Set<string>();
  for (const point of strategy.kind === "list" ? strategy.points(space) : []) {
    const made = trialsOf(point);
    points.add(made[0]!.configKey);
    if (points.size > most) break;
    for (const trial of made) if (!trials.has(trial.key)) trials.set(trial.key, trial);
  }
  return { experiment, dataset, splits, trials: [...trials.values()], trialsOf, kind, orphans };
}

function trialMaker(
  experiment: Experiment,
  dataset: Dataset,
  splits: readonly Split[],
  kind: TrialKind,
): Plan["trialsOf"] {
  const varying = varyingKeys(experiment.grids);
  const backends = new Map(experiment.grids.map(({ family }) => [family.id, family.backend?.()]));
  const { bootstrap } = experiment.config;
  return (spacePoint) => {
    const { grid, values } = valuesAt(experiment.grids, spacePoint);
    const point = pointOf(grid, values, experiment.preparations);
    checkPrior(point.prior, dataset.target.classes, `${experiment.file}: families.${point.family}`);
    const asked = {
      family: point.family,
      params: point.params,
      ...kind.asked(point),
      data: dataset.hash,
      orphans: kind.orphans,
      bootstrap,
      split: experiment.config.split,
    };
    const backend = backends.get(point.family);
    const config = { ...asked, code: CODE_VERSION, ...(backend !== undefined && { backend }) };
    const configKey = hashJson(config);
    const pointKey = hashJson(asked);
    const left = grid.axes.filter((a) => !Object.hasOwn(values, a.key)).map((a) => a.key);
    const named = varying.get(point.family)!.filter((key) => !left.includes(key));
    return splits.map(({ seed, fold, hash }) => ({
      ...point,
      key: hashJson({ ...config, seed, split: hash }),
      configKey,
      pointKey,
      seed,
      ...(fold === undefined ? {} : { fold }),
      ...(backend !== undefined && { backend }),
      name: nameOf(point, named, experiment, { seed, fold }),
    }));
  };
}

function pointOf(grid: Grid, values: Readonly<Record<string, unknown>>, preparations: readonly Preparation[]): Point {
  const { preparation, class_weight, resample, calibrate, prior, ...params } = values;
  return {
    family: grid.family.id,
    params: grid.family.params.parse(params) as Record<string, unknown>,
    preparation: preparations.find((p) => p.name === preparation)!,
    classWeight: (class_weight ?? "none") as ClassWeight,
    resample: (resample ?? "none") as Resample,
    calibrate: (calibrate ?? "none") as Calibrate,
    prior: (prior ?? "none") as Prior,
  };
}

/** By family: the hyper-parameters that take more than one value, in the family's order. */
export function varyingKeys(grids: readonly Grid[]): Map<string, string[]> {
  const seen = new Map<string, Map<string, Set<string>>>();
  for (const { family, axes } of grids) {
    const keys = seen.get(family.id) ?? new Map<string, Set<string>>();
    seen.set(family.id, keys);
    const defaults: Record<string, unknown> = {
      ...(family.params.parse({}) as object),
      ...{ class_weight: "none", resample: "none", calibrate: "none", prior: "none" },
    };
    for (const key of new Set([...Object.keys(defaults), ...axes.map((a) => a.key)])) {
      if (key === "preparation") continue;
      const axis = axes.find((a) => a.key === key);
      const values = axis?.range ? [axis.range.low, axis.range.high] : (axis?.values ?? [defaults[key]]);
      keys.set(key, new Set([...(keys.get(key) ?? []), ...values.map((v) => JSON.stringify(v))]));
    }
  }
  return new Map(
    [...seen].map(([id, keys]) => [id, [...keys].filter(([, values]) => values.size > 1).map(([key]) => key)]),
  );
}

/** What a trial is named after when it varies. */
export function namedParams({ params, classWeight, resample, calibrate, prior }: Point): Record<string, unknown> {
  return { ...params, class_weight: classWeight, resample, calibrate, prior };
}

function nameOf(
  point: Point,
  varying: readonly string[],
  experiment: Experiment,
  { seed, fold }: Pick<Trial, "seed" | "fold">,
): string {
  const all = namedParams(point);
  const parts = [[point.family, ...varying.map((key) => `${key}=${show(all[key])}`)].join(" ")];
  if (experiment.preparations.length > 1) parts.push(point.preparation.name);
  return [...parts, ...repeatParts(experiment, { seed, fold })].join(" · ");
}

/** What a trial's name says of its repeat. */
export function repeatParts(experiment: Experiment, { seed, fold }: Pick<Trial, "seed" | "fold">): string[] {
  return [
    ...(experiment.config.seeds.length > 1 ? [`seed ${seed}`] : []),
    ...(fold === undefined ? [] : [`fold ${fold + 1}`]),
  ];
}

export function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
