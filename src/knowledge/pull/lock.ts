/** knowledge.json beside the files: which release each is, its hash, and where it came from. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, UserError } from "../../core/errors.ts";
import { FILE_WHATS, type FileWhat } from "../files.ts";

export const LOCK = "knowledge.json";

const Locked = z.object({
  /** Of the file, in the folder. */
  name: z.string(),
  /** "2025-01-16"; empty where neither the file nor its publisher says */
  release: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  /** What is in it: { terms: 19034 } */
  counts: z.record(z.string(), z.number()),
  /** Address or file that it came from, without what is secret. */
  source: z.string(),
  /** When it was pulled, or last found to be the latest; ISO 8601. */
  pulled: z.string(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
});
export type Locked = Readonly<z.infer<typeof Locked>>;

const Lock = z.object({
  version: z.literal(1),
  files: z.partialRecord(z.enum(FILE_WHATS as [FileWhat, ...FileWhat[]]), Locked),
});
export type LockedFiles = Readonly<Partial<Record<FileWhat, Locked>>>;

/** What is known of the files of a folder; nothing where they were put there by hand. @throws UserError when knowledge.json is broken */
export function readLock(folder: string): LockedFiles {
  const path = join(folder, LOCK);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return {};
  }
  try {
    return Lock.parse(JSON.parse(text)).files;
  } catch (error) {
    const why = error instanceof z.ZodError ? (error.issues[0]?.path.join(".") ?? "") : messageOf(error);
    throw new UserError(`the record of pulled files is broken: ${why}`, {
      where: path,
      fix: "Remove it: the files stay, only where they came from is forgotten.",
    });
  }
}

/** Adds a file to the record, in one step. */
export function writeLock(folder: string, what: FileWhat, locked: Locked): void {
  const files = { ...readLock(folder), [what]: locked };
  const sorted = Object.fromEntries(FILE_WHATS.flatMap((key) => (files[key] ? [[key, files[key]]] : [])));
  const path = join(folder, LOCK);
  const mine = `${path}.${process.pid}`;
  try {
    writeFileSync(mine, `${JSON.stringify({ version: 1, files: sorted }, null, 2)}\n`);
    renameSync(mine, path);
  } finally {
    rmSync(mine, { force: true });
  }
}
