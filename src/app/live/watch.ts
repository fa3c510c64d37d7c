import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, isSameProcess } from "../../experiments/process.ts";
import type { Project } from "../project.ts";
import { type LiveEvent, parseLive } from "./events.ts";
import { LIVE, type LiveCommand, liveFiles } from "./folder.ts";
import { sendCommand } from "./host.ts";
import { createTail } from "./tail.ts";

/** A sweep that runs in a process of its own, as one who watches it sees it. */
export interface LiveSweep {
  readonly folder: string;
  /** What it has told since the last call; the first time all of it. */
  news(): readonly LiveEvent[];
  /** Whether its process is still there. */
  running(): boolean;
  /** Lines that it has printed since the last call. */
  printed(): readonly string[];
  /** All that it has printed. */
  log(): string;
  send(command: LiveCommand): void;
  /** What was open is closed. */
  close(): void;
}

/** @param exited of one's own child: resolves when it is gone */
export function openLive(folder: string, exited?: Promise<void>): LiveSweep {
  const files = liveFiles(folder);
  const events = createTail(files.events);
  const log = createTail(files.log);
  const pid = Number(LIVE.exec(folder.split(/[\\/]/).at(-1)!)?.[1]);
  const lines: string[] = [];
  let gone = false;
  void exited?.then(() => {
    gone = true;
  });
  return {
    folder,
    news: () => events.lines().flatMap((line) => parseLive(line) ?? []),
    printed() {
      const more = log.lines();
      lines.push(...more);
      return more;
    },
    log() {
      lines.push(...log.lines());
      return lines.map((line) => `${line}\n`).join("");
    },
    running: () => !gone && isOwner(files.owner, pid),
    send: (command) => sendCommand(folder, command),
    close() {
      events.close();
      log.close();
    },
  };
}

/** Whether the process that wrote the file is still there; before it did, the one that was started. */
function isOwner(file: string, pid: number): boolean {
  try {
    return isSameProcess(readFileSync(file, "utf8"));
  } catch {
    return isAlive(pid);
  }
}

/** Sweeps of a project that run in processes of their own on this machine, newest first. */
export function findLive(project: Pick<Project, "mlruns">): readonly string[] {
  const base = join(project.mlruns, ".work");
  let names: string[];
  try {
    names = readdirSync(base);
  } catch {
    return [];
  }
  return names
    .filter((name) => LIVE.test(name))
    .map((name) => ({ name, folder: join(base, name) }))
    .filter(({ name, folder }) => isOwner(liveFiles(folder).owner, Number(LIVE.exec(name)![1])))
    .sort((a, b) => (a.name < b.name ? 1 : -1))
    .map(({ folder }) => folder);
}
