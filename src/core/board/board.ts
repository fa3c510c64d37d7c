/** A live table of runs in typed arrays, and where it comes from: what the board sorts, filters and draws. */

/**
 * Numbers of a column by row. The array may be longer than the table and is replaced when the table grows: fetch it anew
 * for each use, and never write to it.
 */
export interface NumberColumn {
  readonly kind: "number";
  readonly id: string;
  /** NaN where a run has no such value, and where the value is NaN. */
  readonly values: Float64Array;
  /** Rows that have the value NaN, which MLflow tells from rows that have none. */
  readonly nans: ReadonlySet<number>;
  /** The table's version at the last change of a value. */
  readonly version: number;
}

/** Texts of a column by row, as codes into its texts. */
export interface TextColumn {
  readonly kind: "text";
  readonly id: string;
  /** Place in `texts`; -1 where a run has no such value. */
  readonly codes: Int32Array;
  /** Distinct; some may be of no row any more. Grows at its end while `epoch` stays the same. */
  readonly texts: readonly string[];
  /** Moves when the codes were given anew. */
  readonly epoch: number;
  readonly version: number;
}

export type BoardColumn = NumberColumn | TextColumn;

/**
 * Runs by row number. A run keeps its number; a run that was deleted stays, with another lifecycle. Columns are named as in
 * MLflow's filter language, keys without quotes: `metrics.val_f1_macro`, `params.family`, `tags.disease.seed`, and `Attr`.
 */
export interface RunTable {
  readonly rows: number;
  /** Moves with every batch of changes that was committed. */
  readonly version: number;
  /** Ids of all columns, in the order in which they came. */
  readonly columnIds: readonly string[];
  column(id: string): BoardColumn | undefined;
  runId(row: number): string;
  rowOf(runId: string): number | undefined;
  /** Rows that were added or changed after a version; undefined when that is too long ago to tell: look at all. */
  changedSince(version: number): Int32Array | undefined;
}

/** The table as a feed sees it. What is written shows at once, and is told of by the next `commit`. */
export interface WritableRunTable extends RunTable {
  /** The run's row, made if need be. */
  add(runId: string): number;
  /** @param value undefined: the run has no such value */
  setNumber(id: string, row: number, value: number | undefined): void;
  setText(id: string, row: number, text: string | undefined): void;
  /** Ends a batch. @returns whether anything changed */
  commit(): boolean;
}

/** Columns that every run has. Times in milliseconds since the epoch, the duration in seconds (NaN while a run goes on). */
export const Attr = {
  name: "attributes.run_name",
  status: "attributes.status",
  start: "attributes.start_time",
  end: "attributes.end_time",
  duration: "attributes.duration",
  /** active, deleted, or purged: no longer in the store at all */
  lifecycle: "attributes.lifecycle",
  user: "attributes.user_id",
  /** Name of the experiment. */
  experiment: "attributes.experiment",
} as const;

/** How it stands with the store or server behind a board. */
export type FeedStatus =
  | { readonly state: "loading" | "live" }
  /** There is no store yet; it is looked for again at each refresh. */
  | { readonly state: "absent" }
  /** What was read is kept, and each refresh tries again. */
  | { readonly state: "unreachable"; readonly since: number; readonly message: string };

export interface BoardChange {
  readonly added: number;
  /** Rows with another value than before, the added ones not among them. */
  readonly changed: number;
}

/** Points of a metric by step; [n] each. */
export interface BoardCurve {
  readonly steps: Float64Array;
  /** NaN where it was NaN. */
  readonly values: Float64Array;
  /** Milliseconds since the epoch. */
  readonly times: Float64Array;
  /** Points in the store; more than n where they were thinned out. */
  readonly total: number;
}

export interface BoardFeed {
  /** What is read: a file, or a server's address without credentials. */
  readonly source: string;
  readonly status: FeedStatus;
  /**
   * Reads all runs in pieces, and lets other work of this process go on between them. What it meets on the way (no store
   * yet, a server that is away) is told by `status` and mended by later refreshes; it does not throw for that.
   * @param onProgress total is null while it is not known
   */
  load(
    table: WritableRunTable,
    signal: AbortSignal,
    onProgress?: (loaded: number, total: number | null) => void,
  ): Promise<void>;
  /**
   * Reads what changed since; cheap when nothing did. One at a time: a call during another gets that one's promise.
   * @param runs these are read again in any case: the ones that the caller has just written to
   */
  refresh(table: WritableRunTable, runs?: readonly string[]): Promise<BoardChange>;
  /**
   * A metric's points by step, at most `points` (default 2,000): first and last are kept, and of those between the
   * least and the greatest of each stretch.
   * @throws UserError when it cannot be read
   */
  curve(runId: string, metric: string, points?: number): Promise<BoardCurve>;
  close(): void;
}
