import { Text } from "ink";
import type { Panel, Shell } from "../screen.ts";
import { styled } from "../theme.ts";

/** Asks once: y does it, anything else that is a key here does not. */
export function confirmPanel(shell: Shell, question: string, yes: () => void): Panel {
  const panel: Panel = {
    context: "sweep-stop",
    height: () => 1,
    view: () => <Text>{`${styled(shell.theme, "warn", question)}  y: yes   n: no`}</Text>,
    act(action) {
      if (action !== "yes" && action !== "no") return false;
      shell.close(panel);
      if (action === "yes") yes();
      return true;
    },
  };
  return panel;
}
