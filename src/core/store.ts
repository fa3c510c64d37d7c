/** Entities and contract of a tracking store, in MLflow's words. Times in milliseconds since the epoch. */

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
export type LifecycleStage = "active" | "deleted";
export type ViewType = "active" | "deleted" | "all";

export interface Experiment {
  readonly experimentId: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  readonly creationTime: number;
  readonly lastUpdateTime: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface MetricPoint {
  readonly key: string;
  /** NaN and infinities are allowed. */
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** The point that MLflow shows as a metric's value: of the greatest step, then time, then value (NaN as 0); undefined of none. */
export function latestPoint(points: readonly MetricPoint[]): MetricPoint | undefined {
  const rank = ({ value }: MetricPoint): number => (Number.isNaN(value) ? 0 : value);
  const byRank = (a: MetricPoint, b: MetricPoint): number =>
    a.step - b.step || a.timestamp - b.timestamp || rank(a) - rank(b);
  return points.toSorted(byRank).at(-1);
}

export interface RunInfo {
  /** 32 hex digits. */
  readonly runId: string;
  readonly runName: string;
  readonly experimentId: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly lifecycleStage: LifecycleStage;
  readonly artifactUri: string;
}

export interface DatasetInput {
  readonly name: string;
  /** At most 36 characters. */
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  /** JSON texts, as MLflow stores them. */
  readonly schema?: string;
  readonly profile?: string;
  /** e.g. {"mlflow.data.context": "training"} */
  readonly tags: Readonly<Record<string, string>>;
}

export interface Run {
  readonly info: RunInfo;
  readonly params: Readonly<Record<string, string>>;
  /** The latest value of each metric. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly DatasetInput[];
}

export interface CreateRun {
  readonly experimentId: string;
  readonly runName: string;
  readonly startTime: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly userId?: string;
}

/** What one flush writes, all or nothing. */
export interface RunBatch {
  readonly metrics?: readonly MetricPoint[];
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly inputs?: readonly DatasetInput[];
  readonly status?: RunStatus;
  readonly endTime?: number;
}

export interface SearchRuns {
  readonly experimentIds: readonly string[];
  /** MLflow's filter language: `metrics.val_f1_macro > 0.9 and params.family = 'xgboost'`. */
  readonly filter?: string;
  /** e.g. ["metrics.val_f1_macro DESC", "attributes.start_time"]; nulls and NaN come last, as in MLflow. */
  readonly orderBy?: readonly string[];
  readonly view?: ViewType;
  /** 1 … 50,000; default 1,000 */
  readonly maxResults?: number;
  readonly pageToken?: string;
  /** Which metric, param and tag keys are read; "all" is dear on many runs. */
  readonly columns: {
    readonly metrics: readonly string[] | "all";
    readonly params: readonly string[] | "all";
    readonly tags: readonly string[] | "all";
  };
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

export interface ArtifactInfo {
  /** Relative to the run's artifact root, with "/" on every system. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Bytes; null for a directory. */
  readonly size: number | null;
}

export interface TrackingStore {
  readonly uri: string;
  /** Finds an active experiment by name, or makes it. A deleted one of that name is refused with advice. */
  ensureExperiment(name: string): Promise<Experiment>;
  getExperimentByName(name: string): Promise<Experiment | undefined>;
  listExperiments(view?: ViewType): Promise<readonly Experiment[]>;
  createRun(run: CreateRun): Promise<RunInfo>;
  /** Params may be written again only with the same value; ending a run is part of the same transaction. */
  write(runId: string, batch: RunBatch): Promise<void>;
  deleteTag(runId: string, key: string): Promise<void>;
  deleteRun(runId: string): Promise<void>;
  restoreRun(runId: string): Promise<void>;
  /** @throws UserError when there is no such run */
  getRun(runId: string): Promise<Run>;
  searchRuns(search: SearchRuns): Promise<Page<Run>>;
  metricHistory(runId: string, key: string): Promise<readonly MetricPoint[]>;
  /** Where a run's files are, when that is a local folder; they may be written there directly. */
  localArtifacts(runId: string): Promise<string | undefined>;
  listArtifacts(runId: string, path?: string): Promise<readonly ArtifactInfo[]>;
  /**
   * @param most only so many bytes of its begin are read; all of it when absent
   * @throws UserError when there is no such file
   */
  readArtifact(runId: string, path: string, most?: number): Promise<Uint8Array>;
  writeArtifact(runId: string, path: string, bytes: Uint8Array): Promise<void>;
  /** The same for a file of this machine, not held in memory; absent where `writeArtifact` is as good. */
  uploadArtifact?(runId: string, path: string, file: string, onProgress?: () => void): Promise<void>;
  close(): void;
}
