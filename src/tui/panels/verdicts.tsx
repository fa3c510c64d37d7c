/** A promotion through a gate: the gate judges, its verdicts are shown rule by rule, and the model's name is typed. */
import { Text } from "ink";
import { type Act, sentenceOf } from "../../app.ts";
import { compact } from "../../board/numbers.ts";
import { displayWidth, visible } from "../../core/formats/visible.ts";
import type { RuleVerdict } from "../../core/gate.ts";
import type { Said } from "../acts/say.ts";
import { wrapped } from "../detail/text.ts";
import type { Context } from "../keys.ts";
import { type EditedLine, edit, insert, lineOf } from "../line-editor.ts";
import type { Panel, Shell } from "../screen.ts";
import { styled, type Theme } from "../theme.ts";
import { moved } from "./list.tsx";

/** Where the promotion stands. */
export type PromotionState =
  | { readonly state: "judging"; readonly since: number }
  /** It passes: the name is to be typed. */
  | { readonly state: "asking"; readonly act: Act }
  | { readonly state: "working"; readonly act: Act }
  /** The end, whichever; `act` is absent where nothing was judged. */
  | { readonly state: "ended"; readonly act?: Act; readonly said: Said };

export interface VerdictsOptions {
  readonly gate: string;
  readonly what: string;
  /** The command that is run last, as one types it. */
  command(): string;
  /** The typed name is right. */
  promote(): void;
}

export interface VerdictsPanel extends Panel {
  /** False once the person has left it. */
  readonly isOpen: boolean;
  become(state: PromotionState): void;
}

const TICK = 1000;

export function verdictsPanel(shell: Shell, options: VerdictsOptions): VerdictsPanel {
  let now: PromotionState = { state: "judging", since: Date.now() };
  let line: EditedLine = lineOf("");
  let top = 0;
  let page = 1;
  let isOpen = true;
  const tick = setInterval(() => shell.render(), TICK);
  tick.unref();
  const lines = (width: number): string[] => verdictLines(shell.theme, options, now, width);

  function close(): void {
    isOpen = false;
    clearInterval(tick);
    shell.close(panel);
  }

  function accept(): void {
    if (now.state !== "asking") return;
    if (line.text.trim() === now.act.model) options.promote();
    else shell.tell(`that is not the name: ${visible(now.act.model)}`, "warn");
  }

  const panel: VerdictsPanel = {
    get isOpen() {
      return isOpen;
    },
    get context(): Context {
      return now.state === "asking" ? "prompt" : "verdicts";
    },
    become(state) {
      now = state;
      if (state.state === "ended") clearInterval(tick);
      shell.render();
    },
    height: ({ columns, rows }) =>
      Math.min(Math.floor(rows * 0.7), lines(columns).length + (now.state === "asking" ? 1 : 0)),
    typed(text) {
      if (now.state === "asking") line = insert(line, text);
      shell.render();
    },
    act(action) {
      const edited = now.state === "asking" ? edit(line, action) : undefined;
      const undo = now.state === "ended" ? now.said.undo[0] : undefined;
      const to = moved(top, Math.max(1, lines(shell.size.columns).length - page + 1), page, action);
      if (edited) line = edited;
      else if (action === "accept") accept();
      else if (action === "close" || action === "cancel") close();
      else if (action === "copy") copy(options.command());
      else if (action === "copy-undo" && undo !== undefined) copy(undo);
      else if (to !== undefined) top = to;
      else return false;
      shell.render();
      return true;
    },
    view({ columns, rows }) {
      const { theme } = shell;
      const asking = now.state === "asking";
      page = Math.max(1, rows - (asking ? 1 : 0));
      const all = lines(columns);
      top = Math.max(0, Math.min(top, all.length - page));
      const shown = all.slice(top, top + page);
      if (now.state === "asking") {
        const label = styled(theme, "accent", `type ${visible(now.act.model)} to promote it:`);
        const under = String.fromCodePoint(line.text.codePointAt(line.at) ?? 0x20);
        const rest = line.text.slice(line.at + under.length);
        shown.push(`${label} ${visible(line.text.slice(0, line.at))}\x1b[7m${visible(under)}\x1b[27m${visible(rest)}`);
      }
      return <Text wrap="truncate-end">{shown.join("\n")}</Text>;
    },
  };

  function copy(command: string): void {
    shell.copy(command);
    shell.tell(`copied: ${visible(command)}`, "good");
  }
  return panel;
}

/** All that the panel says but the line that is typed. */
export function verdictLines(
  theme: Theme,
  { gate, what, command }: Pick<VerdictsOptions, "gate" | "what" | "command">,
  now: PromotionState,
  width: number,
): string[] {
  const head = styled(theme, "accent", visible(`gate ${gate}: ${what}`));
  if (now.state === "judging") {
    const seconds = Math.round((Date.now() - now.since) / 1000);
    const hint = "it looks at the test patients once; Esc leaves it to itself, H tells what came of it";
    return [head, `the gate judges …  ${seconds} s`, ...wrapped(hint, width).map((l) => styled(theme, "dim", l))];
  }
  const outcome = now.act?.gate;
  const rules = outcome ? outcome.rules.flatMap((rule) => ruleLines(theme, rule, width)) : [];
  const looks = outcome ? [styled(theme, "dim", `look number ${outcome.looks} of a gate at these test patients`)] : [];
  return [head, ...rules, ...looks, ...endLines(theme, now, command(), width)];
}

function endLines(theme: Theme, now: PromotionState, command: string, width: number): string[] {
  const dim = (text: string): string[] => wrapped(visible(text), width).map((l) => styled(theme, "dim", l));
  switch (now.state) {
    case "asking":
      return [styled(theme, "good", visible(sentenceOf(now.act))), ...dim(`$ ${command}`)];
    case "working":
      return ["promoting …", ...dim(`$ ${command}`)];
    case "ended": {
      const { said } = now;
      return [
        ...wrapped(visible(said.text), width).map((l) => styled(theme, said.meaning, l)),
        ...said.lines.flatMap((l) => wrapped(l, width)),
        ...dim(`$ ${command}`),
        ...said.undo.flatMap((undo) => dim(`to undo: ${undo}`)),
      ];
    }
    default:
      return [];
  }
}

/** A rule with its verdict: its numbers in a line, its sentence below where it does not pass. */
export function ruleLines(theme: Theme, rule: RuleVerdict, width: number): string[] {
  const meaning = ({ pass: "good", fail: "bad", inconclusive: "warn" } as const)[rule.verdict];
  const mark = { pass: "✓", fail: "✗", inconclusive: "?" }[rule.verdict];
  const { value, low, high, n } = rule;
  const interval = low === null || high === null ? "" : ` [${compact(low)}, ${compact(high)}]`;
  const figures = [value === null ? "" : `${compact(value)}${interval}`, n === null ? "" : `n ${n}`];
  const text = [visible(rule.rule), ...figures].filter(Boolean).join("  ");
  const sentence =
    rule.verdict === "pass" && displayWidth(text) < width ? [] : wrapped(visible(rule.message), width - 4);
  return [`${styled(theme, meaning, `${mark} ${rule.verdict}`)}  ${text}`, ...sentence.map((l) => `    ${l}`)];
}
