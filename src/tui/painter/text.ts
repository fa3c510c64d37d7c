import { cut, displayWidth } from "../../core/formats/visible.ts";

/** A text without styles in exactly `width` columns; what does not fit shows as "…". */
export function fitPlain(text: string, width: number, align: "left" | "right" = "left"): string {
  const wide = displayWidth(text);
  const fitting = wide > width ? `${cut(text, width - 1)}…` : text;
  const space = " ".repeat(Math.max(0, width - (wide > width ? displayWidth(fitting) : wide)));
  return align === "left" ? fitting + space : space + fitting;
}

/** A text with styles in exactly `width` columns; cut where it is longer, its styles ended. */
export function fitStyled(text: string, width: number): string {
  let left = width;
  let out = "";
  for (const part of text.split(/(\x1b\[[\d;]*m)/)) {
    const own = part.startsWith("\x1b") ? part : cut(part, left);
    if (!part.startsWith("\x1b")) left -= displayWidth(own);
    out += own;
  }
  return out + " ".repeat(Math.max(0, left));
}

/** The first lines as `rows` rows of `columns` columns each; blank below the last. */
export function fitRows(lines: readonly string[], { columns, rows }: { columns: number; rows: number }): string[] {
  return Array.from({ length: rows }, (_, y) => fitStyled(lines[y] ?? "", columns));
}
