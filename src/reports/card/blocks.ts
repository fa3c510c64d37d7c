/** What a card consists of, before it is Markdown or HTML. Texts are plain: the writers escape them. */

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly numeric?: true;
}

export type Block =
  | { readonly kind: "text"; readonly text: string }
  /** What nobody has said yet. @param who must say it */
  | { readonly kind: "gap"; readonly text: string; readonly who: string }
  | { readonly kind: "facts"; readonly rows: readonly (readonly [label: string, value: string])[] }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | {
      readonly kind: "table";
      readonly caption: string;
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly string[])[];
    }
  | {
      readonly kind: "figure";
      readonly caption: string;
      /** What it shows, for who does not see it. */
      readonly alt: string;
      /** Drawn by us: its texts are escaped already. */
      readonly svg: string;
    };

export interface Section {
  /** Of the anchor: letters and "-". */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
  readonly sections?: readonly Section[];
}

export interface Card {
  readonly title: string;
  /** One sentence each. */
  readonly summary: readonly string[];
  readonly sections: readonly Section[];
  /** Where it comes from, one sentence. */
  readonly footer: string;
}

export const text = (value: string): Block => ({ kind: "text", text: value });
export const gap = (what: string, who: string): Block => ({ kind: "gap", text: what, who });
/** What is absent or "" is left out. */
export function facts(rows: Readonly<Record<string, string | null | undefined>>): Block {
  return { kind: "facts", rows: Object.entries(rows).filter((row): row is [string, string] => !!row[1]) };
}

/** A number as `disease exp show` prints it; "–" where there is none. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return Number.isInteger(value) && Math.abs(value) > 1 ? String(value) : value.toFixed(4);
}

/** "0.82 … 0.96", "–" where there is none. */
export function interval(low: number | null | undefined, high: number | null | undefined): string {
  if (low === null || low === undefined || high === null || high === undefined) return "–";
  return Number.isNaN(low) || Number.isNaN(high) ? "–" : `${number(low)} … ${number(high)}`;
}

/** "3 patients", "1 patient". @param many where it does not end in "s" alone */
export const count = (n: number, what: string, many = `${what}s`): string => `${n} ${n === 1 ? what : many}`;

/** Some names, and how many more there are. */
export function some(names: readonly string[], most = 12): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
