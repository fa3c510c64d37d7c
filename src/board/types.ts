/** What the room gives to those who draw; functions of the same names make them. */

/** Whether a metric is better when it is greater, by column id ("metrics.val_f1_macro"); absent: not known. */
export type Directions = ReadonlyMap<string, "greater" | "smaller">;

/** Runs that are one line of the table. */
export interface BoardGroup {
  /** Stays the same while the table changes: remembers whether the group is open. */
  readonly key: string;
  /** E.g. "xgboost"; several values are joined by " · ". */
  readonly label: string;
  /** In the order of the sort. */
  readonly rows: Int32Array;
}

/** Mean and spread of a number over a group's finished runs. */
export interface Spread {
  readonly n: number;
  readonly mean: number;
  /** Standard deviation (n − 1); NaN of fewer than two. */
  readonly sd: number;
}

/** The lines of the table, from first to last. */
export interface BoardRows {
  /** Row of the table, or −1 − g for `groups[g]`. */
  readonly lines: Int32Array;
  /** 0, or 1 within an open group or sweep; one a line. */
  readonly depths: Uint8Array;
  readonly groups: readonly BoardGroup[];
  /** Runs that match, sorted, groups and folds not regarded. */
  readonly order: Int32Array;
  /** The same runs as they come in the table; the same array as long as they are the same runs. */
  readonly matching: Int32Array;
  /** Stays the same as long as the same runs stand in the same groups: what is found out of all of them is kept by it. */
  readonly members: object;
  /** Lines of sweeps (nesting "fold") that can be opened, by row: their children in order. */
  readonly children: ReadonlyMap<number, Int32Array>;
  /** The table's version that this is of. */
  readonly version: number;
}

export interface RowsOptions {
  /** Keys of the groups, and run ids of the sweeps, that are open. */
  readonly opened?: ReadonlySet<string>;
  /** The result before, of the same table: what did not change since is not sorted again. */
  readonly previous?: BoardRows;
}

/** A column as it is to be drawn. */
export interface ShownColumn {
  readonly id: string;
  /** Short: "f1_macro", "depth", "status". */
  readonly title: string;
  readonly align: "left" | "right";
  readonly width?: number;
  readonly pinned: boolean;
}
