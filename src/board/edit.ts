import { titleOf } from "./columns.ts";
import type { Directions, ShownColumn } from "./types.ts";
import type { BoardView, SortKey, ViewColumn } from "./view.ts";

/** Changes of a view, each giving a new one. `shown` is what the view shows now: the default columns become chosen ones. */

type Shown = readonly Pick<ShownColumn, "id" | "width" | "pinned">[];

function chosen(shown: Shown): ViewColumn[] {
  return shown.map(({ id, width, pinned }) => ({ id, pinned, ...(width === undefined ? {} : { width }) }));
}

/** @param at place among the columns; at the end when absent */
export function addColumn(view: BoardView, shown: Shown, id: string, at = shown.length): BoardView {
  if (shown.some((column) => column.id === id)) return view;
  return { ...view, columns: chosen(shown).toSpliced(at, 0, { id, pinned: false }) };
}

/** The last column stays. */
export function removeColumn(view: BoardView, shown: Shown, id: string): BoardView {
  const columns = chosen(shown).filter((column) => column.id !== id);
  return columns.length === 0 ? view : { ...view, columns };
}

/** @param by −1: one to the left; it does not leave the pinned columns, nor the others */
export function moveColumn(view: BoardView, shown: Shown, id: string, by: number): BoardView {
  const columns = chosen(shown);
  const from = columns.findIndex((column) => column.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= columns.length || columns[to]!.pinned !== columns[from]!.pinned) return view;
  return { ...view, columns: columns.toSpliced(from, 1).toSpliced(to, 0, columns[from]!) };
}

/** Pins a column beside the other pinned ones, or lets it go. */
export function pinColumn(view: BoardView, shown: Shown, id: string): BoardView {
  const columns = chosen(shown).map((column) => (column.id === id ? { ...column, pinned: !column.pinned } : column));
  return { ...view, columns: [...columns.filter((c) => c.pinned), ...columns.filter((c) => !c.pinned)] };
}

/** @param width columns of the terminal, held to 3 … 200; undefined: by the content */
export function resizeColumn(view: BoardView, shown: Shown, id: string, width: number | undefined): BoardView {
  const columns = chosen(shown).map((column) => {
    if (column.id !== id) return column;
    const { width: _, ...rest } = column;
    return width === undefined ? rest : { ...rest, width: Math.min(200, Math.max(3, Math.round(width))) };
  });
  return { ...view, columns };
}

/** Which way a column is sorted first: best first where a metric says so, else from the least. */
export function firstDirection(id: string, directions: Directions): SortKey {
  return { id, descending: directions.get(id) === "greater" };
}

/**
 * Sorts by a column; asked again the other way round, and the third time not at all.
 * @param add keeps the other keys, and puts a new one after them
 */
export function toggleSort(view: BoardView, id: string, directions: Directions, add = false): BoardView {
  const first = firstDirection(id, directions);
  const at = view.sort.findIndex((key) => key.id === id);
  const known = view.sort[at];
  const others = add ? view.sort : known ? [known] : [];
  if (!known) return { ...view, sort: [...others, first].slice(-10) };
  const place = others.indexOf(known);
  if (known.descending !== first.descending) return { ...view, sort: others.toSpliced(place, 1) };
  return { ...view, sort: others.toSpliced(place, 1, { id, descending: !first.descending }) };
}

/** "f1_macro ↓, took ↑" */
export function sortText(sort: readonly SortKey[]): string {
  return sort.map(({ id, descending }) => `${titleOf(id)} ${descending ? "↓" : "↑"}`).join(", ");
}
