import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cannotWrite } from "./files.ts";
import { isAlive } from "./process.ts";

/** A private folder for what the processes of one sweep hand to one another; `remove` deletes it. */
export interface WorkDir {
  readonly path: string;
  file(name: string): string;
  write(name: string, bytes: Uint8Array): string;
  remove(): void;
}

/**
 * Makes `mlruns/.work/<id>.<pid>` (only its owner may read it: it holds patients) and clears away those of dead processes.
 * @throws UserError when the folder cannot be written
 */
export function makeWorkDir(storeFolder: string, id: string): WorkDir {
  const base = join(storeFolder, ".work");
  const path = join(base, `${id}.${process.pid}`);
  const guard = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw cannotWrite(error, path);
    }
  };
  guard(() => {
    mkdirSync(base, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(base)) {
      if (!isAlive(Number(name.split(".").at(-1)))) rmSync(join(base, name), { recursive: true, force: true });
    }
    mkdirSync(path, { mode: 0o700 });
  });
  return {
    path,
    file: (name) => join(path, name),
    write: (name, bytes) =>
      guard(() => {
        writeFileSync(join(path, name), bytes, { mode: 0o600 });
        return join(path, name);
      }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
