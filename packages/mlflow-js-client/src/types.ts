/** MLflow's entities, in MLflow's words. Times are milliseconds since the epoch. */

export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";
export type LifecycleStage = "active" | "deleted";
export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
export type LoggedModelStatus =
  | "LOGGED_MODEL_STATUS_UNSPECIFIED"
  | "LOGGED_MODEL_PENDING"
  | "LOGGED_MODEL_READY"
  | "LOGGED_MODEL_UPLOAD_FAILED";
export type ModelVersionStatus = "PENDING_REGISTRATION" | "FAILED_REGISTRATION" | "READY";
export type ModelStage = "None" | "Staging" | "Production" | "Archived";
export type Tags = Readonly<Record<string, string>>;

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

export interface SearchOptions {
  /** MLflow's filter language. */
  readonly filter?: string;
  readonly orderBy?: readonly string[];
  /** Items of one page; the server's default where absent. */
  readonly maxResults?: number;
  /** Where to go on: the `nextPageToken` of the page before. */
  readonly pageToken?: string;
}

export interface Experiment {
  readonly experimentId: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly tags: Tags;
}

export interface Metric {
  readonly key: string;
  /** NaN and infinities are allowed. */
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
  /** The logged model and the dataset that it was measured on and with (MLflow 3). */
  readonly modelId?: string;
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

export interface RunMetric extends Metric {
  readonly runId: string;
}

export interface Dataset {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
}

export interface DatasetInput {
  readonly dataset: Dataset;
  readonly tags: Tags;
}

export interface ModelOutput {
  readonly modelId: string;
  readonly step: number;
}

export interface RunInfo {
  readonly runId: string;
  readonly runName: string;
  readonly experimentId: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly startTime: number;
  readonly endTime: number | undefined;
  readonly artifactUri: string;
  readonly lifecycleStage: LifecycleStage;
}

export interface Run {
  readonly info: RunInfo;
  readonly params: Readonly<Record<string, string>>;
  /** The latest point of each metric. */
  readonly metrics: readonly Metric[];
  readonly tags: Tags;
  readonly inputs: { readonly datasets: readonly DatasetInput[]; readonly modelIds: readonly string[] };
  readonly outputs: readonly ModelOutput[];
}

export interface FileInfo {
  /** From the root of the artifacts, with "/". */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Bytes; undefined for a directory. */
  readonly size: number | undefined;
}

export interface LoggedModel {
  readonly modelId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly artifactUri: string;
  readonly status: LoggedModelStatus;
  readonly statusMessage: string;
  readonly modelType: string;
  readonly sourceRunId: string;
  readonly tags: Tags;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: readonly RunMetric[];
  readonly registrations: readonly { readonly name: string; readonly version: string }[];
}

export interface RegisteredModel {
  readonly name: string;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly userId: string;
  readonly description: string;
  readonly latestVersions: readonly ModelVersion[];
  readonly tags: Tags;
  /** Version by alias. */
  readonly aliases: Readonly<Record<string, string>>;
}

export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly userId: string;
  readonly stage: string;
  readonly description: string;
  readonly source: string;
  readonly runId: string;
  readonly runLink: string;
  readonly modelId: string;
  readonly status: ModelVersionStatus;
  readonly statusMessage: string;
  readonly tags: Tags;
  /** Not filled in by searches. */
  readonly aliases: readonly string[];
}
