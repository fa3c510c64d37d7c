import { Text } from "ink";
import { visible } from "../../core/formats/visible.ts";
import type { Panel, Shell } from "../screen.ts";
import { styled } from "../theme.ts";

/** Asks once, and shows the command that would be run. */
export function confirmPanel(shell: Shell, question: string, command: string, yes: () => void): Panel {
  const panel: Panel = {
    context: "confirm",
    height: () => 2,
    view: () => (
      <Text wrap="truncate-end">
        {`${styled(shell.theme, "warn", visible(question))}  y: yes   n: no\n${styled(shell.theme, "dim", `$ ${visible(command)}`)}`}
      </Text>
    ),
    act(action) {
      if (action !== "yes" && action !== "no") return false;
      shell.close(panel);
      if (action === "yes") yes();
      return true;
    },
  };
  return panel;
}
