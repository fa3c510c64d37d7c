import { closeSync, openSync, readSync } from "node:fs";
import { ifThere } from "../if-there.ts";

/** Reads what is appended to a file, which need not be there yet; it may be removed while it is read. */
export interface Tail {
  /** Lines that have become whole since the last call. */
  lines(): string[];
  close(): void;
}

export function createTail(path: string): Tail {
  const chunk = Buffer.alloc(65_536);
  const open = (): number | undefined => ifThere(() => openSync(path, "r"));
  let fd = open(); // at once: who else reads it may remove it first
  let at = 0;
  let rest: Buffer = Buffer.alloc(0);
  return {
    lines() {
      fd ??= open();
      if (fd === undefined) return [];
      const parts = [rest];
      for (let n = readSync(fd, chunk, 0, chunk.length, at); n > 0; n = readSync(fd, chunk, 0, chunk.length, at)) {
        parts.push(Buffer.from(chunk.subarray(0, n)));
        at += n;
      }
      if (parts.length === 1) return [];
      const bytes = Buffer.concat(parts);
      const end = bytes.lastIndexOf(0x0a) + 1;
      rest = bytes.subarray(end);
      return end === 0
        ? []
        : bytes
            .subarray(0, end - 1)
            .toString("utf8")
            .split("\n");
    },
    close() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}
