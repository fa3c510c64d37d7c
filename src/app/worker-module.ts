import { existsSync } from "node:fs";
import { join } from "node:path";

/** The worker beside the program: bundled, or as source. */
export function workerModule(): string {
  const folders = [import.meta.dirname, join(import.meta.dirname, "..")]; // a bundle's chunks lie beside the worker
  const found = folders
    .flatMap((folder) => ["worker.js", "worker.ts"].map((name) => join(folder, name)))
    .find(existsSync);
  if (found === undefined) throw new Error("the worker is not there");
  return found;
}
