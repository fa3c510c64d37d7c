import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** What a worker runs: from here on everything that decides a trial's result is imported. */
const JOBS = "experiments/jobs";
/** Written by generate.ts, the one from the hash and the others from names of files that are in it. */
const GENERATED = /^(core\/build|\w+\/index)\.ts$/;

/**
 * The files that can decide a trial's result: the jobs and what they import as values (not as types), however far away and also
 * where it is loaded late; relative to `src`, sorted.
 */
export function decidingFiles(src: string): string[] {
  const found = new Set(
    readdirSync(join(src, JOBS))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => posix.join(JOBS, name)),
  );
  // grows while it is walked
  for (const file of found) {
    for (const from of valueImports(readFileSync(join(src, file), "utf8"))) {
      const path = posix.join(posix.dirname(file), from);
      if (!path.startsWith("..") && existsSync(join(src, path))) found.add(path);
    }
  }
  return [...found].filter((file) => !GENERATED.test(file)).sort();
}

/** Relative paths of `import`, `export … from` and `import(…)`, without `import type` and `export type`. */
function valueImports(text: string): string[] {
  const clauses = text.matchAll(/^(?:import|export)\s(?!\s*type\s+[\w{*])(?:[^"';=()]*?\sfrom\s*)?"(\.[^"]+)"/gm);
  const late = text.matchAll(/\bimport\("(\.[^"]+)"\)/g);
  return [...clauses, ...late].map((match) => match[1]!);
}

/** Changes whenever code changes that decides a result, so that a trial key never matches another program's run. */
export function codeVersion(src: string): string {
  const hash = createHash("sha256");
  for (const file of decidingFiles(src)) hash.update(`${file}\n`).update(readFileSync(join(src, file)));
  return hash.digest("hex").slice(0, 12);
}
