import { CODE_VERSION } from "../../core/build.ts";
import { hashJson } from "../../core/hash.ts";
import type { Calibrate, Preparation, Trial } from "../../core/trial.ts";
import type { Point } from "../kinds/kind.ts";
import { namedParams, type Plan, repeatParts, show, varyingKeys } from "../plan.ts";
import type { Grid } from "../search/axes.ts";
import { MEMBERS } from "./members.ts";

/** A finished trial that may take part in ensembles. */
export interface Candidate {
  readonly trial: Trial;
  readonly runId: string;
}

export interface EnsembleTrial {
  readonly trial: Trial;
  /** Finished trials of the same repeat, in the order of their keys. */
  readonly candidates: readonly Candidate[];
}

const preparation: Preparation = { name: MEMBERS, steps: [] };

/** How many trials of ensembles an experiment has. */
export function countEnsembles({ experiment, splits }: Pick<Plan, "experiment" | "splits">): number {
  return experiment.ensembles.reduce((sum, grid) => sum + pointsOf(grid).length, 0) * splits.length;
}

/**
 * The trials of an experiment's ensembles, over what has finished of it: one a point and repeat that has candidates. Their
 * identity holds that of the candidates: with another trial beside them they are other trials.
 */
export function ensembleTrials(plan: Plan, finished: readonly Candidate[]): EnsembleTrial[] {
  const { experiment, dataset, orphans, splits } = plan;
  const varying = varyingKeys(experiment.ensembles);
  const points = experiment.ensembles.flatMap(pointsOf);
  const shared = {
    data: dataset.hash,
    orphans,
    bootstrap: experiment.config.bootstrap,
    split: experiment.config.split,
  };
  return splits.flatMap(({ seed, fold, hash }) => {
    const candidates = finished
      .filter(({ trial }) => trial.seed === seed && trial.fold === fold)
      .sort((a, b) => (a.trial.key < b.trial.key ? -1 : 1));
    if (candidates.length === 0) return [];
    const members = (key: "key" | "configKey" | "pointKey"): string[] =>
      candidates.map(({ trial }) => trial[key]).sort();
    return points.map((point): EnsembleTrial => {
      const { family, params } = point;
      const asked = { ...shared, family, params, calibrate: point.calibrate === "none" ? undefined : point.calibrate };
      const config = { ...asked, code: CODE_VERSION };
      const all = namedParams(point);
      const named = varying.get(family)!.map((key) => `${key}=${show(all[key])}`);
      return {
        candidates,
        trial: {
          ...point,
          key: hashJson({ ...config, members: members("key"), seed, split: hash }),
          configKey: hashJson({ ...config, members: members("configKey") }),
          pointKey: hashJson({ ...asked, members: members("pointKey") }),
          seed,
          ...(fold === undefined ? {} : { fold }),
          name: [[family, ...named].join(" "), ...repeatParts(experiment, { seed, fold })].join(" · "),
        },
      };
    });
  });
}

function pointsOf({ family, axes }: Grid): Point[] {
  const product = axes.reduce<Record<string, unknown>[]>(
    (points, { key, values }) => points.flatMap((point) => values.map((value) => ({ ...point, [key]: value }))),
    [{}],
  );
  return product.map(({ calibrate, ...params }) => ({
    ...{ family: family.id, params: family.params.parse(params) as Record<string, unknown>, preparation },
    ...{ classWeight: "none", resample: "none", prior: "none", calibrate: (calibrate ?? "none") as Calibrate },
  }));
}
