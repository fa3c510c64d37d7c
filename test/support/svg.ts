/** A terminal's screen as SVG: one text a run of cells with the same look, placed on the grid whatever the font. */
import type { IBufferCell, Terminal } from "@xterm/headless";

const CELL = { width: 8.4, height: 18, size: 14 };
const MARGIN = 14;
const PAPER = { text: "#d7dae0", background: "#16181d" };
const BASIC =
  "1e2127 e06c75 98c379 e5c07b 61afef c678dd 56b6c2 abb2bf 5c6370 ff7b86 b5e890 ffd68a 7cc4ff e08eff 7fdbe6 ffffff".split(
    " ",
  );

/** The colour of xterm's palette of 256. */
function paletteColour(n: number): string {
  if (n < 16) return `#${BASIC[n]}`;
  const hex = (levels: readonly number[]): string => `#${levels.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
  if (n >= 232) return hex(Array(3).fill(8 + 10 * (n - 232)) as number[]);
  const step = (v: number): number => (v === 0 ? 0 : 55 + 40 * v);
  return hex([Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6].map(step));
}

interface Look {
  readonly text: string;
  readonly background: string | undefined;
  readonly bold: boolean;
  readonly underline: boolean;
}

function lookOf(cell: IBufferCell): Look {
  const rgb = (value: number): string => `#${value.toString(16).padStart(6, "0")}`;
  const colour = cell.isFgDefault()
    ? PAPER.text
    : cell.isFgPalette()
      ? paletteColour(cell.getFgColor())
      : rgb(cell.getFgColor());
  const background = cell.isBgDefault()
    ? undefined
    : cell.isBgPalette()
      ? paletteColour(cell.getBgColor())
      : rgb(cell.getBgColor());
  const swapped = cell.isInverse() !== 0;
  return {
    text: swapped ? (background ?? PAPER.background) : colour,
    background: swapped ? colour : background,
    bold: cell.isBold() !== 0,
    underline: cell.isUnderline() !== 0,
  };
}

interface Run extends Look {
  readonly x: number;
  columns: number;
  letters: string;
}

function runsOf(terminal: Terminal, y: number): Run[] {
  const line = terminal.buffer.active.getLine(terminal.buffer.active.baseY + y);
  const runs: Run[] = [];
  for (let x = 0; x < terminal.cols; x++) {
    const cell = line?.getCell(x);
    if (!cell || cell.getWidth() === 0) continue; // the second half of a wide character
    const look = lookOf(cell);
    const last = runs.at(-1);
    const letters = cell.getChars() || " ";
    // Signs and wide letters may come from another font: each keeps its own place.
    const plain = /^[ -~]$/.test(letters);
    const same =
      last !== undefined &&
      plain &&
      /^[ -~]*$/.test(last.letters) &&
      JSON.stringify(look) ===
        JSON.stringify({ text: last.text, background: last.background, bold: last.bold, underline: last.underline });
    if (same) {
      last.letters += letters;
      last.columns += 1;
    } else runs.push({ ...look, x, columns: cell.getWidth(), letters });
  }
  return runs;
}

const escaped = (text: string): string => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
const short = (n: number): string => String(Math.round(n * 10) / 10);

/** The visible screen as an SVG document. */
export function svgOf(terminal: Terminal, title: string): string {
  const width = terminal.cols * CELL.width + 2 * MARGIN;
  const height = terminal.rows * CELL.height + 2 * MARGIN;
  const boxes: string[] = [];
  const texts: string[] = [];
  for (let y = 0; y < terminal.rows; y++) {
    for (const run of runsOf(terminal, y)) {
      const x = MARGIN + run.x * CELL.width;
      const top = MARGIN + y * CELL.height;
      const wide = run.columns * CELL.width;
      if (run.background !== undefined)
        boxes.push(
          `<rect x="${short(x)}" y="${top}" width="${short(wide + 0.2)}" height="${CELL.height}" fill="${run.background}"/>`,
        );
      const letters = run.letters.trimEnd();
      if (letters === "") continue;
      const begin = letters.length - letters.trimStart().length;
      const looks = `${run.bold ? ' font-weight="bold"' : ""}${run.underline ? ' text-decoration="underline"' : ""}`;
      const length = /^[ -~]+$/.test(letters) ? ` textLength="${short((letters.length - begin) * CELL.width)}"` : "";
      texts.push(
        `<text x="${short(x + begin * CELL.width)}" y="${top + CELL.size}" fill="${run.text}"${looks}${length}>${escaped(letters.trimStart())}</text>`,
      );
    }
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${short(width)}" height="${short(height)}" viewBox="0 0 ${short(width)} ${short(height)}" xml:space="preserve" font-family="'DejaVu Sans Mono','JetBrains Mono',Menlo,Consolas,monospace" font-size="${CELL.size}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${PAPER.background}"/>`,
    ...boxes,
    ...texts,
    "</svg>\n",
  ].join("\n");
}
