/** A command line as words, and back. Pure. */

/** The words of a line with quotes as a POSIX shell reads them; nothing is expanded. Undefined where a quote is not closed. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === "'" || char === '"') {
      const end = endOf(line, i);
      if (end < 0) return undefined;
      const inner = line.slice(i + 1, end);
      word = (word ?? "") + (char === '"' ? inner.replace(/\\(["\\$`])/g, "$1") : inner);
      i = end;
    } else if (char === "\\" && i + 1 < line.length) {
      word = (word ?? "") + line[++i]!;
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  return word === undefined ? words : [...words, word];
}

function endOf(line: string, from: number): number {
  const quote = line[from]!;
  for (let i = from + 1; i < line.length; i++) {
    if (quote === '"' && line[i] === "\\") i++;
    else if (line[i] === quote) return i;
  }
  return -1;
}
