/** Entities and contract of a model registry, in MLflow's words. Times in milliseconds since the epoch. */

export const STAGES = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof STAGES)[number];

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
 * transaction; over a server the alias moves last, in one request, and `expect` is checked again just before.
 */
export interface RegistryChange {
  readonly expect?: {
    readonly aliases?: Readonly<Record<string, string | null>>;
    readonly stages?: Readonly<Record<string, Stage>>;
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
}
