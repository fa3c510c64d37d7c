/** What a key of the table in ../keys.ts is. */

export interface Key {
  readonly action: string;
  /** Names as terminal/input.ts gives them; the first is the one that is shown. */
  readonly keys: readonly string[];
  readonly group: string;
  readonly help: string;
  /** Short, for the footer; those that come first are kept where it is narrow. */
  readonly footer?: string;
}

/** Keys that count in one context; actions stay the literals that they are. */
export function within<const C extends string, const K extends readonly Key[]>(context: C, keys: K) {
  return keys.map((key: K[number]) => ({ context, ...key }));
}
