import { visible } from "../../core/formats/visible.ts";
import { bindingsOf } from "../keys.ts";
import { menuPanel } from "../panels/menu.tsx";
import type { ActContext } from "./acts.ts";
import { begin } from "./flows.ts";
import { type ActName, type ActSubject, refOf, template, whyNot } from "./subject.ts";

/** Acts in the order of the key table, with their keys. */
const ACTS: readonly { readonly act: ActName; readonly key: string; readonly help: string }[] = bindingsOf("acts")
  .filter(
    ({ context, group, action }) => context === "acts" && group === "Acts" && !/^(choose|copy|close)$/.test(action),
  )
  .map(({ action, keys, help }) => ({ act: action as ActName, key: keys[0]!, help }));

/** The menu of what can be done with runs or a version. */
export function openActMenu(context: ActContext, subject: ActSubject): void {
  const { shell, source } = context;
  const { runs, of } = subject;
  const what = of ? refOf(of) : runs.length === 1 ? runs[0]!.name : `${runs.length} runs`;
  const about = of ? ACTS : ACTS.filter(({ act }) => act !== "alias");
  shell.open(
    menuPanel(shell, {
      context: "acts",
      title: `Act on ${what}`,
      items: about.map(({ act, key, help }) => ({
        ...{ key, action: act, label: act, note: help },
        not: whyNot(act, subject),
      })),
      choose: (i) => begin(context, about[i]!.act, subject),
      copy(i) {
        const command = source.board.acts.command(template(about[i]!.act, subject));
        shell.copy(command);
        shell.tell(`copied: ${visible(command)}`, "good");
      },
    }),
  );
}

/** Begins an act by its own key, or says why it cannot be done. */
export function actOn(context: ActContext, act: ActName, subject: ActSubject): void {
  const not = whyNot(act, subject);
  if (not === undefined) begin(context, act, subject);
  else context.shell.tell(`${act}: ${visible(not)}`, "warn");
}
