import { EventEmitter } from "node:events";
import { fitRows } from "../painter/text.ts";
import type { Size } from "./session.ts";

export interface Sink {
  /** What Ink takes for its output. */
  readonly stream: NodeJS.WritableStream;
  /** Ink's last frame, one text a row, each as wide as the screen. */
  rows(): readonly string[];
}

/** Takes Ink's frames, which come whole (its option `debug`), and keeps the last. */
export function createSink(size: () => Size, onFrame: () => void): Sink {
  let rows: readonly string[] = [];
  const stream = Object.assign(new EventEmitter(), {
    writable: true,
    write(text: string, done?: () => void): boolean {
      if (text !== "") {
        const { columns, rows: height } = size();
        const frame = text.split("\n");
        rows = fitRows(frame, { columns, rows: height });
        onFrame();
      }
      done?.();
      return true;
    },
    end() {},
  });
  for (const name of ["columns", "rows"] as const) Object.defineProperty(stream, name, { get: () => size()[name] });
  return { stream: stream as unknown as NodeJS.WritableStream, rows: () => rows };
}
