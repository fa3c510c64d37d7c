import { runsOfLine } from "../../board/rows.ts";
import type { BoardView } from "../../board/view.ts";
import { type Acts, createActs } from "../acts/acts.ts";
import { actOn, openActMenu } from "../acts/menu.ts";
import { type ActSubject, runSubject } from "../acts/subject.ts";
import type { ActionId } from "../keys.ts";
import type { Shell } from "../screen.ts";
import { actHistoryScreen } from "../screens/act-history.ts";
import { registryScreen } from "../screens/registry.ts";
import type { BoardSource } from "../source.ts";
import type { TableModel } from "./model.ts";

export interface TableActs {
  readonly acts: Acts;
  readonly actions: Partial<Record<ActionId, () => void>>;
}

const NEXT = { active: "all", all: "deleted", deleted: "active" } as const;
const SAID = { active: "deleted runs are hidden", all: "deleted runs too", deleted: "deleted runs alone" } as const;

/** What the table's keys do to runs: to the marked ones, else to those of the selected line. */
export function tableActs(
  shell: Shell,
  source: BoardSource,
  model: TableModel,
  change: (view: Partial<BoardView>) => boolean,
): TableActs {
  const { table } = source.board;
  const acts = createActs(shell, source);
  const context = { shell, source, acts };

  function subject(): ActSubject {
    const marked = [...model.marks].map((id) => table.rowOf(id)).filter((row) => row !== undefined);
    const rows = marked.length > 0 || model.selected < 0 ? marked : [...runsOfLine(model.rows, model.selected)];
    return { runs: rows.map((row) => runSubject(table, row)) };
  }

  return {
    acts,
    actions: {
      acts: () => openActMenu(context, subject()),
      promote: () => actOn(context, "promote", subject()),
      tag: () => actOn(context, "tag", subject()),
      delete: () => actOn(context, "delete", subject()),
      history: () => shell.push(actHistoryScreen(shell, acts)),
      registry: () => shell.push(registryScreen(context)),
      lifecycle() {
        const lifecycle = NEXT[model.view.lifecycle];
        if (change({ lifecycle })) shell.tell(SAID[lifecycle]);
      },
    },
  };
}
