/** What the shell asks of a screen and of a panel: a new screen is one file in screens/ and its keys in keys.ts. */
import type { ReactNode } from "react";
import type { ActionId, Context } from "./keys.ts";
import type { Scroll } from "./painter/compositor.ts";
import type { MouseEvent } from "./terminal/input.ts";
import type { Size } from "./terminal/session.ts";
import type { Theme } from "./theme.ts";

/** What takes keys: the panel that is open, else the screen. */
export interface Layer {
  /** Whose keys count. */
  readonly context: Context;
  /** Does what a key means. @returns false where it means nothing here */
  act(action: ActionId): boolean;
  /** Text that is no key of this context, and pastes. */
  typed?(text: string): void;
  /** @param y 0-based row within the body of the screen, or within the panel */
  mouse?(event: MouseEvent, y: number): void;
}

/** Rows of the body that are drawn without Ink, from its top. */
export interface Painted {
  /** One text a row, each as wide as the screen. */
  readonly rows: readonly string[];
  /** What moved since the last call, `top` counted from the body's. */
  readonly scroll?: Scroll;
}

export interface Screen extends Layer {
  /** The line at the top; styles allowed. */
  header(width: number): string;
  /** The line above the footer; drawn at every change, so it must be cheap. */
  status(width: number): string;
  /** The body by Ink; absent where `paint` draws all of it. */
  view?(size: Size): ReactNode;
  /** The body, or its upper rows, drawn directly. Size of the body. */
  paint?(size: Size): Painted;
  /** Of the first screen: what quitting means; absent: the board ends. */
  quit?(): void;
  /** It is not shown any more: what it does in the background ends. */
  close?(): void;
}

export interface Panel extends Layer {
  /** Rows that it takes at the bottom, of a screen of this size. */
  height(size: Size): number;
  view(size: Size): ReactNode;
}

/** What a screen may ask of the shell. */
export interface Shell {
  readonly theme: Theme;
  readonly size: Size;
  /** What Ink draws has changed: header, view or panel. */
  render(): void;
  /** Only what is painted directly has changed. */
  paint(): void;
  push(screen: Screen): void;
  /** Back to the screen before; ends the board on the first. */
  pop(): void;
  open(panel: Panel): void;
  close(panel: Panel): void;
  /** A line instead of the status until the next key. */
  tell(text: string, meaning?: "good" | "bad" | "warn" | "dim"): void;
  /** Puts a text on the clipboard (OSC 52, where the terminal allows it). */
  copy(text: string): void;
  quit(): void;
  /** Ends the board by a fault: the terminal is given back, then it is told. */
  fail(error: unknown): void;
}
