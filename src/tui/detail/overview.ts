/** What a run, or a group of runs, is in short: state, metrics, params, tags. All of it is in the table: nothing is read. */
import { cellText, numberText, spreadText, unitOf } from "../../board/format.ts";
import { spreadOf } from "../../board/groups.ts";
import { duration, moment } from "../../board/numbers.ts";
import { Attr, type RunTable } from "../../core/board/board.ts";
import { numberAt, textAt } from "../../core/board/run-table.ts";
import { displayWidth, visible } from "../../core/formats/visible.ts";
import { Tag, VALIDATION } from "../../core/trial.ts";
import { fitStyled } from "../painter/text.ts";
import type { Shell } from "../screen.ts";
import { statusSign } from "../table/lines.ts";
import { styled, type Theme } from "../theme.ts";
import { nameOf, statusOf, type TabContext } from "./subject.ts";
import { documentOf, documentTab, type Tab } from "./tab.ts";
import { beside, type Cell, type Column, pairs, table as tableLines, title, wrapped } from "./text.ts";

/** From this width on params stand beside metrics. */
const TWO_COLUMNS = 110;

export function overviewTab(shell: Shell, context: TabContext): Tab {
  const { table } = context.board;
  return documentTab({ digit: 1, title: "Overview", short: "Overview" }, ({ columns }) => {
    const { theme } = shell;
    const { rows } = context.subject();
    const rank = context.board.rank();
    const isGroup = rows.length > 1;
    const two = columns >= TWO_COLUMNS;
    const metrics = isGroup ? groupMetrics(theme, table, rows, rank) : runMetrics(theme, table, rows[0]!, rank);
    const wide = Math.max(...metrics.map(plainWidth), Math.floor(columns / 2) - 2);
    const room = two ? columns - wide - 4 : columns;
    const state = isGroup ? groupState(theme, table, rows, rank) : runState(theme, table, rows[0]!, columns);
    const rest = isGroup ? shared(theme, table, rows, room) : paramsAndTags(theme, table, rows[0]!, room);
    const lower = two ? beside(metrics, rest, (text) => fitStyled(text, wide)) : [...metrics, "", ...rest];
    return documentOf([...state, "", ...lower]);
  });
}

const plainWidth = (line: string): number => displayWidth(line.replaceAll(/\x1b\[[\d;]*m/g, ""));

function runState(theme: Theme, table: RunTable, row: number, width: number): string[] {
  const sign = statusSign(table, row);
  const status = statusOf(table, row);
  const text = `${sign.text.trim() === "" ? "✓" : sign.text} ${status}`;
  const start = numberAt(table, Attr.start, row);
  const took = numberAt(table, Attr.duration, row);
  const tag = (key: string): string | undefined => textAt(table, `tags.${key}`, row);
  const parts = [
    styled(theme, sign.meaning ?? "good", text),
    `began ${moment(start)}`,
    Number.isNaN(took) ? "" : `took ${duration(took)}`,
    textAt(table, Attr.user, row) ?? "",
  ];
  const facts: (readonly [string, string | undefined])[] = [
    ["run", table.runId(row)],
    ["experiment", textAt(table, Attr.experiment, row)],
    ["sweep", tag(Tag.parent)],
    [
      "repeat",
      [tag(Tag.seed) && `seed ${tag(Tag.seed)}`, tag(Tag.fold) && `fold ${Number(tag(Tag.fold)) + 1}`]
        .filter(Boolean)
        .join(", "),
    ],
    ["note", tag(Tag.note)],
    ["notices", tag("disease.notices")],
  ];
  const why = (label: string, key: string): string[] =>
    tag(key) === undefined
      ? []
      : wrapped(visible(`${label}: ${tag(key)}`), width - 2).map((line) => styled(theme, "bad", line));
  return [
    parts
      .filter(Boolean)
      .map((part, i) => (i === 0 ? part : visible(part)))
      .join("  "),
    ...why("failed", Tag.error),
    ...why("stopped early", Tag.pruned),
    ...pairs(
      theme,
      facts.filter((fact): fact is [string, string] => Boolean(fact[1])),
      width,
    ),
  ];
}

/** Ids of the metrics of some rows: the one that ranks, those of validation, the others; curves and interval ends left out. */
function metricIds(table: RunTable, rows: readonly number[], rank: string | undefined): string[] {
  const has = (id: string): boolean => rows.some((row) => cellText(table, id, row) !== "–");
  const ids = table.columnIds.filter((id) => id.startsWith("metrics.") && !/_(low|high)$/.test(id) && has(id));
  const order = (id: string): number =>
    id === rank ? 0 : id.startsWith(`metrics.${VALIDATION}`) ? 1 : id.startsWith("metrics.curve_") ? 3 : 2;
  return ids.sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
}

const metricName = (id: string): string => visible(id.slice("metrics.".length));

function runMetrics(theme: Theme, table: RunTable, row: number, rank: string | undefined): string[] {
  const ids = metricIds(table, [row], rank);
  if (ids.length === 0) return [title(theme, "Metrics"), styled(theme, "dim", "  none")];
  const columns: Column[] = [
    { title: "  metric", most: 48 },
    { title: "value", align: "right" },
    { title: "interval" },
  ];
  const rows = ids.map((id): Cell[] => {
    const [low, high] = ["low", "high"].map((end) => numberAt(table, `${id}_${end}`, row)) as [number, number];
    const interval = Number.isNaN(low) ? "" : `[${numberText(id, low)}, ${numberText(id, high)}]`;
    const isRank = id === rank;
    const look = isRank ? (text: string) => styled(theme, "strong", text) : undefined;
    return [
      { text: `${isRank ? "★" : " "} ${metricName(id)}`, look },
      { text: cellText(table, id, row), look },
      { text: interval, look: (text) => styled(theme, "dim", text) },
    ];
  });
  const hasIntervals = rows.some((cells) => cells[2]!.text !== "");
  return [
    `${title(theme, "Metrics")}${hasIntervals ? styled(theme, "dim", "  bootstrap intervals") : ""}${rank === undefined ? "" : styled(theme, "dim", "  ★ ranks")}`,
    ...tableLines(theme, columns, rows),
  ];
}

const keyed = (table: RunTable, head: string, row: number): [string, string][] =>
  table.columnIds.flatMap((id): [string, string][] => {
    const text = id.startsWith(head) ? textAt(table, id, row) : undefined;
    return text === undefined ? [] : [[id.slice(head.length), text]];
  });

function paramsAndTags(theme: Theme, table: RunTable, row: number, width: number): string[] {
  const params = keyed(table, "params.", row);
  const tags = keyed(table, "tags.", row).filter(([key]) => !/^(disease|mlflow)\./.test(key));
  const list = (text: string, found: readonly [string, string][]): string[] => [
    title(theme, text),
    ...(found.length > 0 ? pairs(theme, found, width) : [styled(theme, "dim", "  none")]),
  ];
  return [...list("Params", params), ...(tags.length > 0 ? ["", ...list("Tags", tags)] : [])];
}

function groupState(theme: Theme, table: RunTable, rows: readonly number[], rank: string | undefined): string[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(statusOf(table, row), (counts.get(statusOf(table, row)) ?? 0) + 1);
  const columns: Column[] = [
    { title: "   run" },
    { title: "name", most: 50 },
    { title: "status" },
    ...(rank === undefined ? [] : [{ title: metricName(rank), align: "right" as const }]),
    { title: "took", align: "right" },
  ];
  const lines = rows.map((row, i): Cell[] => [
    { text: `${String(i + 1).padStart(2)} ${table.runId(row).slice(0, 8)}` },
    { text: visible(nameOf(table, row)) },
    { text: `${statusSign(table, row).text.trim()} ${statusOf(table, row)}`.trim() },
    ...(rank === undefined ? [] : [{ text: cellText(table, rank, row) }]),
    { text: cellText(table, Attr.duration, row) },
  ]);
  return [
    `${rows.length} runs: ${[...counts].map(([status, n]) => `${n} ${status}`).join(", ")}; numbers are means ± standard deviation of those that finished`,
    "",
    `${title(theme, "Runs")}${styled(theme, "dim", "  n and p show one after the other")}`,
    ...tableLines(theme, columns, lines),
  ];
}

function groupMetrics(theme: Theme, table: RunTable, rows: readonly number[], rank: string | undefined): string[] {
  const all = Int32Array.from(rows);
  const columns: Column[] = [
    { title: "  metric", most: 48 },
    { title: "mean ± sd", align: "right" },
    { title: "least … greatest" },
  ];
  const lines = metricIds(table, rows, rank).map((id): Cell[] => {
    const spread = spreadOf(table, id, all);
    const done = rows.filter((row) => textAt(table, Attr.status, row) === "FINISHED");
    const values = done.map((row) => numberAt(table, id, row)).filter((value) => !Number.isNaN(value));
    const isRank = id === rank;
    const look = isRank ? (text: string) => styled(theme, "strong", text) : undefined;
    const range =
      values.length < 2 || unitOf(id) === "time"
        ? ""
        : `${numberText(id, Math.min(...values))} … ${numberText(id, Math.max(...values))}`;
    return [
      { text: `${isRank ? "★" : " "} ${metricName(id)}`, look },
      { text: spreadText(id, spread), look },
      { text: range, look: (text) => styled(theme, "dim", text) },
    ];
  });
  return [title(theme, "Metrics"), ...tableLines(theme, columns, lines)];
}

/** Params that all have alike, and what differs. */
function shared(theme: Theme, table: RunTable, rows: readonly number[], width: number): string[] {
  const keys = [...new Set(rows.flatMap((row) => keyed(table, "params.", row).map(([key]) => key)))];
  const found = keys.map((key): [string, string] => {
    const texts = new Set(rows.map((row) => textAt(table, `params.${key}`, row) ?? "–"));
    return [key, [...texts].slice(0, 6).join(", ") + (texts.size > 6 ? ", …" : "")];
  });
  return [title(theme, "Params"), ...pairs(theme, found, width)];
}
