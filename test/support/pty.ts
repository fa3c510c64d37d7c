import { type IPty, spawn } from "@lydell/node-pty";
import { built, userEnv, waitForText } from "./cli.ts";

export interface Terminal extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<{ readonly exitCode: number; readonly signal: number | undefined }>;
  /** All that was written, escape sequences included. */
  readonly output: () => string;
  /** What a person sees, with what has scrolled away above; one text a row. */
  readonly rows: () => readonly string[];
  /** Resolves when the output matches; rejects when the program ends without it. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  press(keys: string): void;
  /** Closes the window. */
  close(): void;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly cols?: number;
  readonly rows?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** The command; the built program when absent. */
  readonly command?: readonly string[];
}

/** Runs the built program in a real pseudo-terminal; killed when the scope ends. */
export async function openTerminal(args: readonly string[], options: TerminalOptions): Promise<Terminal> {
  const { cwd, cols = 80, rows = 24, env } = options;
  const [file, ...rest] = [...(options.command ?? [process.execPath, await built()]), ...args];
  const pty = spawn(file!, rest, { cwd, cols, rows, name: "xterm-256color", env: userEnv(env) });
  let text = "";
  const listeners = new Set<() => void>();
  pty.onData((chunk) => {
    text += chunk;
    for (const listener of listeners) listener();
  });
  let over = false;
  const ended = new Promise<{ exitCode: number; signal: number | undefined }>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      over = true;
      resolve({ exitCode, signal });
    });
  });
  return {
    pid: pty.pid,
    ended,
    output: () => text,
    rows: () => readScreen(text, cols),
    said: (pattern) => waitForText(pattern, () => text, listeners, ended),
    press: (keys) => pty.write(keys),
    close: () => (pty as IPty & { destroy(): void }).destroy(),
    async [Symbol.asyncDispose]() {
      if (!over) pty.kill("SIGKILL");
      await ended;
    },
  };
}

/**
 * Reads what a program wrote as a terminal of that width shows it: text, line feeds, carriage returns, colours and
 * "erase to the end of the line", which is all that a plain command may use.
 * @throws Error on any other control character or escape sequence
 */
export function readScreen(text: string, cols: number): string[] {
  const rows: string[][] = [[]];
  let x = 0;
  for (const [token] of text.matchAll(/\x1b\[[\d;?]*[A-Za-z]|./gsu)) {
    if (token === "\r") x = 0;
    else if (token === "\n") rows.push([]);
    else if (token === "\x1b[K") rows.at(-1)!.length = Math.min(x, rows.at(-1)!.length);
    else if (/^\x1b\[[\d;]*m$/.test(token)) continue;
    else if (token < " " || token === "\x7f") throw new Error(`the terminal was sent ${JSON.stringify(token)}`);
    else {
      if (x === cols) {
        rows.push([]);
        x = 0;
      }
      const row = rows.at(-1)!;
      while (row.length < x) row.push(" ");
      row[x++] = token;
      if (/[\u2e80-\u9fff\uac00-\ud7a3\uff00-\uff60]/.test(token)) row[x++] = ""; // takes two columns
    }
  }
  return rows.map((row) => row.join("").trimEnd());
}
