import { appendFileSync, closeSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import type { SweepEvent } from "../../experiments/events.ts";
import { ownProcess } from "../../experiments/process.ts";
import { createTeller, type LiveNews } from "./events.ts";
import { HOST, type LiveCommand, liveFiles } from "./folder.ts";
import { createTail } from "./tail.ts";

/** A process that runs a sweep for whoever watches it. */
export interface SweepHost {
  tell(news: LiveNews): void;
  event(event: SweepEvent): void;
  /** Who is asked to stop; the one before is let go. */
  onStop(stop: () => void): void;
}

/** Milliseconds between looks for commands. */
const LOOK = 150;

/** This process as a host, where it was started as one. Its end is told whatever ends it, but for a kill -9. */
export function openHost(): SweepHost | undefined {
  const base = process.env[HOST];
  if (base === undefined) return undefined;
  delete process.env[HOST];
  const folder = `${base}.${process.pid}`;
  try {
    renameSync(`${base}.${process.ppid}`, folder);
  } catch {
    // Who started this process was first.
  }
  const files = liveFiles(folder);
  writeFileSync(files.owner, ownProcess(), { mode: 0o600 });
  const out = openSync(files.events, "a", 0o600);
  const teller = createTeller(Date.now);
  const stops = new Map<string, () => void>();
  let stop = (): void => {};

  function tell(news: LiveNews): void {
    try {
      writeSync(out, `${JSON.stringify({ at: Date.now(), ...news })}\n`);
    } catch {
      // A full disk: the store says so where it matters.
    }
  }

  const commands = createTail(files.commands);
  function look(): void {
    for (const line of commands.lines()) {
      const command = JSON.parse(line) as LiveCommand;
      if (command.type === "stop") stop();
      else if (command.type === "stop-trial") stops.get(command.runId)?.();
      else process.stdout.columns = command.columns;
    }
  }
  const timer = setInterval(look, LOOK);
  timer.unref();
  process.on("exit", (exitCode) => {
    tell({ type: "end", exitCode });
    closeSync(out);
  });

  return {
    tell,
    event(event) {
      if (event.type === "started") stops.set(event.runId, event.stop);
      else if ("runId" in event) stops.delete(event.runId);
      for (const news of teller(event)) tell(news);
    },
    onStop(next) {
      stop = next;
    },
  };
}

/** Says something to a host; nothing happens where it has ended. */
export function sendCommand(folder: string, command: LiveCommand): void {
  try {
    appendFileSync(liveFiles(folder).commands, `${JSON.stringify(command)}\n`, { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
