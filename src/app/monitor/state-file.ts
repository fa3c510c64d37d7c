import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../../core/errors.ts";
import { isSameProcess, ownProcess } from "../../experiments/process.ts";
import { freshState, StateSchema, type WatchState } from "../../monitoring/watch/state.ts";
import { ifThere } from "../if-there.ts";
import type { Project } from "../project.ts";
import { fileName } from "./folder.ts";

/** What a watch remembers, in `.disease/monitor/NAME.json`; held by one process at a time. */
export interface StateFile extends Disposable {
  readonly state: WatchState;
  /** Changes it, and keeps it before anything else is done. */
  update(change: (state: WatchState) => WatchState): WatchState;
}

/** @throws UserError when another process watches the model, or the file cannot be written */
export function openState(
  project: Pick<Project, "root">,
  model: string,
  notify: (notice: { readonly message: string }) => void,
): StateFile {
  const path = join(project.root, ".disease", "monitor", `${fileName(model)}.json`);
  const lock = path.replace(/json$/, "lock");
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    take(lock, model);
  } catch (error) {
    throw cannotWrite(error, path);
  }
  let state = read(path, model, notify);
  return {
    get state() {
      return state;
    },
    update(change) {
      const next = change(state);
      const part = `${path}.${process.pid}`;
      try {
        writeFileSync(part, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600, flush: true });
        renameSync(part, path);
      } catch (error) {
        rmSync(part, { force: true });
        throw cannotWrite(error, path);
      }
      state = next;
      return state;
    },
    [Symbol.dispose]: () => rmSync(lock, { force: true }),
  };
}

function cannotWrite(error: unknown, path: string): unknown {
  if (error instanceof UserError) return error;
  return new UserError(`what the watch remembers cannot be kept: ${messageOf(error)}`, {
    where: path,
    fix: "Make room there, or give yourself write permission.",
  });
}

function take(lock: string, model: string): void {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, ownProcess(), { mode: 0o600 });
  try {
    for (let tries = 0; ; tries++) {
      try {
        linkSync(own, lock);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" || tries === 3) throw error;
      }
      const owner = ifThere(() => readFileSync(lock, "utf8"));
      if (owner === undefined) continue;
      if (isSameProcess(owner) || !takeAway(lock, owner, `${own}.stale`)) throw isWatched(model, owner);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

function isWatched(model: string, owner: string): UserError {
  return new UserError(`another watch of ${model} is running`, {
    where: `process ${owner.split("@")[0]}`,
    fix: "End that one, or leave this one to it.",
  });
}

/** Removes the lock of a process that has gone. @returns false where another was faster and holds it now */
function takeAway(lock: string, owner: string, aside: string): boolean {
  try {
    renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
  const isStale = readFileSync(aside, "utf8") === owner;
  if (isStale) rmSync(aside);
  else renameSync(aside, lock);
  return isStale;
}

function read(path: string, model: string, notify: (notice: { readonly message: string }) => void): WatchState {
  const text = ifThere(() => readFileSync(path, "utf8"));
  if (text === undefined) return freshState(model);
  try {
    return StateSchema.parse(JSON.parse(text));
  } catch {
    renameSync(path, `${path}.broken`);
    notify({ message: `what the watch remembered cannot be read; it begins anew (the old file: ${path}.broken)` });
    return freshState(model);
  }
}
