/** What `disease board` imports when it is needed: Ink and React come with it. */
import type { BoardView } from "../board/view.ts";
import { tableScreen } from "./screens/table.tsx";
import { runShell } from "./shell.tsx";
import type { BoardSource } from "./source.ts";
import type { ThemeId } from "./theme.ts";

export interface RunBoardOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly theme: ThemeId;
  readonly mouse: boolean;
  readonly view: BoardView;
}

/** Shows the board until it is quit. @returns the signal that ended it, null when a person did */
export function runBoard(source: BoardSource, { view, ...options }: RunBoardOptions): Promise<NodeJS.Signals | null> {
  return runShell({ ...options, first: (shell) => tableScreen(shell, source, view) });
}
