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
