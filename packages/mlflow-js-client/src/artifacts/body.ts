import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { invalid } from "../errors.ts";
import { bytesBody } from "../http/http.ts";
import type { Body } from "../http/transport.ts";

/** Told the bytes that have been moved, and of how many (undefined where the server does not say). */
export type Progress = (moved: number, total: number | undefined) => void;

/**
 * A file, or a part of it, as a body that can be sent again.
 * @throws MlflowError of kind "invalid" when there is no such file
 */
export function fileBody(file: string, start = 0, size = sizeOf(file) - start, onProgress: Progress = () => {}): Body {
  const open = () => createReadStream(file, { start, end: start + size - 1, highWaterMark: 1 << 18 });
  return {
    size,
    open: () => {
      if (size === 0) return new Uint8Array(0);
      let moved = 0;
      return open().on("data", (chunk) => {
        moved += chunk.length;
        onProgress(moved, size);
      });
    },
    sha256: async () => {
      const hash = createHash("sha256");
      if (size > 0) await pipeline(open(), hash);
      return hash.digest("hex");
    },
  };
}

export function bodyOf(source: string | Uint8Array, onProgress?: Progress): Body {
  return typeof source === "string" ? fileBody(source, 0, undefined, onProgress) : bytesBody(source);
}

export function sizeOf(file: string): number {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile()) return stats.size;
  throw invalid(`${JSON.stringify(file)} is not a file`);
}
