/** What `disease board` imports when it is needed: Ink and React come with it. */
import type { Board } from "../app.ts";
import type { BoardView } from "../board/view.ts";
import { tableScreen } from "./screens/table.tsx";
import { runShell } from "./shell.tsx";
import { createSource } from "./source.ts";
import type { ThemeId } from "./theme.ts";

export { initialView, secondsOf } from "./initial-view.ts";
export { defaultTheme } from "./theme.ts";

export interface RunBoardOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly theme: ThemeId;
  readonly mouse: boolean;
  readonly view: BoardView;
  /** Seconds between looks for changes. */
  readonly refreshEvery: number;
}

/** Shows the board until it is quit. @returns the signal that ended it, null when a person did */
export async function runBoard(board: Board, options: RunBoardOptions): Promise<NodeJS.Signals | null> {
  const { view, refreshEvery, ...terminal } = options;
  const source = createSource(board, refreshEvery);
  try {
    return await runShell({
      ...terminal,
      first(shell) {
        const screen = tableScreen(shell, source, view);
        source.start(shell.fail);
        return screen;
      },
    });
  } finally {
    source.stop();
  }
}
