import type { BoardView } from "../../board/view.ts";
import { visible } from "../../core/formats/visible.ts";
import { fitPlain } from "../painter/text.ts";
import type { Panel, Shell } from "../screen.ts";
import { styled } from "../theme.ts";
import { List, moved } from "./list.tsx";
import { promptPanel } from "./prompt.tsx";

export interface ViewsPanelOptions {
  /** Saved views by name. */
  list(): Readonly<Record<string, BoardView>>;
  take(name: string, view: BoardView): void;
  save(name: string): void;
  remove(name: string): void;
}

/** Saved views of the project: take one, save what is shown, remove one. */
export function viewsPanel(shell: Shell, options: ViewsPanelOptions): Panel {
  let at = 0;
  const panel: Panel = {
    context: "views",
    height: ({ rows }) => Math.max(3, Math.min(Object.keys(options.list()).length + 1, 12, Math.floor(rows / 2))),
    act(action) {
      const views = options.list();
      const names = Object.keys(views);
      const name = names[at];
      const to = moved(at, names.length, 10, action);
      if (to !== undefined) at = to;
      else if (action === "take" && name !== undefined) {
        shell.close(panel);
        options.take(name, views[name]!);
      } else if (action === "save") {
        const accept = (text: string): boolean => {
          if (text.trim() === "") return false;
          options.save(text.trim());
          return true;
        };
        shell.open(promptPanel(shell, { label: "save this view as", text: name ?? "", accept }));
      } else if (action === "remove" && name !== undefined) options.remove(name);
      else if (action === "close") shell.close(panel);
      else return false;
      shell.render();
      return true;
    },
    view({ columns, rows }) {
      const { theme } = shell;
      const views = Object.entries(options.list());
      at = Math.max(0, Math.min(at, views.length - 1));
      const lines = views.map(([name, view], i) => {
        const text = fitPlain(`${i === at ? "❯" : " "} ${visible(name)}  ${summaryOf(view)}`, columns, "left");
        return i === at ? styled(theme, "selected", text) : text;
      });
      const title = views.length === 0 ? "No saved views yet; s saves what is shown." : "Saved views of this project";
      return <List title={styled(theme, "accent", title)} lines={lines} selected={at} rows={rows} />;
    },
  };
  return panel;
}

function summaryOf({ filter, sort, groupBy }: BoardView): string {
  const parts = [
    filter && `filter ${visible(filter)}`,
    sort.length > 0 &&
      `sort ${sort.map(({ id, descending }) => `${visible(id)} ${descending ? "▼" : "▲"}`).join(", ")}`,
    groupBy.length > 0 && `group ${groupBy.map(visible).join(", ")}`,
  ];
  return parts.filter(Boolean).join(" · ");
}
