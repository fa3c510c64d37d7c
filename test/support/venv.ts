import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export type VenvName = "reference" | "mlflow-3.5.1" | "onnx" | "deploy" | "lake";

const root = join(import.meta.dirname, "..", "..");

/**
 * The Python of a virtual environment with the packages of requirements/NAME.txt, made the first time it is asked for
 * (git-ignored .venvs/, or DISEASE_VENVS). Safe to call from several test processes at once.
 */
export async function venvPython(name: VenvName): Promise<string> {
  const requirements = join(import.meta.dirname, "requirements", `${name}.txt`);
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 8);
  const home = process.env.DISEASE_VENVS ?? join(root, ".venvs");
  const folder = join(home, `${name}-${digest}`);
  const python = join(folder, "bin", "python");
  const ready = join(folder, "ready");
  const lock = `${folder}.lock`;
  mkdirSync(home, { recursive: true });
  while (!existsSync(ready)) {
    try {
      mkdirSync(lock);
    } catch {
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 900_000) {
        rmSync(lock, { recursive: true, force: true }); // its maker died
      }
      await delay(500);
      continue;
    }
    try {
      rmSync(folder, { recursive: true, force: true });
      run("python3", ["-m", "venv", folder]);
      run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
      writeFileSync(ready, "");
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return python;
}

function run(command: string, args: string[]): void {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (result.status !== 0) {
    throw new Error(
      `${command} ${args.join(" ")} failed (${result.status}): ${result.error?.message ?? result.stderr}`,
    );
  }
}
