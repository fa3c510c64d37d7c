import { messageOf } from "../core/errors.ts";
import type { LakeStorage } from "../core/lake.ts";
import type { IngestLog } from "./ingest/log.ts";
import { hashOf, rawPath } from "./ingest/sources.ts";
import { inParallel } from "./parallel.ts";
import { manifestPath } from "./versions/manifest.ts";
import type { Versions } from "./versions/versions.ts";

export interface Verified {
  readonly versions: number;
  readonly parts: number;
  readonly raw: number;
  readonly bytes: number;
  /** What is broken, by its path. */
  readonly broken: readonly { readonly path: string; readonly problem: string }[];
  /** Ingests whose tables are not all made yet: the next `lake add` finishes them. */
  readonly pending: readonly string[];
}

export interface VerifyContext {
  readonly storage: LakeStorage;
  readonly versions: Versions;
  readonly log: IngestLog;
  readonly signal: AbortSignal;
  progress(done: number, total: number): void;
}

/** Reads every manifest, record, part and original file, and compares their hashes. Files of a bucket are fetched for it. */
export async function verifyLake({ storage, versions, log, signal, progress }: VerifyContext): Promise<Verified> {
  const broken: { path: string; problem: string }[] = [];
  const expected = new Map<string, { hash: string; bytes?: number }>();
  let count = 0;
  for (const table of [...(await versions.newest()).keys()].sort()) {
    const numbers = await versions.numbers(table);
    const last = numbers.at(-1)!;
    for (let number = 1; number <= last; number++) {
      if (!numbers.includes(number)) broken.push({ path: manifestPath(table, number), problem: "it is missing" });
    }
    for (const number of numbers) {
      count++;
      try {
        for (const { path, hash, bytes } of (await versions.read(table, number)).parts)
          expected.set(path, { hash, bytes });
      } catch (error) {
        broken.push({ path: manifestPath(table, number), problem: messageOf(error) });
      }
    }
  }
  const parts = expected.size;
  const sizes = new Map<string, number>();
  for (const zone of ["raw/", "curated/"]) {
    for await (const { path, bytes } of storage.list(zone)) {
      sizes.set(path, bytes);
      const hash = path.split("/").at(-1)!;
      if (zone === "raw/") expected.set(path, path === rawPath(hash) ? { hash } : { hash: "" });
    }
  }
  const pending = await readRecords(log, broken);
  const total = [...expected.keys()].reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
  let done = 0;
  await inParallel([...expected], 2, async ([path, { hash, bytes }]) => {
    signal.throwIfAborted();
    const size = sizes.get(path);
    if (size === undefined) broken.push({ path, problem: "it is missing" });
    else if (bytes !== undefined && size !== bytes)
      broken.push({ path, problem: `it has ${size} bytes, not ${bytes}` });
    else if ((await hashOf(await storage.stream(path), signal)) !== hash)
      broken.push({ path, problem: "its bytes are not those of its hash" });
    done += size ?? 0;
    progress(done, total);
  });
  broken.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { versions: count, parts, raw: expected.size - parts, bytes: total, broken, pending };
}

async function readRecords(log: IngestLog, broken: { path: string; problem: string }[]): Promise<readonly string[]> {
  try {
    const { pending } = await log.read();
    return [...pending];
  } catch (error) {
    broken.push({ path: "ingests", problem: messageOf(error) });
    return [];
  }
}
