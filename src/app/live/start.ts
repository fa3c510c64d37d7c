import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ExitCode, UserError } from "../../core/errors.ts";
import { cannotWrite } from "../../experiments/files.ts";
import type { Project } from "../project.ts";
import { HOST, liveFiles } from "./folder.ts";
import { type LiveSweep, openLive } from "./watch.ts";

/**
 * Starts this very command again, or another of this program, in a process that lives on without its terminal, to be watched.
 * @param env what it has beside this process's own
 * @param words of the command, "exp", "run", …
 * @throws UserError when its folder cannot be made
 */
export function startHost(
  project: Project,
  env: NodeJS.ProcessEnv,
  words: readonly string[] = process.argv.slice(2),
): LiveSweep {
  const base = join(project.mlruns, ".work", `live-${Date.now().toString(36)}-${process.pid}`);
  const first = `${base}.${process.pid}`;
  let log: number;
  try {
    mkdirSync(dirname(base), { recursive: true, mode: 0o700 });
    mkdirSync(first, { mode: 0o700 });
    log = openSync(liveFiles(first).log, "a", 0o600);
  } catch (error) {
    throw cannotWrite(error, first);
  }
  const child = spawn(process.execPath, ownArguments(words), {
    detached: true,
    windowsHide: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...env, [HOST]: base },
  });
  closeSync(log);
  child.unref();
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  if (child.pid === undefined) {
    removeHost(project, first);
    throw new UserError("the process of the sweep cannot be started", {
      exitCode: ExitCode.unreachable,
      fix: "Close other programs, or run it in this one: --no-live.",
    });
  }
  const folder = `${base}.${child.pid}`;
  try {
    renameSync(first, folder);
  } catch {
    // It was first itself.
  }
  return openLive(folder, exited);
}

/** Arguments by which Node runs this program with other words. */
export function ownArguments(words: readonly string[]): string[] {
  return [...process.execArgv, process.argv[1]!, ...words];
}

/** Removes the folder of a host that has ended, and those above it where it was all that was in them. */
export function removeHost(project: Project, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(folder));
    rmdirSync(project.mlruns);
  } catch {
    // There is more in it.
  }
}
