import { Text } from "ink";
import type { ReactNode } from "react";
import type { ActionId } from "../keys.ts";

/** Where a movement within a list of `n` leads; undefined when the action is none. */
export function moved(at: number, n: number, page: number, action: ActionId): number | undefined {
  const to = {
    down: at + 1,
    up: at - 1,
    first: 0,
    last: n - 1,
    "page-down": at + page,
    "page-up": at - page,
  }[action as string];
  return to === undefined ? undefined : Math.max(0, Math.min(n - 1, to));
}

/** As many lines as there is room for, so that the selected one is among them. */
export function List({
  title,
  lines,
  selected,
  rows,
}: {
  readonly title: string;
  readonly lines: readonly string[];
  readonly selected: number;
  readonly rows: number;
}): ReactNode {
  return (
    <Text wrap="truncate-end">
      {[title, ...lines.slice(firstSeen(selected, lines.length, rows - 1)).slice(0, rows - 1)].join("\n")}
    </Text>
  );
}

/** The first line of a list that is seen. */
export function firstSeen(selected: number, n: number, rows: number): number {
  return Math.max(0, Math.min(selected - Math.floor(rows / 2), n - rows));
}
