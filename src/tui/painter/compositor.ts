/** Puts whole rows on the screen and writes only those that differ from what is there. */

const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";

/** Rows of the screen that moved by some lines; the terminal moves them itself. */
export interface Scroll {
  /** 0-based. */
  readonly top: number;
  readonly height: number;
  /** Lines upwards; downwards when negative. */
  readonly by: number;
}

export interface Compositor {
  /**
   * Makes the screen show these rows, in one synchronized update.
   * @param rows one text a row of the screen, styles allowed, each as wide as the screen
   * @param scroll what of the last rows is found again elsewhere
   * @returns whether anything was written
   */
  paint(rows: readonly string[], scroll?: Scroll): boolean;
  /** Forgets what is on the screen: the next rows are all written. */
  invalidate(): void;
}

export function createCompositor(write: (text: string) => void): Compositor {
  let shown: (string | undefined)[] = [];
  return {
    paint(rows, scroll) {
      let out = "";
      if (scroll && shown.length === rows.length && Math.abs(scroll.by) < scroll.height) {
        const { top, height, by } = scroll;
        out += `\x1b[${top + 1};${top + height}r\x1b[${Math.abs(by)}${by > 0 ? "S" : "T"}\x1b[r`;
        const region = shown.slice(top, top + height);
        for (let y = 0; y < height; y++) shown[top + y] = region[y + by];
      }
      rows.forEach((row, y) => {
        if (shown[y] === row) return;
        out += `\x1b[${y + 1};1H\x1b[0m${row}`;
        shown[y] = row;
      });
      shown.length = rows.length;
      if (out === "") return false;
      write(`${BEGIN}${out}\x1b[0m${END}`);
      return true;
    },
    invalidate() {
      shown = [];
    },
  };
}
