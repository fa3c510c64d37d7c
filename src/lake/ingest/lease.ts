import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";
import type { LakeStorage } from "../../core/lake.ts";
import { fromFile, toFile } from "../versions/manifest.ts";

const LEASE = z.object({ host: z.string(), pid: z.int(), time: z.number() });
const FOLDER = "ingests/";
const ENDING = ".open";
/** After that, nobody believes that a writer on another machine is still at work. */
export const LONGEST = 24 * 3_600_000;

/** Says that somebody writes: `gc` lets alone what came since then. */
export async function openLease(storage: LakeStorage, now: number): Promise<AsyncDisposable> {
  const path = `${FOLDER}${randomBytes(8).toString("hex")}${ENDING}`;
  await storage.putNew(path, toFile({ host: hostname(), pid: process.pid, time: now }));
  return {
    async [Symbol.asyncDispose]() {
      await storage.remove(path);
    },
  };
}

/** Since when others write, and the files that dead ones left. */
export async function readLeases(
  storage: LakeStorage,
  now: number,
): Promise<{ readonly since: number | undefined; readonly dead: readonly string[] }> {
  const dead: string[] = [];
  let since: number | undefined;
  for await (const { path } of storage.list(FOLDER)) {
    if (!path.endsWith(ENDING)) continue;
    const bytes = await storage.read(path).catch(() => undefined); // it has just ended
    if (bytes === undefined) continue;
    const lease = fromFile(LEASE, bytes, path);
    if (isAlive(lease, now)) since = Math.min(since ?? lease.time, lease.time);
    else dead.push(path);
  }
  return { since, dead };
}

function isAlive({ host, pid, time }: z.infer<typeof LEASE>, now: number): boolean {
  if (host !== hostname()) return now - time < LONGEST;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
