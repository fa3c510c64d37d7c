/** Takes a patient out of the logs of predictions and of feedback. */
import { open, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

/**
 * Lines are blanked in their place, for a service may be writing behind them; compressed segments are written anew.
 * @param folder lake/predictions; nothing where it is absent
 * @param hashes of the patient's keys
 * @returns predictions and outcomes that are gone, or would be
 */
export async function forgetPredictions(
  folder: string,
  hashes: ReadonlySet<string>,
  { dryRun }: { readonly dryRun: boolean },
): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const segments = names
    .filter((name) => /\.ndjson(\.gz)?$/.test(name))
    .sort((a, b) => Number(isOutcome(a)) - Number(isOutcome(b)));
  const gone = new Set(hashes);
  let count = 0;
  for (const name of segments) {
    const path = join(folder, name);
    const bytes = await readFile(path);
    const isPacked = name.endsWith(".gz");
    const text = isPacked ? gunzipSync(bytes) : bytes;
    const found = linesOf(text).filter(({ line }) => isOf(line, gone));
    count += found.length;
    if (found.length === 0 || dryRun) continue;
    if (isPacked) {
      for (const { at, length } of found) text.fill(" ", at, at + length);
      await writeFile(`${path}.tmp`, gzipSync(text), { mode: 0o600 });
      await rename(`${path}.tmp`, path);
    } else {
      await using file = await open(path, "r+");
      for (const { at, length } of found) await file.write(Buffer.alloc(length, " "), 0, length, at);
      await file.sync();
    }
  }
  return count;
}

const isOutcome = (name: string): boolean => /(^|[/\\])feedback[/\\]/.test(name);

function linesOf(bytes: Buffer): readonly { readonly at: number; readonly length: number; readonly line: string }[] {
  const lines: { at: number; length: number; line: string }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const next = end < 0 ? bytes.length : end;
    lines.push({ at, length: next - at, line: bytes.toString("utf8", at, next) });
    at = next + 1;
  }
  return lines;
}

/** Predictions are before outcomes: an outcome may name a prediction alone. */
function isOf(line: string, gone: Set<string>): boolean {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return false;
  }
  if (Array.isArray(value)) {
    if (!gone.has(String(value[4]))) return false;
    gone.add(String(value[0]));
    return true;
  }
  const { patient, prediction_id } = (value ?? {}) as { patient?: unknown; prediction_id?: unknown };
  return gone.has(String(patient)) || gone.has(String(prediction_id));
}
