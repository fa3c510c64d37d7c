/** Control characters, and marks that turn the direction of writing. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const codeOf = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Control characters as text, so that a hostile name in the store cannot drive the terminal. Line breaks become spaces. */
export function visible(text: string): string {
  return text.replace(/[\r\n\t]+/g, " ").replace(UNSEEN, codeOf);
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.replace(UNSEEN, (char) => ("\r\n\t".includes(char) ? char : codeOf(char)));
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Marks that stand on the character before, and joiners; the soft hyphen is one of Unicode's but takes a column. */
const NARROW = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;

function widthOf(char: string): number {
  if (char < "\u0300") return 1; // nearly all there is: no need to look closer
  return NARROW.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
}

/** Columns that a text without styles and control characters takes in a terminal. */
export function displayWidth(text: string): number {
  if (!/[^ -~]/.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += widthOf(char);
  return width;
}

/** As much of such a text as fits the width. */
export function cut(text: string, width: number): string {
  let used = 0;
  let end = 0;
  for (const char of text) {
    used += widthOf(char);
    if (used > width) break;
    end += char.length;
  }
  return text.slice(0, end);
}

/** Such a text in exactly `width` columns: its end cut off with "…", or spaces put to it. */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  const taken = displayWidth(text);
  const shown = taken <= width ? text : `${cut(text, width - 1)}…`;
  const spaces = " ".repeat(Math.max(0, width - (taken <= width ? taken : displayWidth(shown))));
  return align === "left" ? shown + spaces : spaces + shown;
}
