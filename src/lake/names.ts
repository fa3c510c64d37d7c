import type { Notice } from "../core/dataset.ts";

/** Trimmed, unique, non-empty names: an empty one becomes column_3 (its position), a second "x" becomes "x_2". */
export function columnNames(header: readonly string[]): { names: readonly string[]; notices: readonly Notice[] } {
  const notices: Notice[] = [];
  const trimmed = header.map((name) => name.trim().normalize("NFC"));
  const taken = new Set(trimmed);
  const used = new Set<string>();
  const names = trimmed.map((name, position) => {
    const base = name === "" ? `column_${position + 1}` : name;
    let unique = base;
    for (let n = 2; used.has(unique) || (unique !== name && taken.has(unique)); n++) unique = `${base}_${n}`;
    used.add(unique);
    if (unique !== name) {
      const was =
        name === "" ? `column ${position + 1} has no name` : `a second column is named ${JSON.stringify(name)}`;
      notices.push({ code: "renamed-column", message: `${was}; it is read as ${JSON.stringify(unique)}` });
    }
    return unique;
  });
  return { names, notices };
}
