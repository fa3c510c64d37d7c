import type { Directions } from "../board/types.ts";
import type { BoardView } from "../board/view.ts";
import type { FeedStatus, RunTable } from "../core/board.ts";

/** Where the board's runs come from, as its screens need it. */
export interface BoardSource {
  readonly table: RunTable;
  readonly status: FeedStatus;
  /** Share of the runs that has been read; null when all have, or it is not known. */
  readonly progress: number | null;
  readonly directions: Directions;
  /** Column of the metric that runs are ranked by. */
  readonly rank: string | undefined;
  /** Names of experiments that were asked for; none: all. */
  readonly experiments: readonly string[];
  /** File or address of the store. */
  readonly address: string;
  standing(runId: string): "best" | "tied" | undefined;
  /** Reads what changed now. */
  refresh(): Promise<void>;
  /** Called after each change of the table, the status or the progress. */
  listen(listener: () => void): void;
  views(): Readonly<Record<string, BoardView>>;
  saveView(name: string, view: BoardView): void;
  removeView(name: string): void;
}
