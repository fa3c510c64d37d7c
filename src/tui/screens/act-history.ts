/** What was done from this board, newest first: what became of it, and the commands that do and undo it. */
import { duration, moment } from "../../board/numbers.ts";
import { visible } from "../../core/formats/visible.ts";
import { type Acts, type DoneAct, lineOf } from "../acts/acts.ts";
import { wrapped } from "../detail/text.ts";
import type { ActionId } from "../keys.ts";
import { fitPlain, fitRows } from "../painter/text.ts";
import { firstSeen, moved } from "../panels/list.tsx";
import type { Screen, Shell } from "../screen.ts";
import { styled, type Theme } from "../theme.ts";

export function actHistoryScreen(shell: Shell, acts: Acts): Screen {
  let at = 0;
  const unlisten = acts.listen(() => shell.render());
  const current = (): DoneAct | undefined => acts.done[at];

  function copy(command: string | undefined, without: string): void {
    if (command !== undefined) shell.copy(command);
    shell.tell(command === undefined ? without : `copied: ${visible(command)}`, command === undefined ? "dim" : "good");
  }

  const actions: Partial<Record<ActionId, () => void>> = {
    back: () => shell.pop(),
    copy: () => copy(current()?.command, "nothing was done yet"),
    "copy-undo": () => copy(current()?.said?.undo[0], "there is nothing to take back"),
  };

  return {
    context: "history",
    header: () => `${styled(shell.theme, "strong", "What was done")}  ${acts.done.length} acts of this board`,
    status: () => styled(shell.theme, "dim", acts.status()),
    paint({ columns, rows }) {
      const { theme } = shell;
      if (acts.done.length === 0)
        return { rows: fitRows([styled(theme, "dim", "Nothing yet: a lists what can be done.")], { columns, rows }) };
      const below = detailLines(theme, current(), columns).slice(0, Math.floor(rows / 2));
      const room = rows - below.length - 1;
      const top = firstSeen(at, acts.done.length, room);
      const list = acts.done.slice(top, top + room).map((done, i) => {
        const text = fitPlain(`${top + i === at ? "❯" : " "} ${moment(done.at).slice(11)}  ${lineOf(done)}`, columns);
        if (top + i === at) return styled(theme, "selected", text);
        return done.said === undefined ? text : styled(theme, done.said.meaning, text);
      });
      const gap = Array.from({ length: room - list.length + 1 }, () => "");
      return { rows: fitRows([...list, ...gap, ...below], { columns, rows }) };
    },
    act(action) {
      const to = moved(at, acts.done.length, 10, action);
      if (to !== undefined) at = Math.max(0, to);
      else if (actions[action]) actions[action]();
      else return false;
      shell.render();
      return true;
    },
    mouse({ kind }) {
      if (kind !== "press") at = Math.max(0, Math.min(acts.done.length - 1, at + (kind === "wheel-down" ? 1 : -1)));
      shell.paint();
    },
    close: unlisten,
  };
}

/** The selected act in full. */
function detailLines(theme: Theme, act: DoneAct | undefined, width: number): string[] {
  if (act === undefined) return [];
  const { said, seconds } = act;
  const parts = (label: string, texts: readonly string[], meaning: "dim" | "accent"): string[] =>
    texts.flatMap((text) =>
      wrapped(visible(text), width - label.length - 2).map((line, i) =>
        styled(theme, meaning, `${i === 0 ? label : " ".repeat(label.length)}  ${line}`),
      ),
    );
  const head = said === undefined ? ["under way"] : wrapped(visible(said.text), width);
  const took = seconds === undefined ? [] : [styled(theme, "dim", `took ${duration(seconds)}`)];
  return [
    ...head.map((line) => (said === undefined ? line : styled(theme, said.meaning, line))),
    ...(said?.lines ?? []).flatMap((line) => wrapped(line, width)),
    ...took,
    ...parts("did ", [act.command], "accent"),
    ...parts("undo", said?.undo ?? [], "dim"),
  ];
}
