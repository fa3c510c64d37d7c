/** What `disease board` imports when it is needed: Ink and React come with it. */
import type { Board, LiveSweep } from "../app.ts";
import type { BoardView } from "../board/view.ts";
import { type SweepEnd, sweepScreen } from "./screens/sweep.ts";
import { tableScreen } from "./screens/table.tsx";
import { runShell } from "./shell.tsx";
import { createSource } from "./source.ts";
import type { ThemeId } from "./theme.ts";

export { initialView, secondsOf } from "./initial-view.ts";
export { defaultTheme, isTheme } from "./theme.ts";

export interface RunBoardOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly theme: ThemeId;
  readonly mouse: boolean;
  readonly view: BoardView;
  /** What is shown over the table at first. */
  readonly screen?: "registry";
  /** Seconds between looks for changes. */
  readonly refreshEvery: number;
}

/** Shows the board until it is quit. @returns the signal that ended it, null when a person did */
export async function runBoard(board: Board, options: RunBoardOptions): Promise<NodeJS.Signals | null> {
  const { view, screen: over, refreshEvery, ...terminal } = options;
  const source = createSource(board, refreshEvery);
  try {
    return await runShell({
      ...terminal,
      first(shell) {
        const screen = tableScreen(shell, source, view);
        source.start(shell.fail);
        if (over) setImmediate(() => screen.act(over)); // once it is the first
        return screen;
      },
    });
  } finally {
    source.stop();
  }
}

/**
 * Shows a sweep that runs in a process of its own, until it ends or is left.
 * @returns the signal that ended the view, or why it was left; a terminal that is gone counts as detached
 */
export async function runSweepView(
  live: LiveSweep,
  terminal: Pick<RunBoardOptions, "stdin" | "stdout" | "theme" | "mouse">,
): Promise<SweepEnd | NodeJS.Signals> {
  let how: SweepEnd = "detached";
  const signal = await runShell({
    ...terminal,
    first: (shell) =>
      sweepScreen(shell, live, (end) => {
        how = end;
        shell.quit();
      }),
  });
  return signal ?? how;
}
