/** Takes a patient out of original files and out of what was put aside. */
import { createHash } from "node:crypto";
import type { LakeStorage } from "../../core/lake.ts";
import type { IngestRecord } from "../ingest/log.ts";
import { rawPath } from "../ingest/sources.ts";
import { replaceFile } from "./tombstones.ts";

export interface Originals {
  readonly storage: LakeStorage;
  /** By which the patient is named. */
  readonly ids: readonly string[];
  /** Ingests whose rows had the patient. */
  readonly ingests: readonly IngestRecord[];
  readonly dryRun: boolean;
}

/** Ids that are shorter are in any file, by chance: only those of the patient's own ingests are looked into. */
const TELLING = 6;
const LETTER = /[\p{L}\p{N}_]/u;

/**
 * A text with the patient's id is removed, as is what is no plain text (an archive, a PDF) and came with the patient's rows. Of NDJSON
 * with a resource a line the other lines are kept, as another file.
 */
export async function forgetOriginals({
  storage,
  ids,
  ingests,
  records,
  only,
  dryRun,
}: Originals & {
  readonly records: readonly IngestRecord[];
  /** Hashes of the files that a dry run found: no other is read again. */
  readonly only?: ReadonlySet<string>;
}): Promise<{
  readonly removed: readonly string[];
  /** New hash by the one that a file had. */
  readonly rewritten: Readonly<Record<string, string>>;
}> {
  const own = new Set(ingests.flatMap(({ sources }) => sources.map(({ hash }) => hash)));
  const lined = new Set(
    records.flatMap(({ sources }) =>
      sources.filter(({ reader, name }) => reader === "fhir" && /\.ndjson$/i.test(name)).map(({ hash }) => hash),
    ),
  );
  const removed: string[] = [];
  const rewritten: Record<string, string> = {};
  for await (const { path } of storage.list("raw/")) {
    const hash = path.split("/").at(-1)!;
    if (only !== undefined && !only.has(hash)) continue;
    const isOwn = own.has(hash);
    const looked = isOwn ? ids : ids.filter(({ length }) => length >= TELLING);
    if (looked.length === 0 && !isOwn) continue;
    const found = await look(storage, path, looked, lined.has(hash));
    const isHeld = found.has || (isOwn && (found.isBinary || looked.length === 0));
    if (!isHeld) continue;
    if (found.rest === undefined || found.rest.length === 0) removed.push(hash);
    else {
      const own = createHash("sha256").update(found.rest).digest("hex");
      rewritten[hash] = own;
      if (!dryRun) await replaceFile(storage, rawPath(own), found.rest);
    }
    if (!dryRun) await storage.remove(path);
  }
  return { removed, rewritten };
}

async function look(
  storage: LakeStorage,
  path: string,
  ids: readonly string[],
  isLined: boolean,
): Promise<{ readonly has: boolean; readonly isBinary: boolean; readonly rest?: Buffer }> {
  const rest: string[] = [];
  let has = false;
  let isBinary = false;
  for await (const line of linesOf(storage, path)) {
    isBinary ||= line.includes("\0") || line.includes("\ufffd");
    if (!names(line, ids)) {
      if (isLined) rest.push(line);
      continue;
    }
    has = true;
    if (!isLined) break;
  }
  return { has, isBinary, ...(has && isLined && { rest: Buffer.from(rest.join("")) }) };
}

/** Lines with their ends; nothing longer than memory is kept of what is no text. */
async function* linesOf(storage: LakeStorage, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of await storage.stream(path)) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const lines = text.split(/(?<=\n)/);
    rest = lines.at(-1)?.endsWith("\n") ? "" : (lines.pop() ?? "");
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Whether one of the ids stands in a text by itself. */
function names(text: string, ids: readonly string[]): boolean {
  return ids.some((id) => {
    for (let at = text.indexOf(id); at >= 0; at = text.indexOf(id, at + 1)) {
      if (!LETTER.test(text[at - 1] ?? "") && !LETTER.test(text[at + id.length] ?? "")) return true;
    }
    return false;
  });
}

/** @returns lines that were, or would be, taken out of the quarantine */
export async function forgetQuarantine({ storage, ids, dryRun }: Originals): Promise<number> {
  let count = 0;
  if (ids.length === 0) return 0;
  for await (const { path } of storage.list("quarantine/")) {
    const lines = Buffer.from(await storage.read(path))
      .toString("utf8")
      .split("\n");
    const kept = lines.filter((line) => !names(line.replace(/\\[nrt"]/g, " "), ids));
    if (kept.length === lines.length) continue;
    count += lines.length - kept.length;
    if (!dryRun) await replaceFile(storage, path, Buffer.from(kept.join("\n")));
  }
  return count;
}
