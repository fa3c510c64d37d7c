import type { MetricPoint } from "./store.ts";

/** Entities and contract of a model registry, in MLflow's words. Times in milliseconds since the epoch. */

export const STAGES = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof STAGES)[number];

/** Tags of the audit trail: with six digits after it, a record on the version that it is about. */
export const AUDIT = "disease.audit.";
/** Tag of the model: "SEQUENCE HASH" of the last record. */
export const AUDIT_HEAD = `${AUDIT}head`;

export interface RegisteredModel {
  readonly name: string;
  readonly creationTime: number;
  readonly lastUpdatedTime: number;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Version by alias. */
  readonly aliases: Readonly<Record<string, string>>;
}

export interface ModelVersion {
  readonly name: string;
  /** "1", "2", … */
  readonly version: string;
  readonly creationTime: number;
  readonly lastUpdatedTime: number;
  readonly description: string;
  readonly stage: Stage;
  /** Where the model's files are: "models:/m-…", "runs:/…/model" or a path. */
  readonly source: string;
  readonly runId: string | null;
  readonly status: "READY" | "PENDING_REGISTRATION" | "FAILED_REGISTRATION";
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
}

export interface CreateVersion {
  readonly name: string;
  readonly source: string;
  readonly runId?: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Changes of one model that belong together. `expect` is what the caller saw when it decided: where it no longer holds,
 * nothing is changed and `change` throws UserError (exit code 2, "someone else …"). An embedded registry makes all of it in one
 * transaction; over a server it is made under a claim, one at a time, and the alias moves last, in one request.
 */
export interface RegistryChange {
  readonly expect?: {
    readonly aliases?: Readonly<Record<string, string | null>>;
    readonly stages?: Readonly<Record<string, Stage>>;
    /** null: the model has no such tag. */
    readonly modelTags?: Readonly<Record<string, string | null>>;
  };
  /** New stage by version. */
  readonly stages?: Readonly<Record<string, Stage>>;
  /** New version by alias; null takes the alias away. */
  readonly aliases?: Readonly<Record<string, string | null>>;
  /** Tags of versions, by version. */
  readonly versionTags?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Tags of the model. */
  readonly modelTags?: Readonly<Record<string, string>>;
}

export interface ModelRegistry {
  readonly uri: string;
  /** Absent where the registry is older than MLflow 3. */
  readonly logged?: LoggedModels;
  /** Finds a registered model by name, or makes it. */
  ensureModel(name: string, description?: string): Promise<RegisteredModel>;
  getModel(name: string): Promise<RegisteredModel | undefined>;
  listModels(): Promise<readonly RegisteredModel[]>;
  /** @throws UserError when the source has no files */
  createVersion(version: CreateVersion): Promise<ModelVersion>;
  getVersion(name: string, version: string): Promise<ModelVersion | undefined>;
  /** Newest first. */
  listVersions(name: string): Promise<readonly ModelVersion[]>;
  change(name: string, change: RegistryChange): Promise<void>;
  deleteVersion(name: string, version: string): Promise<void>;
  deleteVersionTag(name: string, version: string, key: string): Promise<void>;
  close(): void;
}

/** A model as MLflow 3 lists it in the Models tab of an experiment; "models:/m-…" is its address. */
export interface LoggedModel {
  /** "m-" and 32 hex digits */
  readonly modelId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly runId: string | null;
  /** Where its files are. */
  readonly artifactLocation: string;
  readonly status: "PENDING" | "READY" | "FAILED";
  readonly modelType: string;
  readonly creationTime: number;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** The latest value of each metric. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface CreateLoggedModel {
  readonly runId: string;
  /** Without / : . % " ' (MLflow's rule), and not the name of the folder: MLflow would list the files twice. */
  readonly name: string;
  /** The folder of the run's artifacts that holds its files, e.g. "model". */
  readonly folder: string;
  readonly modelType?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * MLflow 3's logged models. The order that makes one appear: the run, `create` (pending), its files, `finalize`, `logMetrics`,
 * then a version with the source "models:/m-…".
 */
export interface LoggedModels {
  /** Pending until `finalize`. */
  create(model: CreateLoggedModel): Promise<LoggedModel>;
  /**
   * Says that the files are in place (or never will be), and that the model is an output of its run. An embedded store keeps the
   * files in the run's folder; over a server they are sent to the model's own place now.
   * @throws UserError when READY is said of a model without files
   */
  finalize(modelId: string, status: "READY" | "FAILED"): Promise<LoggedModel>;
  /** Metrics of the model's run that are the model's too. */
  logMetrics(modelId: string, points: readonly MetricPoint[]): Promise<void>;
  setTags(modelId: string, tags: Readonly<Record<string, string>>): Promise<void>;
  get(modelId: string): Promise<LoggedModel | undefined>;
  /** Those of a run, oldest first. */
  ofRun(runId: string): Promise<readonly LoggedModel[]>;
}
