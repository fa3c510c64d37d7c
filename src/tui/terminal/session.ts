/** The terminal as the board holds it: its modes, and what gives it back whatever happens. */
import { writeSync } from "node:fs";
import { createInputParser, type InputEvent } from "./input.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface SessionOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly mouse: boolean;
  /** All that came in one read. */
  onInput(events: readonly InputEvent[]): void;
  /** The screen is empty or of another size: everything is to be drawn again. */
  onRedraw(): void;
  /** The terminal is gone, or a signal asks to end; it has been given back already. */
  onEnd(signal: NodeJS.Signals | null): void;
}

export interface TerminalSession {
  size(): Size;
  write(text: string): void;
  /** Gives the terminal to the shell until it lets us go on, as Ctrl-Z does. */
  suspend(): void;
  /** Gives the terminal back; may be called again. */
  close(): void;
}

// Alternate screen, no cursor, no wrapping at the right edge, pastes in brackets.
const ENTER = "\x1b[?1049h\x1b[2J\x1b[?25l\x1b[?7l\x1b[?2004h";
const MOUSE = "\x1b[?1000h\x1b[?1006h";
const LEAVE = "\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[r\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h";
/** Milliseconds after which an escape that nothing follows is the key. */
const ESCAPE_DELAY = 30;
const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/** Takes the terminal over; it is given back by `close`, by a signal, by a crash and at the end of the process. */
export function openSession(options: SessionOptions): TerminalSession {
  const { stdin, stdout } = options;
  const parser = createInputParser();
  let held = false;
  let over = false;
  let timer: NodeJS.Timeout | undefined;

  function enter(): void {
    held = true;
    stdin.setRawMode(true);
    stdout.write(ENTER + (options.mouse ? MOUSE : ""));
  }

  /** Without the event loop: it may be the last thing that this process does. */
  function leave(): void {
    if (!held) return;
    held = false;
    try {
      stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
    try {
      writeSync(stdout.fd, LEAVE);
    } catch {
      // Likewise.
    }
  }

  function tell(events: readonly InputEvent[]): void {
    if (events.length > 0 && !over) options.onInput(events);
  }
  function onData(chunk: string): void {
    clearTimeout(timer);
    tell(parser.push(chunk));
    if (parser.pending) timer = setTimeout(() => tell(parser.flush()), ESCAPE_DELAY);
  }
  const onResize = (): void => {
    if (held) options.onRedraw();
  };

  function suspend(): void {
    if (over) return;
    leave();
    process.off("SIGTSTP", suspend);
    process.kill(0, "SIGTSTP"); // the group, as the terminal's own Ctrl-Z
    // Where nobody could let us go on (no shell with jobs) the system ignores the signal, and no SIGCONT comes.
    setTimeout(() => {
      if (!held) resume();
    }, 50);
  }
  function resume(): void {
    if (over) return;
    process.off("SIGTSTP", suspend).on("SIGTSTP", suspend);
    // After a SIGSTOP nothing was given back, but the shell has set its own modes.
    enter();
    options.onRedraw();
  }

  function finish(signal: NodeJS.Signals | null): void {
    if (over) return;
    close();
    options.onEnd(signal);
  }
  const onGone = (): void => finish(null);
  const onSignal = (signal: NodeJS.Signals): void => finish(signal);

  function close(): void {
    leave();
    if (over) return;
    over = true;
    clearTimeout(timer);
    stdin.off("data", onData).off("end", onGone).off("close", onGone).off("error", onGone).pause();
    stdin.unref();
    stdout.off("resize", onResize);
    for (const signal of ENDING) process.off(signal, onSignal);
    process.off("SIGTSTP", suspend).off("SIGCONT", resume);
    process.off("exit", leave).off("uncaughtExceptionMonitor", leave);
  }

  process.on("exit", leave).on("uncaughtExceptionMonitor", leave);
  for (const signal of ENDING) process.on(signal, onSignal);
  process.on("SIGTSTP", suspend).on("SIGCONT", resume);
  stdin.setEncoding("utf8").on("data", onData).on("end", onGone).on("close", onGone).on("error", onGone);
  stdout.on("resize", onResize);
  enter();

  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    write(text) {
      if (held) stdout.write(text);
    },
    suspend,
    close,
  };
}
