import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLake, type Lake } from "../../src/lake/lake.ts";
import { openFolder } from "../../src/lake/store/folder.ts";

export interface TestLake extends Disposable {
  readonly lake: Lake;
  /** Of the lake. */
  readonly root: string;
  /** For files to be taken in. */
  readonly files: string;
  readonly notices: string[];
  /** Milliseconds since the epoch, as the lake sees it. */
  time: number;
}

/** An empty lake in a temporary folder. */
export function testLake(): TestLake {
  const folder = mkdtempSync(join(tmpdir(), "disease-test-lake-"));
  const root = join(folder, "lake");
  const notices: string[] = [];
  const made = {
    root,
    files: folder,
    notices,
    time: Date.UTC(2026, 10, 24),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  const lake = createLake({
    storage: openFolder(root),
    duck: { threads: 1, memory: "500MB" },
    who: "tester@here",
    now: () => made.time,
    notify: ({ message }) => notices.push(message),
  });
  return Object.assign(made, { lake });
}
