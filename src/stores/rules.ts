import { userInfo } from "node:os";
import { UserError } from "../core/errors.ts";
import type { Experiment } from "../core/store.ts";

const DEFAULT_PAGE = 1000;
const MAX_PAGE = 50_000;

/** @throws UserError for a number of runs that MLflow does not give at once */
export function pageSize(asked: number = DEFAULT_PAGE): number {
  if (Number.isInteger(asked) && asked >= 1 && asked <= MAX_PAGE) return asked;
  throw new UserError(`A page has 1 to ${MAX_PAGE} runs, not ${asked}`, { fix: "Ask for fewer, and for more pages." });
}

/** A param is written once. */
export function changedParam(runId: string, key: string, known: string, value: string, where: string): UserError {
  return new UserError(`Run ${runId} has param ${key} = ${shown(known)}; it cannot become ${shown(value)}`, {
    where,
    fix: "Start another run for other params, or write what changes as a tag.",
  });
}

function shown(value: string): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/**
 * `experiment`, which is to get runs.
 * @throws UserError when it is deleted
 */
export function usable(experiment: Experiment, where: string): Experiment {
  if (experiment.lifecycleStage === "active") return experiment;
  throw new UserError(`The experiment "${experiment.name}" is deleted, and its name is not free`, {
    where,
    fix: [
      `Restore it: mlflow experiments restore --experiment-id ${experiment.experimentId}.`,
      "Or give the experiment another name.",
    ],
  });
}

export function noSuchRun(where: string, runId: string): UserError {
  return new UserError(`There is no run ${runId}`, { where, fix: "List the runs: disease exp ls." });
}

export function deletedRun(where: string, runId: string): UserError {
  return new UserError(`Run ${runId} is deleted, and cannot be written to`, { where, fix: "Restore the run first." });
}

/** Whom runs are of when nobody else is named. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown"; // a container's user may have no name
  }
}
