import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ByteSource } from "../../core/lake.ts";

/** The first bytes of a source. */
export async function headBytes(source: ByteSource, most: number): Promise<Buffer> {
  if (source.path !== undefined) {
    await using file = await open(source.path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0);
    return buffer.subarray(0, bytesRead);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source.open()) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes >= most) break;
  }
  return Buffer.concat(parts).subarray(0, most);
}

/** A source as a file on this disk: its own, or a copy in a folder. */
export async function withPath(source: ByteSource, folder: string): Promise<ByteSource & { readonly path: string }> {
  if (source.path !== undefined) return { ...source, path: source.path };
  const ending = /\.[a-z0-9]+$/i.exec(source.name)?.[0] ?? "";
  const path = join(folder, `source${ending}`);
  await pipeline(source.open(), createWriteStream(path, { mode: 0o600 }));
  return { name: source.name, path, open: () => createReadStream(path, { highWaterMark: 1 << 20 }) };
}
