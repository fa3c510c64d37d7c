/** Work for one process: plain data that survives structured cloning, and the name of the function that does it. */
export interface Job<P = unknown> {
  readonly kind: string;
  readonly payload: P;
  /** Jobs that share it are cheaper on a worker that has done one before (prepared data in memory). */
  readonly affinity?: string;
}

export interface JobOptions {
  readonly signal: AbortSignal;
  /** Events of the running job, in order; none after the promise has settled. */
  onEvent?(event: unknown): void;
}

/**
 * Runs jobs somewhere. `run` resolves with the job's value; rejects with the job's error, with `JobCrashed` when the
 * process that ran it died, or with signal.reason. A crash never takes other jobs with it.
 */
export interface Executor {
  readonly id: string;
  /** How many jobs run at once. */
  readonly capacity: number;
  run(job: Job, options: JobOptions): Promise<unknown>;
  /** Starts now what the first `most` jobs would have to wait for. */
  warm?(most: number): void;
  close(): Promise<void>;
}

/** What a job's process calls: one function a job kind. */
export type JobHandler = (
  payload: unknown,
  context: {
    readonly signal: AbortSignal;
    /** Whether the event was passed on: some are left out where they come thick and fast. */
    emit(event: unknown): boolean;
  },
) => Promise<unknown>;

/** The process of a job died: out of memory, a signal, a crash in native code. */
export class JobCrashed extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "JobCrashed";
  }
}
