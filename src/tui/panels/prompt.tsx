import { Text } from "ink";
import type { Completion } from "../../board/complete.ts";
import { displayWidth } from "../../core/formats/visible.ts";
import { type EditedLine, edit, insert, lineOf } from "../line-editor.ts";
import type { Panel, Shell } from "../screen.ts";
import { styled } from "../theme.ts";

export interface PromptOptions {
  readonly label: string;
  readonly text: string;
  /** What is to be said of a text: a mistake with its place, or a hint. */
  check?(text: string): { readonly text: string; readonly at?: number; readonly wrong: boolean } | undefined;
  complete?(text: string, at: number): Completion | undefined;
  /** At each change, before it is accepted. */
  draft?(text: string): void;
  /** @returns false: the prompt stays open */
  accept(text: string): boolean;
  cancel?(): void;
}

/** A line to type in, with what is wrong about it and what may follow. */
export function promptPanel(shell: Shell, options: PromptOptions): Panel {
  let line: EditedLine = lineOf(options.text);
  /** Completions that Tab goes through, and which one is in. */
  let cycle: { readonly of: Completion; readonly before: string; readonly at: number } | undefined;

  function change(next: EditedLine): void {
    const changed = next.text !== line.text;
    line = next;
    cycle = undefined;
    if (changed) options.draft?.(line.text);
    shell.render();
  }

  function complete(step: 1 | -1): void {
    const of = cycle?.of ?? options.complete?.(line.text, line.at);
    if (!of || of.candidates.length === 0) return;
    const before = cycle?.before ?? line.text;
    const n = of.candidates.length;
    const at = cycle ? (cycle.at + step + n) % n : step > 0 ? 0 : n - 1;
    const word = of.candidates[at]!.text;
    change({ text: before.slice(0, of.from) + word + before.slice(of.to), at: of.from + word.length });
    // A single one is taken; what follows it is completed next.
    if (n > 1) cycle = { of, before, at };
    shell.render();
  }

  const panel: Panel = {
    context: "prompt",
    height: () => (options.check || options.complete ? 3 : 1),
    typed: (text) => change(insert(line, text)),
    act(action) {
      if (action === "accept") {
        if (options.accept(line.text) !== false) shell.close(panel);
      } else if (action === "cancel") {
        shell.close(panel);
        options.cancel?.();
      } else if (action === "complete" || action === "complete-back") complete(action === "complete" ? 1 : -1);
      else {
        const edited = edit(line, action);
        if (!edited) return false;
        change(edited);
      }
      return true;
    },
    view({ columns, rows }) {
      const { theme } = shell;
      const label = `${options.label} `;
      const room = columns - displayWidth(label) - 1;
      const seen = visiblePart(line, room);
      const under = String.fromCodePoint(line.text.codePointAt(line.at) ?? 0x20);
      const lines = [
        `${styled(theme, "accent", label)}${seen.before}\x1b[7m${under}\x1b[27m${line.text.slice(line.at + under.length)}`,
      ];
      if (rows > 1) {
        const said = options.check?.(line.text);
        const column =
          said?.at === undefined ? 0 : displayWidth(line.text.slice(0, said.at)) - seen.left + displayWidth(label);
        const caret = said?.at !== undefined && column >= 0 && column < columns - 20 ? `${" ".repeat(column)}^ ` : "";
        lines.push(said ? `${caret}${styled(theme, said.wrong ? "bad" : "dim", said.text)}` : "");
        const { of, at } = cycle ?? { of: options.complete?.(line.text, line.at), at: -1 };
        const first = Math.max(0, at - 2);
        const seenOnes = (of?.candidates ?? []).slice(first, first + 30);
        lines.push(
          seenOnes
            .map(({ text, note }, i) =>
              i + first === at ? `${styled(theme, "selected", text)} ${note}` : styled(theme, "dim", text),
            )
            .join("  "),
        );
      }
      return <Text wrap="truncate-end">{lines.join("\n")}</Text>;
    },
  };
  return panel;
}

/** As much before the cursor as leaves some room after it, and the columns that are left out. */
function visiblePart({ text, at }: EditedLine, room: number): { before: string; left: number } {
  const before = text.slice(0, at);
  let start = 0;
  while (displayWidth(before.slice(start)) > room - 8 && start < before.length) start++;
  return { before: before.slice(start), left: displayWidth(before.slice(0, start)) };
}
