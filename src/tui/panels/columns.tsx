import { addColumn, moveColumn, pinColumn, removeColumn, resizeColumn } from "../../board/edit.ts";
import type { ShownColumn } from "../../board/types.ts";
import type { BoardView } from "../../board/view.ts";
import { foldLetters } from "../../core/formats/fold.ts";
import { visible } from "../../core/formats/visible.ts";
import { fitPlain } from "../painter/text.ts";
import type { Panel, Shell } from "../screen.ts";
import { styled } from "../theme.ts";
import { firstSeen, List, moved } from "./list.tsx";
import { promptPanel } from "./prompt.tsx";

export interface ColumnsPanelOptions {
  /** The columns that the view has chosen, or the default ones; and every column that there is. */
  shown(): readonly ShownColumn[];
  all(): readonly string[];
  width(id: string): number;
  change(how: (view: BoardView) => BoardView): void;
}

/** Chooses, reorders, pins and resizes columns; the table above changes at once. */
export function columnsPanel(shell: Shell, options: ColumnsPanelOptions): Panel {
  let at = 0;
  const rowsOf = (height: number): number => Math.max(4, Math.min(16, Math.floor(height / 2)));
  /** Shown ones in their order, then the others. */
  const list = (): string[] => {
    const shown = options.shown().map(({ id }) => id);
    return [...shown, ...options.all().filter((id) => !shown.includes(id))];
  };

  /** Changes the column here, and goes where it goes; one that is not shown is shown first. */
  function alter(id: string, how: (view: BoardView, shown: readonly ShownColumn[]) => BoardView): void {
    if (options.shown().every((column) => column.id !== id)) options.change((v) => addColumn(v, options.shown(), id));
    options.change((view) => how(view, options.shown()));
    at = Math.max(0, list().indexOf(id));
  }
  function toggle(id: string): void {
    const isShown = options.shown().some((column) => column.id === id);
    options.change((view) => (isShown ? removeColumn : addColumn)(view, options.shown(), id));
    if (!isShown) at = Math.max(0, list().indexOf(id));
  }
  function find(): void {
    const origin = at;
    const seek = (text: string): boolean => {
      const place = list().findIndex((id) => foldLetters(id).includes(foldLetters(text)));
      at = place < 0 ? origin : place;
      return true;
    };
    shell.open(
      promptPanel(shell, {
        label: "column",
        text: "",
        draft: seek,
        accept: seek,
        cancel: () => {
          at = origin;
        },
      }),
    );
  }

  const panel: Panel = {
    context: "columns",
    height: ({ rows }) => rowsOf(rows),
    act(action) {
      const ids = list();
      const id = ids[at]!;
      const to = moved(at, ids.length, rowsOf(shell.size.rows) - 1, action);
      if (to !== undefined) at = to;
      else if (action === "toggle") toggle(id);
      else if (action === "move-up") alter(id, (view, shown) => moveColumn(view, shown, id, -1));
      else if (action === "move-down") alter(id, (view, shown) => moveColumn(view, shown, id, 1));
      else if (action === "pin") alter(id, (view, shown) => pinColumn(view, shown, id));
      else if (action === "wider" || action === "narrower") {
        const width = options.width(id) + (action === "wider" ? 2 : -2);
        alter(id, (view, shown) => resizeColumn(view, shown, id, width));
      } else if (action === "find") find();
      else if (action === "reset") options.change((view) => ({ ...view, columns: [] }));
      else if (action === "close") shell.close(panel);
      else return false;
      shell.render();
      return true;
    },
    mouse(event, y) {
      const ids = list();
      const rows = rowsOf(shell.size.rows) - 1;
      if (event.kind === "wheel-down" || event.kind === "wheel-up")
        at = Math.max(0, Math.min(ids.length - 1, at + (event.kind === "wheel-down" ? 3 : -3)));
      else if (event.kind === "press" && y > 0) {
        at = Math.min(ids.length - 1, firstSeen(at, ids.length, rows) + y - 1);
        toggle(ids[at]!);
      }
      shell.render();
    },
    view({ columns: width, rows }) {
      const { theme } = shell;
      const shown = new Map(options.shown().map((column) => [column.id, column]));
      const ids = list();
      at = Math.min(at, ids.length - 1);
      const lines = ids.map((id, i) => {
        const column = shown.get(id);
        const state = column
          ? `[x] ${column.pinned ? "pinned" : "      "} ${String(options.width(id)).padStart(3)}`
          : `[ ]           `;
        const text = fitPlain(`${i === at ? "❯" : " "} ${state}  ${visible(id)}`, width, "left");
        return i === at ? styled(theme, "selected", text) : column ? text : styled(theme, "dim", text);
      });
      const title = styled(theme, "accent", `Columns: ${shown.size} of ${ids.length}`);
      return <List title={title} lines={lines} selected={at} rows={rows} />;
    },
  };
  return panel;
}
