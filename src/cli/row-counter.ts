import { paint } from "./text.ts";

/** Milliseconds between two counts that are shown. */
const EVERY = 200;

/**
 * How many rows are done, in a terminal, where their number is not known before.
 * @param isQuiet where the rows themselves go to the terminal
 */
export function createRowCounter(
  stream: NodeJS.WriteStream,
  isQuiet: boolean,
): { tell(rows: number): void; close(): void } {
  const live = !isQuiet && stream.isTTY === true && !process.env.CI && process.env.TERM !== "dumb";
  let last = 0;
  let isShown = false;
  return {
    tell(rows) {
      const now = performance.now();
      if (!live || now - last < EVERY) return;
      last = now;
      isShown = true;
      stream.write(`\r\x1b[K${paint("dim", `${rows} patients`, stream)}`);
    },
    close() {
      if (isShown) stream.write("\r\x1b[K");
      isShown = false;
    },
  };
}
