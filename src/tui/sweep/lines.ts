/** Draws a running sweep as rows of text: progress, running trials with their curves, the leaderboard as it fills. Pure. */

import { compact, duration, number } from "../../board/numbers.ts";
import { displayWidth, visible } from "../../core/formats/visible.ts";
import { createBraille, drawCurves } from "../painter/braille.ts";
import { fitPlain, fitRows, fitStyled } from "../painter/text.ts";
import type { Size } from "../terminal/session.ts";
import { type Meaning, styled, type Theme } from "../theme.ts";
import type { RunningTrial, SweepModel, SweepRow } from "./model.ts";

export interface SweepFrame {
  readonly model: SweepModel;
  readonly theme: Theme;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Into the running trials, then the rows of the leaderboard; −1: none. */
  readonly selected: number;
  /** First row of the leaderboard that is seen. */
  readonly top: number;
}

/** Where things are in a body of so many rows. */
export interface SweepLayout {
  /** Rows of each running trial: its name, and its curve under it. */
  readonly each: number;
  /** Running trials that have room. */
  readonly shown: number;
  /** Row of the first running trial, and of the first one of the leaderboard. */
  readonly running: number;
  readonly board: number;
  /** Rows of the leaderboard that are seen. */
  readonly height: number;
}

/** Rows of a curve at most. */
const TALLEST = 5;
/** Columns of a curve at most, and of the numbers before it. */
const WIDEST = 72;
const LABEL = 12;
/** After the rank metric, those of them that there are, as many as there is room for. */
const METRICS = [
  "f1_macro",
  "accuracy",
  "recall_macro",
  "recall_orphan",
  "log_loss",
  "ece",
  "top1",
  "top10",
  "mrr",
] as const;
const LEAST_NAME = 28;
const BAR = 30;

/** The same until the last trials: nothing jumps when one ends and another begins. */
export function layoutOf({ facts, running }: SweepModel, { rows }: Size): SweepLayout {
  const room = Math.max(1, rows - 5 - Math.min(8, Math.floor(rows / 2)));
  const left = facts.total === null ? facts.jobs : Math.min(facts.jobs, facts.total - facts.ended);
  const shown = Math.min(Math.max(left, running.length, 1), room);
  const each = Math.min(1 + TALLEST, Math.floor(room / shown));
  const board = 3 + shown * each + 2;
  return { each, shown, running: 3, board, height: Math.max(0, rows - board) };
}

/** The body, each row as wide as the screen. */
export function drawSweep(frame: SweepFrame, size: Size): string[] {
  const { model, theme } = frame;
  const layout = layoutOf(model, size);
  const { running } = model;
  const rows = model.rows();
  const out = [progressLine(frame, size.columns), countsLine(frame), ""];
  for (let i = 0; i < layout.shown; i++) {
    const trial = running[i];
    const more = running.length - layout.shown;
    if (trial && i === layout.shown - 1 && more > 0 && frame.selected !== i) {
      out.push(styled(theme, "dim", `  … ${more + 1} more are running`));
      for (let y = 1; y < layout.each; y++) out.push("");
    } else out.push(...(trial ? trialLines(frame, trial, i, layout.each, size.columns) : Array(layout.each).fill("")));
  }
  const columns = columnsOf(model, rows, size.columns);
  out.push("", boardHead(columns, theme));
  const first = running.length;
  rows.slice(frame.top, frame.top + layout.height).forEach((row, i) => {
    out.push(boardLine(frame, columns, row, first + frame.top + i, size.columns));
  });
  if (rows.length === 0) out.push(styled(theme, "dim", "  no trial has ended yet"));
  return fitRows(out, size);
}

function progressLine({ model, theme, now }: SweepFrame, width: number): string {
  const { total, ended, since, number: round, stopping } = model.facts;
  const took = since === 0 ? "" : duration((now - since) / 1000);
  const left = model.left(now);
  const parts = [
    total === null ? `${ended} trials so far` : `${ended}/${total}`,
    took,
    ...(left === undefined || left === 0 || stopping ? [] : [`about ${duration(left)} left`]),
    ...(round > 1 ? [`round ${round}`] : []),
    ...(stopping ? [styled(theme, "warn", "stopping; what is finished is kept")] : []),
    ...(!stopping && total !== null && ended >= total && ended > 0 ? ["all have ended; making the report"] : []),
  ];
  const bar = total === null ? "" : `${barOf(total === 0 ? 1 : ended / total, Math.min(BAR, width - 50), theme)}  `;
  return `  ${bar}${parts.join("   ")}`;
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

function barOf(share: number, width: number, theme: Theme): string {
  const eighths = Math.round(Math.min(1, share) * width * 8);
  const full = "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
  return styled(theme, "accent", full) + styled(theme, "dim", "·".repeat(Math.max(0, width - full.length)));
}

function countsLine({ model, theme }: SweepFrame): string {
  const { finished, failed, pruned, stopped, kept, saved } = model.facts;
  const parts = [
    styled(theme, "accent", `▶ ${model.running.length} running`),
    styled(theme, "good", `✓ ${finished} finished`),
    ...(failed > 0 ? [styled(theme, "bad", `✗ ${failed} failed`)] : []),
    ...(pruned > 0 ? [styled(theme, "warn", `✂ ${pruned} pruned`)] : []),
    ...(stopped > 0 ? [`■ ${stopped} stopped`] : []),
    ...(kept > 0 ? [styled(theme, "dim", `${kept} kept from before`)] : []),
    ...(saved.rounds > 0
      ? [`pruning saved about ${saved.rounds.toLocaleString("en")} rounds, ${duration(saved.seconds)} of training`]
      : []),
  ];
  return `  ${parts.join("   ")}`;
}

/** Marks the selected one. */
function marked({ selected, theme }: SweepFrame, at: number, text: string, width: number): string {
  if (at !== selected) return `  ${text}`;
  return `\x1b[${theme.selected}m❯ ${fitStyled(text, width - 2)}\x1b[0m`;
}

function trialLines(frame: SweepFrame, trial: RunningTrial, at: number, height: number, width: number): string[] {
  const { theme, now } = frame;
  const last = trial.curve.at(-1);
  const parts = [
    styled(theme, "accent", "▶"),
    visible(trial.trial.name),
    ...(last
      ? [
          `round ${last.round}`,
          `validation ${number(last.validation)}`,
          styled(theme, "dim", `train ${number(last.train)}`),
        ]
      : []),
    styled(theme, "dim", duration((now - trial.since) / 1000)),
  ];
  const lines = [marked(frame, at, parts.join("  "), width)];
  if (height > 1 && trial.curve.length > 1) lines.push(...curveLines(trial, height - 1, width, theme));
  while (lines.length < height) lines.push("");
  return lines;
}

/** Validation and, dim, training log loss by round. */
function curveLines({ curve }: RunningTrial, height: number, width: number, theme: Theme): string[] {
  const canvas = createBraille(Math.max(4, Math.min(WIDEST, width - LABEL - 4)), height);
  const xs = curve.map(({ round }) => round);
  // The last to draw is on top.
  const range = drawCurves(canvas, [
    { xs, ys: curve.map(({ train }) => train) },
    { xs, ys: curve.map(({ validation }) => validation) },
  ]);
  const label = (y: number): string => {
    if (!range) return "";
    return y === 0 ? compact(range[1]) : y === height - 1 ? compact(range[0]) : "";
  };
  return canvas
    .rows((text, who) => styled(theme, who === 1 ? "accent" : "dim", text))
    .map((text, y) => `  ${styled(theme, "dim", fitPlain(label(y), LABEL, "right"))} ${text}`);
}

interface Columns {
  readonly name: number;
  readonly metrics: readonly string[];
}

const RANK = 5;
const REPEATS = 4;
const METRIC = 14;
const FIT = 12;

function columnsOf({ facts }: SweepModel, rows: readonly SweepRow[], width: number): Columns {
  const known = new Set(rows.flatMap(({ metrics }) => Object.keys(metrics)));
  const all = [facts.rankMetric, ...METRICS.filter((id) => id !== facts.rankMetric && known.has(id))];
  const room = width - 2 - RANK - REPEATS - FIT - LEAST_NAME - 2;
  const metrics = all.slice(0, Math.max(1, Math.floor(room / METRIC)));
  const longest = Math.max(LEAST_NAME, ...rows.map(({ name }) => displayWidth(visible(name))));
  const name = Math.min(longest, width - 2 - RANK - REPEATS - FIT - metrics.length * METRIC - 2);
  return { name: Math.max(8, name), metrics };
}

function boardHead({ name, metrics }: Columns, theme: Theme): string {
  const cells = [
    `${fitPlain("#", RANK - 2, "right")}  `,
    fitPlain("trial", name),
    fitPlain("n", REPEATS, "right"),
    ...metrics.map((id) => fitPlain(id, METRIC, "right")),
    fitPlain("fit", FIT, "right"),
  ];
  return `  ${styled(theme, "head", cells.join(""))}`;
}

const SIGN: Readonly<Record<SweepRow["state"], readonly [string, Meaning]>> = {
  finished: ["", "good"],
  failed: ["✗", "bad"],
  pruned: ["✂", "warn"],
  stopped: ["■", "dim"],
};

function boardLine(frame: SweepFrame, columns: Columns, row: SweepRow, at: number, width: number): string {
  const { theme } = frame;
  const [sign, meaning] = SIGN[row.state];
  const rank = fitPlain(row.rank === null ? sign || "–" : String(row.rank), RANK - 2, "right");
  if (row.repeats === 0) {
    const text = `${rank}  ${fitPlain(visible(row.name), columns.name)}  ${visible(row.notes.join("; "))}`;
    return marked(frame, at, styled(theme, meaning, fitPlain(text, width - 2)), width);
  }
  const cells = columns.metrics.map((id) => {
    const { mean, sd } = row.metrics[id] ?? { mean: Number.NaN, sd: null };
    const text = number(mean, 3) + (sd === null || Number.isNaN(sd) ? "" : ` ±${sd.toFixed(3)}`);
    const cell = fitPlain(text, METRIC, "right");
    return row.rank === 1 && id === columns.metrics[0] ? styled(theme, "best", cell) : cell;
  });
  const text = [
    `${rank}  `,
    fitPlain(visible(row.name), columns.name),
    fitPlain(String(row.repeats), REPEATS, "right"),
    ...cells,
    fitPlain(Number.isNaN(row.fit) ? "before" : duration(row.fit), FIT, "right"),
    row.notes.length > 0 ? styled(theme, "warn", " !") : "",
  ].join("");
  return marked(frame, at, text, width);
}
