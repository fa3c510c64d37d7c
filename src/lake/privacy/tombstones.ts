/** The record of who was forgotten: `forgotten.ndjson` of the lake, which names nobody. */
import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { LakeStorage } from "../../core/lake.ts";

const RECORD = z.object({
  /** HMAC-SHA-256 of the patient's id under the project's key. */
  patient: z.string(),
  /** What is begun is ended by the next `lake forget` of the same patient, where it was killed. */
  state: z.enum(["begun", "done"]),
  time: z.number(),
  who: z.string(),
  reason: z.string().nullable(),
  /** Versions that had the patient, "lake://patients@v3". */
  versions: z.array(z.string()),
  /** SHA-256 of original files that held the patient: they are refused from now on. */
  sources: z.array(z.string()),
  /** Of those, files that were kept without the patient, by the hash that they had: the one that they have. */
  rewritten: z.record(z.string(), z.string()),
  rows: z.number(),
});

export type ForgetRecord = z.infer<typeof RECORD>;

const PATH = "forgotten.ndjson";

export async function readForgotten(storage: LakeStorage): Promise<readonly ForgetRecord[]> {
  const bytes = await storage.read(PATH).catch((error: unknown) => {
    if (error instanceof UserError && error.message === `the lake has no file ${PATH}`) return undefined;
    throw error;
  });
  const text = bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => RECORD.parse(JSON.parse(line)));
}

export async function addForgotten(storage: LakeStorage, record: ForgetRecord): Promise<void> {
  const all = [...(await readForgotten(storage)), record];
  await replaceFile(storage, PATH, Buffer.from(all.map((one) => `${JSON.stringify(one)}\n`).join("")));
}

/** @throws UserError where one of the files held a patient who was forgotten */
export async function refuseForgotten(
  storage: LakeStorage,
  files: readonly { readonly hash: string; readonly file: { readonly name: string } }[],
): Promise<void> {
  const hashes = new Set((await readForgotten(storage)).flatMap(({ sources }) => sources));
  const found = files.find(({ hash }) => hashes.has(hash));
  if (found === undefined) return;
  throw new UserError("the file holds a patient who was forgotten", {
    where: found.file.name,
    fix: "Take the patient out of the file, and add it again.",
  });
}

/** Puts bytes in the place of a file of the lake, at once. */
export async function replaceFile(storage: LakeStorage, path: string, bytes: Uint8Array): Promise<void> {
  const file = join(tmpdir(), `disease-forget-${process.pid}-${randomBytes(8).toString("hex")}`);
  try {
    await writeFile(file, bytes, { mode: 0o600, flag: "wx" });
    await storage.put(path, file);
  } finally {
    await rm(file, { force: true });
  }
}
