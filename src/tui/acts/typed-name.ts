import { promptPanel } from "../panels/prompt.tsx";
import type { Shell } from "../screen.ts";

/** Asks for a name as a destructive act wants it. */
export function typedName(shell: Shell, what: string, name: string, act: () => void): void {
  const check = (text: string): { text: string; wrong: boolean } => ({
    text: text.trim() === name ? `${what}; Enter does it` : `${what}: type ${name} to go on`,
    wrong: false,
  });
  const accept = (text: string): boolean => {
    if (text.trim() !== name) return false;
    act();
    return true;
  };
  shell.open(promptPanel(shell, { label: "name", text: "", check, accept }));
}
