/** The built program in a real pseudo-terminal, and what a person sees of it: read back from a terminal emulator. */
import { type IPty, spawn } from "@lydell/node-pty";
import headless, { type IBufferCell, type Terminal } from "@xterm/headless";
import { built, userEnv } from "./cli.ts";

export interface Cell {
  readonly text: string;
  /** "default", "palette 114" or "rgb 10203". */
  readonly colour: string;
  readonly background: string;
  readonly bold: boolean;
  readonly inverse: boolean;
}

export interface LiveScreen extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<{ readonly exitCode: number; readonly signal: number | undefined }>;
  /** All that was written, escape sequences included. */
  output(): string;
  /** What is seen, one text a row, blanks at its end left out. */
  rows(): readonly string[];
  text(): string;
  cell(x: number, y: number): Cell;
  /** 0-based row of the first that matches; -1: none. */
  find(pattern: RegExp | string): number;
  /** Whether the alternate screen is on, and what the mouse and pastes are set to. */
  modes(): { readonly alternate: boolean; readonly mouse: string; readonly paste: boolean; readonly cursor: boolean };
  /** Resolves when the screen shows it; rejects, with the screen, when the program ends without it or 30 s pass. */
  shows(what: RegExp | string | ((text: string) => boolean)): Promise<void>;
  press(...keys: readonly string[]): void;
  /** Presses and releases the first button; 0-based. */
  click(x: number, y: number): void;
  /** Turns the wheel by so many steps, downwards when positive. */
  wheel(x: number, y: number, steps: number): void;
  resize(cols: number, rows: number): void;
  /** Closes the window. */
  close(): void;
  readonly terminal: Terminal;
}

export interface ScreenOptions {
  readonly cwd: string;
  readonly cols?: number;
  readonly rows?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** What is run before the program's arguments; the built program when absent. */
  readonly command?: readonly string[];
}

/** Keys that are more than their character. */
export const Key = {
  up: "\x1b[A",
  down: "\x1b[B",
  right: "\x1b[C",
  left: "\x1b[D",
  home: "\x1b[H",
  end: "\x1b[F",
  pageUp: "\x1b[5~",
  pageDown: "\x1b[6~",
  enter: "\r",
  tab: "\t",
  escape: "\x1b",
  backspace: "\x7f",
  ctrl: (letter: string) => String.fromCharCode(letter.toLowerCase().charCodeAt(0) - 0x60),
} as const;

const DEADLINE = 30_000;

/** Starts the program; it is killed when the scope ends. */
export async function openScreen(args: readonly string[], options: ScreenOptions): Promise<LiveScreen> {
  const { cwd, cols = 120, rows = 40, env } = options;
  const [file, ...rest] = [...(options.command ?? [process.execPath, await built()]), ...args];
  const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 200 });
  const pty = spawn(file!, rest, { cwd, cols, rows, name: env?.TERM ?? "xterm-256color", env: userEnv(env) });
  let output = "";
  /** Characters of it that the emulator has taken in. */
  let parsed = 0;
  let over = false;
  const listeners = new Set<() => void>();
  pty.onData((chunk) => {
    output += chunk;
    const { length } = output;
    terminal.write(chunk, () => {
      parsed = length;
      for (const listener of listeners) listener();
    });
  });
  terminal.onData((answer) => pty.write(answer));
  const ended = new Promise<{ exitCode: number; signal: number | undefined }>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      over = true;
      terminal.write("", () => resolve({ exitCode, signal }));
    });
  });

  const buffer = () => terminal.buffer.active;
  const line = (y: number): string =>
    buffer()
      .getLine(buffer().baseY + y)
      ?.translateToString(true, 0, terminal.cols) ?? "";
  const screen: LiveScreen = {
    pid: pty.pid,
    terminal,
    ended,
    output: () => output,
    rows: () => Array.from({ length: terminal.rows }, (_, y) => line(y).trimEnd()),
    text: () => screen.rows().join("\n"),
    cell(x, y) {
      const cell = buffer()
        .getLine(buffer().baseY + y)
        ?.getCell(x);
      if (!cell) throw new RangeError(`no cell ${x},${y}`);
      return {
        text: cell.getChars(),
        colour: colourOf(cell, "Fg"),
        background: colourOf(cell, "Bg"),
        bold: cell.isBold() !== 0,
        inverse: cell.isInverse() !== 0,
      };
    },
    find: (pattern) =>
      screen.rows().findIndex((row) => (typeof pattern === "string" ? row.includes(pattern) : pattern.test(row))),
    modes: () => ({
      alternate: buffer().type === "alternate",
      mouse: terminal.modes.mouseTrackingMode,
      paste: terminal.modes.bracketedPasteMode,
      cursor: output.lastIndexOf("\x1b[?25h") >= output.lastIndexOf("\x1b[?25l"),
    }),
    shows(what) {
      const seen = (): boolean => {
        const text = screen.text();
        return typeof what === "function"
          ? what(text)
          : typeof what === "string"
            ? text.includes(what)
            : what.test(text);
      };
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = (): void => {
        // Half a frame is nothing that a person sees.
        const [begin, end] = ["\x1b[?2026h", "\x1b[?2026l"].map((mark) =>
          output.lastIndexOf(mark, parsed - mark.length),
        );
        if (begin! <= end! && seen()) resolve();
      };
      const fail = (why: string) => (): void => reject(new Error(`${why} without showing ${what}:\n${screen.text()}`));
      const deadline = setTimeout(fail("30 s passed"), DEADLINE);
      listeners.add(look);
      look();
      ended.then(look).then(fail("the program ended"));
      return promise.finally(() => {
        clearTimeout(deadline);
        listeners.delete(look);
      });
    },
    press: (...keys) => pty.write(keys.join("")),
    click: (x, y) => pty.write(`\x1b[<0;${x + 1};${y + 1}M\x1b[<0;${x + 1};${y + 1}m`),
    wheel: (x, y, steps) => pty.write(`\x1b[<${steps > 0 ? 65 : 64};${x + 1};${y + 1}M`.repeat(Math.abs(steps))),
    resize(columns, height) {
      terminal.resize(columns, height);
      pty.resize(columns, height);
    },
    close: () => (pty as IPty & { destroy(): void }).destroy(),
    async [Symbol.asyncDispose]() {
      if (!over) pty.kill("SIGKILL");
      await ended;
      terminal.dispose();
    },
  };
  return screen;
}

function colourOf(cell: IBufferCell, which: "Fg" | "Bg"): string {
  const value = which === "Fg" ? cell.getFgColor() : cell.getBgColor();
  if (which === "Fg" ? cell.isFgDefault() : cell.isBgDefault()) return "default";
  return (which === "Fg" ? cell.isFgPalette() : cell.isBgPalette()) ? `palette ${value}` : `rgb ${value.toString(16)}`;
}
