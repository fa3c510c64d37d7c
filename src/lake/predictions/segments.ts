import { type FileHandle, mkdir, open, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const GZ = ".gz";

/**
 * Makes a folder for patients' data in that of a model: for its owner only, and nothing that git would take along.
 * @param folder lake/predictions/NAME
 * @returns folder/name
 */
export async function makeFolder(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, ".gitignore"), "*\n", { mode: 0o600 });
  return path;
}

/** Names in a folder, sorted; none where it is absent. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Folders of days, "2026-11-24", earliest first. */
export async function daysIn(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
}

/** Segments of a folder, compressed ones too; one that is being compressed counts once. */
export async function segmentsIn(folder: string): Promise<string[]> {
  const names = new Set(await namesIn(folder));
  const isOne = (name: string): boolean =>
    name.endsWith(".ndjson") || (name.endsWith(`.ndjson${GZ}`) && !names.has(name.slice(0, -GZ.length)));
  return [...names].filter(isOne).map((name) => join(folder, name));
}

/**
 * Whole lines of a segment, without the line end. `torn` is told of a last line that has none: its writer was killed, or is writing it.
 */
export async function* linesOf(path: string, torn: () => void): AsyncGenerator<string, void> {
  let rest = "";
  for await (const chunk of await openText(path)) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") torn();
}

/** What a segment holds now; its writer may be faster than a reader that ran after it. */
async function openText(path: string): Promise<Readable> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    // Compressed, or removed, since the folder was listed.
    return path.endsWith(GZ) ? Readable.from([]) : openText(`${path}${GZ}`);
  }
  const { size } = await file.stat();
  const bytes = file.createReadStream({ start: 0, end: Math.max(0, size - 1), highWaterMark: 1 << 18 });
  if (!path.endsWith(GZ)) return bytes.setEncoding("utf8");
  const text = createGunzip();
  bytes.once("error", (error) => text.destroy(error)).pipe(text);
  return text.setEncoding("utf8");
}
