import { createInterface } from "node:readline/promises";

/** Whether somebody sits before a terminal who can be asked. */
export function canAsk(json: boolean): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY && !process.env.CI && !json);
}

/** A line that is typed as an answer. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
