import { type JsonObject, listOf, numberOf, objectOf, optionalNumber, optionalText, textOf } from "./json.ts";
import type {
  DatasetInput,
  Experiment,
  FileInfo,
  LifecycleStage,
  LoggedModel,
  LoggedModelStatus,
  Metric,
  ModelVersion,
  ModelVersionStatus,
  RegisteredModel,
  Run,
  RunInfo,
  RunMetric,
  RunStatus,
} from "./types.ts";

/** [{key, value}] as an object. */
export function record(value: unknown, key = "key"): Record<string, string> {
  return Object.fromEntries(listOf(value).map((pair) => [textOf(pair[key]), textOf(pair.value)]));
}

/** An object as [{key, value}]. */
export function pairs(values: Readonly<Record<string, string>> = {}): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

export function experimentFrom(json: JsonObject): Experiment {
  return {
    experimentId: textOf(json.experiment_id),
    name: textOf(json.name),
    artifactLocation: textOf(json.artifact_location),
    lifecycleStage: stageFrom(json),
    creationTime: numberOf(json.creation_time),
    lastUpdateTime: numberOf(json.last_update_time),
    tags: record(json.tags),
  };
}

export function runInfoFrom(json: JsonObject): RunInfo {
  return {
    runId: textOf(json.run_id ?? json.run_uuid),
    runName: textOf(json.run_name),
    experimentId: textOf(json.experiment_id),
    userId: textOf(json.user_id),
    status: textOf(json.status) as RunStatus,
    startTime: numberOf(json.start_time),
    endTime: optionalNumber(json.end_time) || undefined, // 0 is protobuf's "not set"
    artifactUri: textOf(json.artifact_uri),
    lifecycleStage: stageFrom(json),
  };
}

export function runFrom(json: JsonObject): Run {
  const data = objectOf(json.data);
  const inputs = objectOf(json.inputs);
  return {
    info: runInfoFrom(objectOf(json.info)),
    params: record(data.params),
    metrics: listOf(data.metrics).map(metricFrom),
    tags: record(data.tags),
    inputs: {
      datasets: listOf(inputs.dataset_inputs).map(datasetInputFrom),
      modelIds: listOf(inputs.model_inputs).map((m) => textOf(m.model_id)),
    },
    outputs: listOf(objectOf(json.outputs).model_outputs).map((m) => ({
      modelId: textOf(m.model_id),
      step: numberOf(m.step),
    })),
  };
}

export function metricFrom(json: JsonObject): Metric {
  const modelId = optionalText(json.model_id);
  const datasetName = optionalText(json.dataset_name);
  const datasetDigest = optionalText(json.dataset_digest);
  return {
    key: textOf(json.key),
    value: metricValue(json.value),
    timestamp: numberOf(json.timestamp),
    step: numberOf(json.step),
    ...(modelId === undefined ? {} : { modelId }),
    ...(datasetName === undefined ? {} : { datasetName }),
    ...(datasetDigest === undefined ? {} : { datasetDigest }),
  };
}

/** MLflow's SQL store keeps an infinity as the greatest double. */
function metricValue(value: unknown): number {
  const number = numberOf(value);
  return Math.abs(number) === Number.MAX_VALUE ? number * 2 : number;
}

export function runMetricFrom(json: JsonObject): RunMetric {
  return { ...metricFrom(json), runId: textOf(json.run_id) };
}

function datasetInputFrom(json: JsonObject): DatasetInput {
  const dataset = objectOf(json.dataset);
  const schema = optionalText(dataset.schema);
  const profile = optionalText(dataset.profile);
  return {
    dataset: {
      name: textOf(dataset.name),
      digest: textOf(dataset.digest),
      sourceType: textOf(dataset.source_type),
      source: textOf(dataset.source),
      ...(schema === undefined ? {} : { schema }),
      ...(profile === undefined ? {} : { profile }),
    },
    tags: record(json.tags),
  };
}

export function fileFrom(json: JsonObject): FileInfo {
  const isDirectory = json.is_dir === true;
  return { path: textOf(json.path), isDirectory, size: isDirectory ? undefined : numberOf(json.file_size) };
}

export function loggedModelFrom(json: JsonObject): LoggedModel {
  const info = objectOf(json.info);
  const data = objectOf(json.data);
  return {
    modelId: textOf(info.model_id),
    experimentId: textOf(info.experiment_id),
    name: textOf(info.name),
    creationTime: numberOf(info.creation_timestamp_ms),
    lastUpdateTime: numberOf(info.last_updated_timestamp_ms),
    artifactUri: textOf(info.artifact_uri),
    status: textOf(info.status) as LoggedModelStatus,
    statusMessage: textOf(info.status_message),
    modelType: textOf(info.model_type),
    sourceRunId: textOf(info.source_run_id),
    tags: record(info.tags),
    params: record(data.params),
    metrics: listOf(data.metrics).map(runMetricFrom),
    registrations: listOf(info.registrations).map((r) => ({
      name: textOf(r.name),
      version: textOf(r.version),
    })),
  };
}

export function registeredModelFrom(json: JsonObject): RegisteredModel {
  return {
    name: textOf(json.name),
    creationTime: numberOf(json.creation_timestamp),
    lastUpdateTime: numberOf(json.last_updated_timestamp),
    userId: textOf(json.user_id),
    description: textOf(json.description),
    latestVersions: listOf(json.latest_versions).map(modelVersionFrom),
    tags: record(json.tags),
    aliases: Object.fromEntries(listOf(json.aliases).map((a) => [textOf(a.alias), textOf(a.version)])),
  };
}

export function modelVersionFrom(json: JsonObject): ModelVersion {
  return {
    name: textOf(json.name),
    version: textOf(json.version),
    creationTime: numberOf(json.creation_timestamp),
    lastUpdateTime: numberOf(json.last_updated_timestamp),
    userId: textOf(json.user_id),
    stage: textOf(json.current_stage) || "None",
    description: textOf(json.description),
    source: textOf(json.source),
    runId: textOf(json.run_id),
    runLink: textOf(json.run_link),
    modelId: textOf(json.model_id),
    status: (textOf(json.status) || "READY") as ModelVersionStatus,
    statusMessage: textOf(json.status_message),
    tags: record(json.tags),
    aliases: Array.isArray(json.aliases) ? json.aliases.map(textOf) : [],
  };
}

function stageFrom(json: JsonObject): LifecycleStage {
  return json.lifecycle_stage === "deleted" ? "deleted" : "active";
}
