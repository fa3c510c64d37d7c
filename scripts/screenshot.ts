/**
 * A picture of the board, from a real session in a pseudo-terminal: opens it in a project, presses keys, and writes what is
 * on the screen as SVG, and as PNG with --png.
 *
 *     node scripts/screenshot.ts [--project .] [--experiment quickstart] [--keys "l s j j m"] [--size 110x28] [--out docs/board]
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Resvg } from "@resvg/resvg-js";
import { openScreen } from "../test/support/screen.ts";
import { svgOf } from "../test/support/svg.ts";

const { values: flags } = parseArgs({
  options: {
    project: { type: "string", default: "." },
    experiment: { type: "string", default: "quickstart" },
    keys: { type: "string", default: "l s j j m" },
    size: { type: "string", default: "110x28" },
    out: { type: "string", default: "docs/board" },
    png: { type: "boolean", default: false },
  },
});
/** Milliseconds for the comparison with the best run, which comes by itself. */
const SETTLE = 6000;

const [cols, rows] = flags.size.split("x").map(Number) as [number, number];
await using screen = await openScreen(["board", flags.experiment], { cwd: resolve(flags.project), cols, rows });
await screen.shows(/live/);
for (const key of flags.keys.split(" ").filter(Boolean)) {
  screen.press(key);
  await delay(100);
}
await delay(SETTLE);
const svg = svgOf(screen.terminal, `disease board ${flags.experiment}`);
writeFileSync(`${flags.out}.svg`, svg);
if (flags.png) {
  const font = { loadSystemFonts: true, defaultFontFamily: "DejaVu Sans Mono" };
  writeFileSync(`${flags.out}.png`, new Resvg(svg, { fitTo: { mode: "zoom", value: 2 }, font }).render().asPng());
}
