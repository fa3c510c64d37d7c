import type { Dataset } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import { pack } from "../../core/formats/container.ts";
import type { Trial } from "../../core/trial.ts";
import type { Experiment } from "../config.ts";
import type { Finish } from "../jobs/finish.ts";
import type { KnowledgeFiles, PreparePayload } from "../jobs/prepare.ts";
import type { TrialPayload } from "../jobs/trial.ts";
import type { TableConfig } from "../schema.ts";
import { type Point, repeatOf, type TrialKind } from "./kind.ts";
import { releaseFacts } from "./ranking.ts";

/**
 * Trials on a table of patients: its columns are prepared, and a family predicts the class.
 * @param files that steps and families read
 * @throws UserError when the experiment names an orphan class that is not there
 */
export function tableKind(experiment: Experiment, dataset: Dataset, files: KnowledgeFiles = {}): TrialKind {
  const orphans = orphanClasses(experiment, dataset);
  const unseen = (experiment.config as TableConfig).split.unseen !== undefined;
  const release = Object.values(files).find((file) => file.release)?.release;
  return {
    input: "table",
    orphans,
    ...(release && { knowledge: releaseFacts(release) }),
    usesKnowledge: ({ params }) => Object.values(params).some((path) => files[String(path)]?.release !== undefined),
    asked: ({ params, preparation, classWeight, resample, calibrate, prior }: Point) => ({
      preparation: preparation.steps,
      classWeight,
      // Left out where they are none, so that what was asked before there were such is asked alike.
      resample: resample === "none" ? undefined : resample,
      calibrate: calibrate === "none" ? undefined : calibrate,
      prior: prior === "none" ? undefined : prior,
      files: hashesOf([params, ...preparation.steps.map((step) => step.params)], files),
    }),
    params: ({ preparation, classWeight, resample, calibrate, prior }) => {
      // Runs of before there were these have no such param, and are alike.
      const common = Object.entries({ resample, calibrate, prior }).filter(([, value]) => value !== "none");
      return {
        preparation: preparation.name,
        preparation_steps: preparation.steps.map((s) => s.id).join(" > "),
        class_weight: classWeight,
        ...Object.fromEntries(
          common.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
        ),
      };
    },
    open({ splits }, workDir, threads) {
      const datasetFile = workDir.write("dataset.bin", pack(dataset));
      const splitFiles = splits.map((split, i) => workDir.write(`split-${i}.bin`, pack(split)));
      const names = experiment.preparations.map(({ name }) => name);
      const preparedFile = (trial: Trial): string =>
        workDir.file(`prepared-${names.indexOf(trial.preparation.name)}-${repeatOf(splits, trial)}.bin`);
      return {
        keyOf: (trial) => `${trial.preparation.name}-${repeatOf(splits, trial)}`,
        prepare(trial) {
          const payload: PreparePayload = {
            datasetFile,
            splitFile: splitFiles[repeatOf(splits, trial)]!,
            preparation: trial.preparation,
            seed: trial.seed,
            files,
            outFile: preparedFile(trial),
          };
          return { kind: "prepare", payload };
        },
        fit(trial, outDir) {
          const payload: TrialPayload = {
            ...finishOf({ experiment, orphans }, trial, outDir),
            preparedFile: preparedFile(trial),
            threads,
            files,
            unseen,
          };
          return { kind: "trial", payload, affinity: payload.preparedFile };
        },
      };
    },
  };
}

/** How a trial's job scores and keeps it. */
export function finishOf(
  { experiment, orphans }: { readonly experiment: Experiment; readonly orphans: readonly number[] },
  trial: Trial,
  outDir: string,
): Finish {
  const { bootstrap, charts } = experiment.config as TableConfig;
  return { trial, orphans, bootstrap, charts: charts === "all", outDir };
}

/** Of the files that params name; undefined where they name none, so that such trials are known as ever. */
function hashesOf(params: readonly Trial["params"][], files: KnowledgeFiles): readonly string[] | undefined {
  const named = Object.entries(files).filter(([path]) => params.some((own) => Object.values(own).includes(path)));
  return named.length === 0 ? undefined : named.map(([, { hash }]) => hash);
}

function orphanClasses(experiment: Experiment, dataset: Dataset): number[] {
  const { orphans } = (experiment.config as TableConfig).data;
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
