import type { Notice } from "../core/dataset.ts";

export interface Renamed {
  /** As it was, trimmed; empty where the column had none. */
  readonly was: string;
  readonly name: string;
  /** From 0. */
  readonly position: number;
}

/**
 * Trimmed, unique, non-empty names: an empty one becomes column_3 (its position), a second "x" becomes "x_2".
 * @param keyOf names of one key are the same; by default whatever their case, as to DuckDB
 * @returns those that were changed by more than trimming, too
 */
export function uniqueNames(
  given: readonly string[],
  keyOf: (name: string) => string = (name) => name.toLowerCase(),
): { readonly names: readonly string[]; readonly renamed: readonly Renamed[] } {
  const trimmed = given.map((name) => name.trim().normalize("NFC"));
  const taken = new Set(trimmed.map(keyOf));
  const used = new Set<string>();
  const renamed: Renamed[] = [];
  const names = trimmed.map((was, position) => {
    const base = was === "" ? `column_${position + 1}` : was;
    let name = base;
    for (let n = 2; used.has(keyOf(name)) || (name !== was && taken.has(keyOf(name))); n++) name = `${base}_${n}`;
    used.add(keyOf(name));
    if (name !== was) renamed.push({ was, name, position });
    return name;
  });
  return { names, renamed };
}

/** Unique names of a header, of which the case counts, and what is to be told of them. */
export function columnNames(header: readonly string[]): { names: readonly string[]; notices: readonly Notice[] } {
  const { names, renamed } = uniqueNames(header, (name) => name);
  const notices = renamed.map(({ was, name, position }) => {
    const what = was === "" ? `column ${position + 1} has no name` : `a second column is named ${JSON.stringify(was)}`;
    return { code: "renamed-column", message: `${what}; it is read as ${JSON.stringify(name)}` };
  });
  return { names, notices };
}
