/** Where the versions of the registry stand on the screen: stages as columns, a card a version. Pure. */
import type { ModelDetail, VersionRow } from "../../app.ts";
import { visible } from "../../core/formats/visible.ts";
import { STAGES, type Stage } from "../../core/registry.ts";
import { fitPlain } from "../painter/text.ts";
import { firstSeen } from "../panels/list.tsx";
import { styled, type Theme } from "../theme.ts";

export interface Card {
  readonly model: string;
  readonly version: VersionRow;
  /** What stands on it below its name, e.g. "f1_macro 0.9123". */
  readonly metrics: readonly string[];
  /** "3 h ago" */
  readonly age: string;
}

export type Columns = Readonly<Record<Stage, readonly Card[]>>;

/** Place of the selected card. */
export interface Cursor {
  readonly column: number;
  readonly row: number;
}

/** Lines of a card; the last is blank. */
const CARD = 4;

/** Versions by stage; by model, the newest first within it. @param only of this model alone */
export function columnsOf(
  models: readonly ModelDetail[],
  only: string | undefined,
  cardOf: (model: string, version: VersionRow) => Pick<Card, "metrics" | "age">,
): Columns {
  const cards = models
    .filter(({ name }) => only === undefined || name === only)
    .flatMap(({ name, versions }) => versions.map((version) => ({ model: name, version, ...cardOf(name, version) })));
  return Object.fromEntries(
    STAGES.map((stage) => [stage, cards.filter(({ version }) => version.stage === stage)]),
  ) as unknown as Columns;
}

export function cardAt(columns: Columns, { column, row }: Cursor): Card | undefined {
  return columns[STAGES[column]!][row];
}

/** The nearest place that holds a card; the first one where that column is empty. */
export function settled(columns: Columns, { column, row }: Cursor): Cursor {
  const n = columns[STAGES[column]!].length;
  if (n > 0) return { column, row: Math.max(0, Math.min(row, n - 1)) };
  const other = STAGES.findIndex((stage) => columns[stage].length > 0);
  return other < 0 ? { column, row: 0 } : { column: other, row: 0 };
}

/** Where a movement leads: up and down within a stage, sideways to the next stage that has versions. */
export function step(columns: Columns, cursor: Cursor, by: "left" | "right" | "up" | "down"): Cursor {
  if (by === "up" || by === "down") return settled(columns, { ...cursor, row: cursor.row + (by === "down" ? 1 : -1) });
  const way = by === "right" ? 1 : -1;
  for (let column = cursor.column + way; column >= 0 && column < STAGES.length; column += way) {
    if (columns[STAGES[column]!].length > 0) return settled(columns, { column, row: cursor.row });
  }
  return cursor;
}

/** The first column of each stage, and how wide a stage is. */
export function placesOf(width: number): { readonly lefts: readonly number[]; readonly wide: number } {
  const wide = Math.floor((width - (STAGES.length - 1)) / STAGES.length);
  return { lefts: STAGES.map((_, i) => i * (wide + 1)), wide };
}

/** The card that stands at a place of the screen. */
export function cursorAt(
  columns: Columns,
  cursor: Cursor,
  size: { columns: number; rows: number },
  x: number,
  y: number,
): Cursor | undefined {
  const { lefts, wide } = placesOf(size.columns);
  const column = lefts.findIndex((left) => x >= left && x < left + wide);
  if (column < 0 || y < 1) return undefined;
  const row = topOf(columns, cursor, column, size.rows) + Math.floor((y - 1) / CARD);
  return row < columns[STAGES[column]!].length ? { column, row } : undefined;
}

const fitting = (rows: number): number => Math.max(1, Math.floor((rows - 1) / CARD));

/** The first card of a stage that is seen. */
function topOf(columns: Columns, cursor: Cursor, column: number, rows: number): number {
  const n = columns[STAGES[column]!].length;
  return column === cursor.column ? firstSeen(cursor.row, n, fitting(rows)) : 0;
}

/** All rows of the body, each at most as wide as it. */
export function drawColumns(
  theme: Theme,
  columns: Columns,
  cursor: Cursor,
  size: { columns: number; rows: number },
): string[] {
  const { wide } = placesOf(size.columns);
  const blocks = STAGES.map((stage, c) => {
    const cards = columns[stage];
    const top = topOf(columns, cursor, c, size.rows);
    const seen = cards.slice(top, top + fitting(size.rows));
    const hidden = cards.length - seen.length;
    const count = hidden > 0 ? `${cards.length} (${hidden} more)` : String(cards.length);
    const title = styled(theme, "head", fitPlain(`${stage}  ${count}`, wide));
    return [
      title,
      ...seen.flatMap((card, i) => cardLines(theme, card, wide, c === cursor.column && top + i === cursor.row)),
    ];
  });
  const blank = " ".repeat(wide);
  return Array.from({ length: size.rows }, (_, y) => blocks.map((block) => block[y] ?? blank).join(" "));
}

/** Name, aliases and what it waits for; metrics; trial and age. */
function cardLines(theme: Theme, { model, version, metrics, age }: Card, wide: number, selected: boolean): string[] {
  const { aliases, awaiting, drift, trial } = version;
  const names = aliases.map((alias) => `@${alias}`).join(" ");
  const label = visible(`${model}/${version.version}`);
  const state = awaiting !== null ? `awaits ${awaiting}` : drift !== null ? `MLflow: ${drift}` : "";
  const texts = [
    fitPlain(`${selected ? "❯" : " "}${label} ${visible(names)}`, wide),
    fitPlain(` ${state !== "" ? `${state}  ` : ""}${metrics.join("  ")}`, wide),
    fitPlain(` ${age}  ${visible(trial)}`, wide),
  ] as const;
  if (selected) return [...texts.map((text) => styled(theme, "selected", text)), " ".repeat(wide)];
  const isChampion = aliases.includes("champion");
  return [
    styled(theme, isChampion ? "best" : aliases.includes("challenger") ? "tied" : "strong", texts[0]),
    state !== "" ? styled(theme, "warn", texts[1]) : texts[1],
    styled(theme, "dim", texts[2]),
    " ".repeat(wide),
  ];
}

/** How long ago, in one unit: "12 s ago", "3 h ago", "5 d ago". */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const units: readonly [number, string][] = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ];
  const [size, unit] = units.find(([s]) => seconds >= s) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}
