import { posix } from "node:path";
import { UserError } from "../core/errors.ts";
import type { DatasetInput, MetricPoint, RunBatch } from "../core/store.ts";

/** MLflow's limits in characters (mlflow/utils/validation.py). It cuts longer values silently; we refuse them. */
const MAX = {
  key: 250,
  param: 6000,
  tag: 8000,
  experimentName: 500,
  datasetName: 500,
  datasetDigest: 36,
  datasetSourceType: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
} as const;

/** @throws UserError for an empty or too long name */
export function checkExperimentName(name: string): void {
  if (name.trim() === "")
    throw new UserError("An experiment needs a name", { fix: "Give it a name that is not blank." });
  checkLength("The experiment's name", name, MAX.experimentName, name);
}

/** @throws UserError at the first tag whose name or value MLflow would not take */
export function checkTags(tags: Readonly<Record<string, string>>, where: string): void {
  for (const [key, value] of Object.entries(tags)) {
    checkKey("tag", key, where);
    checkLength(`The value of tag ${key}`, value, MAX.tag, where);
  }
}

/**
 * @throws UserError at the first name, value or text that MLflow would not take
 * @throws RangeError for a step or time that is not a whole number: a fault of the caller
 */
export function checkBatch(batch: RunBatch, where: string): void {
  checkMetrics(batch.metrics ?? [], where);
  for (const [key, value] of Object.entries(batch.params ?? {})) {
    checkKey("param", key, where);
    checkLength(`The value of param ${key}`, value, MAX.param, where);
  }
  checkTags(batch.tags ?? {}, where);
  for (const input of batch.inputs ?? []) checkInput(input, where);
}

function checkMetrics(metrics: readonly MetricPoint[], where: string): void {
  let last: string | undefined; // points come grouped by key: check each name once
  for (const { key, step, timestamp } of metrics) {
    if (key !== last) checkKey("metric", key, where);
    last = key;
    if (!Number.isSafeInteger(step) || !Number.isSafeInteger(timestamp) || timestamp < 0) {
      throw new RangeError(`metric ${key}: step ${step} and timestamp ${timestamp} must be whole numbers`);
    }
  }
}

function checkInput(input: DatasetInput, where: string): void {
  checkLength("The dataset's name", input.name, MAX.datasetName, where);
  checkLength("The dataset's digest", input.digest, MAX.datasetDigest, where);
  checkLength("The dataset's source type", input.sourceType, MAX.datasetSourceType, where);
  checkLength("The dataset's source", input.source, MAX.datasetSource, where);
  checkLength("The dataset's schema", input.schema ?? "", MAX.datasetSchema, where);
  checkLength("The dataset's profile", input.profile ?? "", MAX.datasetProfile, where);
  for (const [key, value] of Object.entries(input.tags)) {
    checkLength("The name of a dataset's tag", key, MAX.inputTagKey, where);
    checkLength(`The value of dataset tag ${key}`, value, MAX.inputTagValue, where);
  }
}

/** A name must read the same as a path: MLflow's file stores make one of it. */
export function checkKey(kind: "metric" | "param" | "tag", key: string, where: string): void {
  const shown = JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key)) {
    throw new UserError(`MLflow does not take the ${kind} name ${shown}`, {
      where,
      fix: "Use letters, digits, spaces and _ - . : / only.",
    });
  }
  if (posix.normalize(key) !== key || key === "." || key.startsWith("..") || key.startsWith("/") || key.endsWith("/")) {
    throw new UserError(`MLflow does not take the ${kind} name ${shown}: as a path it would be another name`, {
      where,
      fix: `Leave out "..", "./", "//" and slashes at either end.`,
    });
  }
  checkLength(`The ${kind} name ${shown}`, key, MAX.key, where);
}

export function checkLength(what: string, text: string, limit: number, where: string): void {
  if (text.length <= limit) return;
  const length = [...text].length; // Python counts code points, JavaScript UTF-16 units
  if (length > limit) {
    throw new UserError(`${what} has ${length} characters; MLflow takes ${limit}`, {
      where,
      fix: "Shorten it, or write it to an artifact.",
    });
  }
}
