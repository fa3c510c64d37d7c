import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { DAY, dayOf } from "./log.ts";
import { daysIn, segmentsIn } from "./segments.ts";

/** Days after which nobody writes to a day's segments any more. */
const SETTLED = 2;

/**
 * Removes the days of a log that are older than `keep`, and compresses those of the others that are over.
 * @param keep milliseconds
 * @returns days that were removed, segments that were compressed
 */
export async function tidyPredictions(
  folder: string,
  { keep, now }: { readonly keep: number; readonly now: number },
): Promise<{ readonly removed: readonly string[]; readonly compressed: number }> {
  const removed: string[] = [];
  let compressed = 0;
  for (const day of await daysIn(folder)) {
    if (day < dayOf(now - keep)) {
      await rm(join(folder, day), { recursive: true, force: true });
      removed.push(day);
    } else if (day < dayOf(now - SETTLED * DAY)) {
      for (const path of await segmentsIn(join(folder, day))) {
        if (path.endsWith(".gz")) continue;
        await compress(path);
        compressed++;
      }
    }
  }
  return { removed, compressed };
}

/** Readers see the one or the other; where both are, after a crash, they take the original. */
async function compress(path: string): Promise<void> {
  const part = `${path}.gz.tmp`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(part, { mode: 0o600 }));
  await rename(part, `${path}.gz`);
  await rm(path);
}
