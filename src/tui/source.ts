/** Keeps a board's table of runs up to date, and tells who looks at it. */
import type { Board } from "../app.ts";
import type { FeedStatus } from "../core/board/board.ts";

/** A board that is followed, as its screens need it. */
export interface BoardSource {
  readonly board: Board;
  readonly status: FeedStatus;
  /** Share of the runs that has been read; null when all have, or it is not known. */
  readonly progress: number | null;
  /** Reads what changed now. @param runs these in any case: the ones that were just written to */
  refresh(runs?: readonly string[]): Promise<void>;
  /** Called after each change of the table, the status or the progress. @returns ends that */
  listen(listener: () => void): () => void;
}

/** Milliseconds between the pictures of a table that is being read, at least; and how many times as long as one took. */
const PICTURE = 100;
const REST = 10;

export interface LiveSource extends BoardSource {
  /** Reads all runs, then what changes. @param fault told of what neither the feed nor we can mend; reading ends then */
  start(fault: (error: unknown) => void): void;
  stop(): void;
}

/** @param refreshEvery seconds between looks for changes */
export function createSource(board: Board, refreshEvery: number): LiveSource {
  const { table, feed } = board;
  const listeners = new Set<() => void>();
  const stopped = new AbortController();
  const { signal } = stopped;
  let progress: number | null = null;
  let timer: NodeJS.Timeout | undefined;

  const tell = (): void => {
    for (const listener of listeners) listener();
  };

  async function refresh(runs?: readonly string[]): Promise<void> {
    const before = feed.status;
    const { added, changed } = await feed.refresh(table, runs);
    if (!signal.aborted && (added + changed > 0 || differ(before, feed.status))) tell();
  }

  async function follow(): Promise<void> {
    let next = 0; // the first rows show at once
    await feed.load(table, signal, (loaded, total) => {
      progress = total === null || total === 0 ? null : loaded / total;
      const begin = performance.now();
      if (signal.aborted || begin < next) return;
      tell();
      // Drawing it is not a part of the time, but grows with the screen alone.
      const end = performance.now();
      next = end + Math.max(PICTURE, REST * (end - begin));
    });
    progress = null;
    if (signal.aborted) return;
    tell();
    const look = async (): Promise<void> => {
      await refresh();
      if (!signal.aborted) timer = setTimeout(() => void look().catch(fail), refreshEvery * 1000);
    };
    await look();
  }
  let fail: (error: unknown) => void = () => {};

  return {
    board,
    get status() {
      return feed.status;
    },
    get progress() {
      return progress;
    },
    refresh,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start(fault) {
      fail = fault;
      follow().catch((error: unknown) => {
        if (!signal.aborted) fail(error);
      });
    },
    stop() {
      stopped.abort();
      clearTimeout(timer);
    },
  };
}

function differ(a: FeedStatus, b: FeedStatus): boolean {
  return a.state !== b.state || (a.state === "unreachable" && b.state === "unreachable" && a.message !== b.message);
}
