import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import type { Quarantined } from "../../core/lake.ts";

/** Lines that were put aside, on their way to the lake. */
export interface QuarantineFile {
  readonly path: string;
  readonly count: number;
  add(problem: Quarantined): void;
  /** Waits until all that was added is on disk. */
  close(): Promise<void>;
}

/** Readable by the owner only. The file is made with the first line. */
export function openQuarantine(path: string): QuarantineFile {
  let stream: WriteStream | undefined;
  let failure: unknown;
  let count = 0;
  return {
    path,
    get count() {
      return count;
    },
    add({ source, line, offset, reason, text }) {
      if (stream === undefined) {
        stream = createWriteStream(path, { mode: 0o600, flags: "wx" });
        stream.on("error", (error) => {
          failure = error;
        });
      }
      count++;
      stream.write(`${JSON.stringify({ source, line, offset, reason, text })}\n`);
    },
    async close() {
      if (stream === undefined) return;
      stream.end();
      if (!stream.closed) await once(stream, "close");
      if (failure !== undefined) throw failure;
    },
  };
}
