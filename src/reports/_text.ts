/** Characters that XML forbids or that have no shape: controls, halves of surrogate pairs, non-characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]+/gu;

/** One line of text that can be shown: without control characters, never empty. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, " ").trim() || "(no name)";
}

/** Names short enough for an axis and still distinct: the middle goes first, since names often differ at their ends. */
export function axisNames(names: readonly string[], longest = 28): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const letters = [...printable(name)];
    const tail = Math.floor(longest / 3);
    const short =
      letters.length <= longest
        ? letters.join("")
        : `${letters.slice(0, longest - tail - 1).join("")}…${letters.slice(-tail).join("")}`;
    let distinct = short;
    for (let i = 2; taken.has(distinct); i++) distinct = `${short} (${i})`;
    taken.add(distinct);
    return distinct;
  });
}

/** Text that Markdown shows as it is, within a table cell. */
export function markdownText(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*_{}[\]|#~$!]/g, (mark) => `\\${mark}`);
}
