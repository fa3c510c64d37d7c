import { setTimeout as delay } from "node:timers/promises";
import { plainLength } from "./text.ts";

/** Milliseconds between looks. */
const EVERY = 1000;

export interface Watched {
  /** Looks for changes. @returns whether there were any */
  changed(): Promise<boolean>;
  /** What is to be shown now. */
  lines(): Promise<readonly string[]>;
}

/**
 * Shows something, and again whenever it has changed, until Ctrl-C or until nobody reads any more: in a terminal in the same
 * place, elsewhere one after the other. What takes long to make is made more rarely.
 */
export async function watch(watched: Watched, stdout: NodeJS.WriteStream = process.stdout): Promise<void> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.on("SIGINT", end);
  stdout.on("error", end);
  const screen = stdout.isTTY ? inPlace(stdout) : undefined;
  try {
    for (let first = true; !ending.signal.aborted; first = false) {
      const begun = performance.now();
      if (first || (await watched.changed())) {
        const lines = await watched.lines();
        if (ending.signal.aborted) break;
        if (screen) screen(lines);
        else stdout.write(`${lines.join("\n")}\n`);
      }
      const pause = Math.max(EVERY, 4 * (performance.now() - begun));
      await delay(pause, undefined, { signal: ending.signal }).catch(() => {});
    }
  } finally {
    process.off("SIGINT", end);
    stdout.off("error", end);
  }
}

/** Writes over what it wrote before; never more than the terminal is high, so that the way back up is known. */
function inPlace(stdout: NodeJS.WriteStream): (lines: readonly string[]) => void {
  let before: readonly string[] = [];
  const heightOf = (line: string): number => Math.max(1, Math.ceil(plainLength(line) / (stdout.columns || 80)));
  return (all) => {
    const lines: string[] = [];
    let room = (stdout.rows || 24) - 2;
    for (const line of all.flatMap((text) => text.split("\n"))) {
      room -= heightOf(line);
      if (room < 0) break;
      lines.push(line);
    }
    if (room < 0) lines.push("…");
    const up = before.reduce((sum, line) => sum + heightOf(line), 0);
    stdout.write(`${up > 0 ? `\u001b[${up}F\u001b[J` : ""}${lines.join("\n")}\n`);
    before = lines;
  };
}
