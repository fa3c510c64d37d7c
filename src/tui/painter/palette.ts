/** Colours of charts, by theme: series beside each other, and shades of a heat map. Neither is told by colour alone. */
import { THEME_IDS, type Theme, type ThemeId, themeOf } from "../theme.ts";

interface Palette {
  /** Parameters of SGR, one a series; more series begin anew. */
  readonly series: readonly string[];
  /** From the least share to the greatest: background and foreground; empty: signs alone. */
  readonly heat: readonly string[];
}

const fore = (...codes: readonly number[]): string[] => codes.map((code) => `38;5;${code}`);
const shades = (...pairs: readonly (readonly [back: number, fore: number])[]): string[] =>
  pairs.map(([back, front]) => `48;5;${back};38;5;${front}`);

const PALETTES: Readonly<Record<ThemeId, Palette>> = {
  dark: {
    series: fore(81, 215, 114, 176, 221, 210, 73, 252),
    heat: shades([17, 252], [18, 252], [25, 255], [31, 255], [38, 16], [45, 16]),
  },
  light: {
    series: fore(25, 130, 28, 90, 94, 124, 30, 240),
    heat: shades([195, 16], [153, 16], [111, 16], [68, 255], [25, 255], [18, 255]),
  },
  // Okabe and Ito's; cividis for shades.
  "colour-blind": {
    series: fore(74, 208, 36, 175, 221, 166, 25, 250),
    heat: shades([17, 252], [18, 252], [60, 255], [102, 16], [143, 16], [227, 16]),
  },
  none: { series: [], heat: [] },
};

const paletteOf = (theme: Theme): Palette => PALETTES[THEME_IDS.find((id) => themeOf(id) === theme) ?? "none"];

/** A text in the colour of a series. */
export function inSeries(theme: Theme, series: number, text: string): string {
  const { series: styles } = paletteOf(theme);
  return styles.length === 0 ? text : `\x1b[${styles[series % styles.length]}m${text}\x1b[39m`;
}

const SIGNS = ["░", "▒", "▓", "█"] as const;

/** A sign of one column that says a share of 0 … 1 without colour. */
export function shadeSign(share: number): string {
  return share <= 0 ? " " : SIGNS[Math.min(3, Math.floor(share * 4))]!;
}

/** A text on the shade of a share of 0 … 1. */
export function shaded(theme: Theme, share: number, text: string): string {
  const { heat } = paletteOf(theme);
  if (heat.length === 0 || share <= 0) return text;
  return `\x1b[${heat[Math.min(heat.length - 1, Math.floor(share * heat.length))]}m${text}\x1b[39;49m`;
}
