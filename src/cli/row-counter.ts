import { paint } from "./text.ts";

/** Milliseconds between two counts that are shown. */
const EVERY = 200;

/**
 * How many rows are done, in a terminal, with the share of the input where it is known.
 * @param isQuiet where the rows themselves go to the terminal
 */
export function createRowCounter(
  stream: NodeJS.WriteStream,
  isQuiet: boolean,
): { tell(rows: number, share: number | null): void; close(): void } {
  const live = !isQuiet && stream.isTTY === true && !process.env.CI && process.env.TERM !== "dumb";
  let last = 0;
  let isShown = false;
  return {
    tell(rows, share) {
      const now = performance.now();
      if (!live || now - last < EVERY) return;
      last = now;
      isShown = true;
      const part = share === null ? "" : `, ${Math.floor(100 * share)} %`;
      stream.write(`\r\x1b[K${paint("dim", `${rows} patients${part}`, stream)}`);
    },
    close() {
      if (isShown) stream.write("\r\x1b[K");
      isShown = false;
    },
  };
}
