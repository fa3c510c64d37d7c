/** What a tab of a screen is, and the tabs that are a text to be scrolled. */
import type { ActionId } from "../keys.ts";
import { moved } from "../panels/list.tsx";
import type { Size } from "../terminal/session.ts";

export interface Tab {
  /** Digit that shows it. */
  readonly digit: number;
  readonly title: string;
  /** Where there is little room. */
  readonly short: string;
  /** At most so many rows; styles allowed, longer ones are cut. */
  draw(size: Size): readonly string[];
  /** @returns false where the action means nothing here */
  act?(action: ActionId): boolean;
  /** For the status line. */
  status?(): string;
  /** Another run is shown: back to the begin. */
  reset?(): void;
}

/** A text of which only the lines that are seen are made. */
export interface Document {
  /** Stay at the top. */
  readonly head?: readonly string[];
  readonly length: number;
  line(at: number): string;
}

export const documentOf = (lines: readonly string[], head?: readonly string[]): Document => ({
  head,
  length: lines.length,
  line: (at) => lines[at]!,
});

/** Which lines of a document are seen. */
export interface Scroller {
  draw(document: Document, rows: number): string[];
  act(action: ActionId): boolean;
  /** "12–30 of 200"; nothing where all is seen. */
  status(): string;
  reset(): void;
}

export function createScroller(): Scroller {
  let top = 0;
  let page = 1;
  let length = 0;
  return {
    draw(document, rows) {
      const head = (document.head ?? []).slice(0, rows);
      page = Math.max(1, rows - head.length);
      length = document.length;
      top = Math.max(0, Math.min(top, length - page));
      const seen = Math.max(0, Math.min(rows - head.length, length - top));
      return [...head, ...Array.from({ length: seen }, (_, i) => document.line(top + i))];
    },
    act(action) {
      const last = Math.max(0, length - page);
      const to = moved(top, last + 1, page, action) ?? moved(top, last + 1, Math.ceil(page / 2), halfOf(action));
      if (to === undefined) return false;
      top = to;
      return true;
    },
    status: () =>
      length <= page ? "" : `lines ${top + 1}–${Math.min(length, top + page)} of ${length.toLocaleString("en")}`,
    reset() {
      top = 0;
    },
  };
}

/** Half a page as a page, for `moved`. */
export function halfOf(action: ActionId): ActionId {
  return action === "half-down" ? "page-down" : action === "half-up" ? "page-up" : action;
}

/** A tab that is one document. */
export function documentTab(
  about: Pick<Tab, "digit" | "title" | "short">,
  document: (size: Size) => Document,
  act?: (action: ActionId) => boolean,
): Tab {
  const scroller = createScroller();
  return {
    ...about,
    draw: (size) => scroller.draw(document(size), size.rows),
    act: (action) => act?.(action) === true || scroller.act(action),
    status: scroller.status,
    reset: scroller.reset,
  };
}
