import * as mlflow from "mlflow-js-client";
import type { DatasetInput, Experiment, Run, RunInfo, SearchRuns, ViewType } from "../../core/store.ts";

export function viewOf(view: ViewType = "active"): mlflow.ViewType {
  return { active: "ACTIVE_ONLY", deleted: "DELETED_ONLY", all: "ALL" }[view] as mlflow.ViewType;
}

export function experimentFrom(experiment: mlflow.Experiment): Experiment {
  return { ...experiment, tags: withoutOurs(experiment.tags) };
}

export function runInfoFrom(info: mlflow.RunInfo): RunInfo {
  return { ...info, endTime: info.endTime ?? null };
}

const EVERYTHING: SearchRuns["columns"] = { metrics: "all", params: "all", tags: "all" };

/** A run with the asked columns: MLflow's API has no such choice, so that all are fetched. */
export function runFrom(run: mlflow.Run, columns: SearchRuns["columns"] = EVERYTHING): Run {
  return {
    info: runInfoFrom(run.info),
    params: chosen(run.params, columns.params),
    metrics: chosen(Object.fromEntries(run.metrics.map((metric) => [metric.key, metric.value])), columns.metrics),
    tags: chosen(withoutOurs(run.tags), columns.tags),
    inputs: run.inputs.datasets.map(({ dataset, tags }) => ({ ...dataset, tags })),
  };
}

export function inputOf({ tags, ...dataset }: DatasetInput): mlflow.DatasetInput {
  return { dataset, tags };
}

/** The tag by which the client knows its own requests again is nobody else's business, and must not be copied. */
export function withoutOurs(tags: mlflow.Tags): mlflow.Tags {
  const { [mlflow.REQUEST_TAG]: _, ...rest } = tags;
  return rest;
}

function chosen<T>(cells: Readonly<Record<string, T>>, keys: readonly string[] | "all"): Readonly<Record<string, T>> {
  if (keys === "all") return cells;
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(cells, key) ? [[key, cells[key]!]] : [])));
}
