/** Promotion: where to and through which gate; the gate's verdicts; the model's name. */
import type { Act } from "../../app.ts";
import { visible } from "../../core/formats/visible.ts";
import { type MenuItem, menuPanel } from "../panels/menu.tsx";
import { promptPanel } from "../panels/prompt.tsx";
import { verdictsPanel } from "../panels/verdicts.tsx";
import type { ActContext } from "./acts.ts";
import { typedName } from "./typed-name.ts";

export interface Promotable {
  /** Name of the registered model, which is typed. */
  readonly model: string;
  /** Words that name it: NAME/VERSION, or --run RUN. */
  readonly words: readonly string[];
  readonly label: string;
}

/** Offers the ways there are, then goes the one that is chosen. */
export async function promote(context: ActContext, what: Promotable): Promise<void> {
  const { shell, source } = context;
  const gates = await source.board.acts.gates();
  const ways: (MenuItem & { go(): void })[] = [
    ...gates.map(({ name, description }) => ({
      label: `Production, gate ${name}`,
      note: description,
      go: () => throughGate(context, what, name, false),
    })),
    ...gates.map(({ name }) => ({
      label: `Production, gate ${name}, when approved`,
      note: "it waits for models approve",
      go: () => throughGate(context, what, name, true),
    })),
    { label: "Staging", note: "@challenger; no gate", go: () => toStaging(context, what) },
    { label: "Production without a gate", note: "a reason is asked, and kept", go: () => withoutGate(context, what) },
  ];
  shell.open(
    menuPanel(shell, {
      context: "choice",
      title: `Promote ${what.label} to`,
      items: ways,
      choose: (i) => ways[i]!.go(),
    }),
  );
}

/** The look of the review is the only one: the promotion that follows rests on it. */
function throughGate({ shell, source, acts }: ActContext, what: Promotable, gate: string, approval: boolean): void {
  const words = (target: readonly string[]): string[] => [
    ...["models", "promote", ...target, "--gate", gate, "--to", "Production"],
    ...(approval ? ["--require-approval"] : []),
  ];
  const review = ["models", "promote", ...what.words, "--gate", gate, "--to", "Production", "--review"];
  let last: readonly string[] = review;

  async function judge(): Promise<void> {
    const { said, result } = await acts.run(review, [], true);
    const act = result as Act | undefined;
    if (!panel.isOpen) shell.tell(`gate ${visible(gate)}: ${visible(said.text)}; p goes on from there`, said.meaning);
    else if (act?.result === "passed") panel.become({ state: "asking", act });
    else panel.become({ state: "ended", act, said });
    judged = act;
  }
  let judged: Act | undefined;

  async function finish(): Promise<void> {
    const { model, version } = judged!;
    last = words([`${model}/${version}`]);
    panel.become({ state: "working", act: judged! });
    const { said, result } = await acts.run(last, [], true);
    if (!panel.isOpen) shell.tell(`${visible(said.text)}  $ ${visible(source.board.acts.command(last))}`, said.meaning);
    panel.become({ state: "ended", act: (result as Act | undefined) ?? judged, said });
  }

  const panel = verdictsPanel(shell, {
    gate,
    what: what.label,
    command: () =>
      source.board.acts.command(judged?.result === "passed" ? words([`${judged.model}/${judged.version}`]) : last),
    promote: () => void finish(),
  });
  shell.open(panel);
  void judge();
}

function toStaging({ shell, acts }: ActContext, { model, words, label }: Promotable): void {
  const run = (): void => void acts.run(["models", "promote", ...words, "--to", "Staging"]);
  typedName(shell, `${label} becomes the challenger`, model, run);
}

function withoutGate({ shell, acts }: ActContext, { model, words, label }: Promotable): void {
  const accept = (reason: string): boolean => {
    if (reason.trim() === "") return false;
    typedName(shell, `${label} becomes the champion without a gate`, model, () => {
      const why = ["--no-gate", "--reason", reason.trim()];
      void acts.run(["models", "promote", ...words, "--to", "Production", ...why]);
    });
    return true;
  };
  const check = () => ({ text: "why there is no gate; kept in the audit trail", wrong: false });
  shell.open(promptPanel(shell, { label: "reason", text: "", check, accept }));
}
