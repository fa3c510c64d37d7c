/** How often something was noticed, over all files of an ingest, so that thousands of files are told of in one line. */
import type { ReadContext } from "../../core/lake.ts";

export interface Tally<T extends string> {
  add(what: T, source: string): void;
  /** What was counted, the most frequent first, and where: a file's name, or how many they are. */
  readonly list: readonly (readonly [what: T, count: number])[];
  where(what: T): string;
}

interface Count {
  count: number;
  files: number;
  last: string;
}

export function createTally<T extends string>(): Tally<T> {
  const counts = new Map<T, Count>();
  return {
    add(what, source) {
      const own = counts.get(what);
      if (own === undefined) {
        counts.set(what, { count: 1, files: 1, last: source });
        return;
      }
      own.count++;
      if (own.last !== source) {
        own.files++;
        own.last = source;
      }
    },
    get list() {
      return [...counts].map(([what, { count }]) => [what, count] as const).sort(([, a], [, b]) => b - a);
    },
    where(what) {
      const { files, last } = counts.get(what)!;
      return files === 1 ? last : `${files} files`;
    },
  };
}

/** Tells what was counted. @param notices code and text of each */
export function tellTally<T extends string>(
  tally: Tally<T>,
  notices: Readonly<Record<T, readonly [code: string, text: string]>>,
  { notice }: ReadContext,
): void {
  for (const [what, count] of tally.list) {
    const [code, text] = notices[what];
    notice(code, `${tally.where(what)}: ${count} ${text}`);
  }
}
