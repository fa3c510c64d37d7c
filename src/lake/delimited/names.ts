/**
 * Names of columns as DuckDB takes them: trimmed, none empty, none twice, whatever their case: "column_3", "x_2".
 * @returns those that were changed, too
 */
export function uniqueNames(given: readonly string[]): { names: readonly string[]; renamed: readonly string[] } {
  const trimmed = given.map((name) => name.trim().normalize("NFC"));
  const taken = new Set(trimmed.map((name) => name.toLowerCase()));
  const used = new Set<string>();
  const renamed: string[] = [];
  const names = trimmed.map((name, position) => {
    const base = name === "" ? `column_${position + 1}` : name;
    let unique = base;
    for (let n = 2; used.has(unique.toLowerCase()) || (unique !== name && taken.has(unique.toLowerCase())); n++) {
      unique = `${base}_${n}`;
    }
    used.add(unique.toLowerCase());
    if (unique !== name) renamed.push(unique);
    return unique;
  });
  return { names, renamed };
}
