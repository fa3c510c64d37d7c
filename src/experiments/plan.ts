import { CODE_VERSION } from "../core/build.ts";
import type { Dataset, Split } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { hashJson } from "../core/hash.ts";
import type { ClassWeight, Preparation, Resample, Trial } from "../core/trial.ts";
import type { Axis, Experiment, Grid } from "./config.ts";

/** More than this many trials are planned only when `--max-trials` says so. */
export const DEFAULT_MAX_TRIALS = 1000;

/** Files that preparation steps read, by the path that the experiment gives. */
export type KnowledgeFiles = Readonly<
  Record<string, { /** Absolute. */ readonly path: string /** SHA-256 of the content. */; readonly hash: string }>
>;

export interface Plan {
  readonly experiment: Experiment;
  readonly dataset: Dataset;
  /** One split a seed, in the order of the seeds. */
  readonly splits: readonly Split[];
  readonly trials: readonly Trial[];
  readonly files: KnowledgeFiles;
  /** Class codes of the orphan classes. */
  readonly orphans: readonly number[];
}

/** How many trials a grid spans, without making them. */
export function countTrials(experiment: Experiment): number {
  return (
    experiment.grids.reduce((sum, grid) => sum + grid.axes.reduce((n, a) => n * a.values.length, 1), 0) *
    experiment.config.seeds.length
  );
}

/** @throws UserError when the grid spans more trials than allowed */
export function checkTrialCount(experiment: Experiment, maxTrials = DEFAULT_MAX_TRIALS): void {
  const count = countTrials(experiment);
  if (count <= maxTrials) return;
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
 * Every trial of an experiment: the product of each grid's axes and the seeds, doubles left out.
 * @param splits one a seed, in the order of experiment.config.seeds
 */
export function planTrials(
  experiment: Experiment,
  dataset: Dataset,
  splits: readonly Split[],
  files: KnowledgeFiles = {},
): Plan {
  const orphans = orphanClasses(experiment, dataset);
  const points = experiment.grids.flatMap((grid) =>
    product(grid.axes).map((values) => pointOf(grid, values, experiment.preparations)),
  );
  const varying = varyingKeys(points);
  const trials = new Map<string, Trial>();
  const { bootstrap, seeds } = experiment.config;
  for (const point of points) {
    const asked = {
      family: point.family,
      params: point.params,
      preparation: point.preparation.steps,
      classWeight: point.classWeight,
      // Left out where it is none, so that what was asked before there was resampling is asked alike.
      resample: point.resample === "none" ? undefined : point.resample,
      files: hashesOf(point.preparation, files),
      data: dataset.hash,
      orphans,
      bootstrap,
      split: experiment.config.split,
    };
    const config = { ...asked, code: CODE_VERSION };
    const configKey = hashJson(config);
    const pointKey = hashJson(asked);
    seeds.forEach((seed, i) => {
      const key = hashJson({ ...config, seed, split: splits[i]!.hash });
      if (trials.has(key)) return;
      trials.set(key, {
        ...point,
        key,
        configKey,
        pointKey,
        seed,
        name: nameOf(point, varying.get(point.family)!, experiment, seed),
      });
    });
  }
  return { experiment, dataset, splits, trials: [...trials.values()], files, orphans };
}

/** Of the files that a preparation names; undefined where it names none, so that such trials are known as ever. */
function hashesOf({ steps }: Preparation, files: KnowledgeFiles): readonly string[] | undefined {
  const named = Object.entries(files).filter(([path]) =>
    steps.some(({ params }) => Object.values(params).includes(path)),
  );
  return named.length === 0 ? undefined : named.map(([, { hash }]) => hash);
}

type Point = Pick<Trial, "family" | "params" | "preparation" | "classWeight" | "resample">;

function product(axes: readonly Axis[]): Record<string, unknown>[] {
  return axes.reduce<Record<string, unknown>[]>(
    (points, axis) => points.flatMap((point) => axis.values.map((value) => ({ ...point, [axis.key]: value }))),
    [{}],
  );
}

function pointOf(grid: Grid, values: Record<string, unknown>, preparations: readonly Preparation[]): Point {
  const { preparation, class_weight: classWeight = "none", resample = "none", ...params } = values;
  return {
    family: grid.family.id,
    params: grid.family.params.parse(params) as Record<string, unknown>,
    preparation: preparations.find((p) => p.name === preparation)!,
    classWeight: classWeight as ClassWeight,
    resample: resample as Resample,
  };
}

/** By family: the hyper-parameters that take more than one value. */
function varyingKeys(points: readonly Point[]): Map<string, string[]> {
  const seen = new Map<string, Map<string, Set<string>>>();
  for (const point of points) {
    const family = seen.get(point.family) ?? new Map<string, Set<string>>();
    seen.set(point.family, family);
    for (const [key, value] of Object.entries(namedParams(point))) {
      family.set(key, (family.get(key) ?? new Set()).add(JSON.stringify(value)));
    }
  }
  return new Map(
    [...seen].map(([id, keys]) => [id, [...keys].filter(([, values]) => values.size > 1).map(([key]) => key)]),
  );
}

/** What a trial is named after when it varies. */
function namedParams({ params, classWeight, resample }: Point): Record<string, unknown> {
  return { ...params, class_weight: classWeight, resample };
}

function nameOf(point: Point, varying: readonly string[], experiment: Experiment, seed: number): string {
  const all = namedParams(point);
  const parts = [[point.family, ...varying.map((key) => `${key}=${show(all[key])}`)].join(" ")];
  if (experiment.preparations.length > 1) parts.push(point.preparation.name);
  if (experiment.config.seeds.length > 1) parts.push(`seed ${seed}`);
  return parts.join(" · ");
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function orphanClasses(experiment: Experiment, dataset: Dataset): number[] {
  const { orphans } = experiment.config.data;
  const { classes, codes } = dataset.target;
  if (Array.isArray(orphans)) {
    return orphans.map((name) => {
      const code = classes.indexOf(name);
      if (code >= 0) return code;
      throw new UserError(`data.orphans: no class "${name}" in ${dataset.target.name}`, {
        where: experiment.file,
        fix: `Classes: ${classes.slice(0, 20).join(", ")}${classes.length > 20 ? ", …" : ""}`,
      });
    });
  }
  const counts = new Int32Array(classes.length);
  for (const code of codes) counts[code]!++;
  return [...counts.keys()].filter((code) => counts[code]! <= orphans.max_rows);
}
