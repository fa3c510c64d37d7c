/** Whether the compared really differ: what the tests say, which run in another process meanwhile. */
import type { Comparison, RunReader } from "../../app.ts";
import { compact } from "../../board/numbers.ts";
import { basisText, verdictText } from "../../cli/verdict.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { visible } from "../../core/formats/visible.ts";
import { type Cell, type Column, table, title, wrapped } from "../detail/text.ts";
import { styled, type Theme } from "../theme.ts";

export type Tests =
  | { readonly state: "running"; readonly step: string; readonly since: number }
  | { readonly state: "done"; readonly comparison: Comparison }
  | { readonly state: "failed"; readonly message: string; readonly fix: readonly string[] };

export interface TestRun {
  readonly tests: Tests;
  /** Ends them where they still run. */
  cancel(): void;
}

/** Milliseconds between two looks at how long they run. */
const TICK = 1000;

/** Begins the tests. @param changed told of each step, of each second, and of the end */
export function startTests(reader: RunReader, runs: readonly string[], changed: () => void): TestRun {
  const stop = new AbortController();
  const since = performance.now();
  let tests: Tests = { state: "running", step: "starting", since };
  const tick = setInterval(changed, TICK);
  const become = (next: Tests): void => {
    if (stop.signal.aborted) return;
    tests = next;
    changed();
  };
  reader
    .compare({ runs, signal: stop.signal }, (step) => become({ state: "running", step, since }))
    .then(
      (comparison) => become({ state: "done", comparison }),
      (error: unknown) =>
        become({ state: "failed", message: messageOf(error), fix: error instanceof UserError ? error.fix : [] }),
    )
    .finally(() => clearInterval(tick));
  return {
    get tests() {
      return tests;
    },
    cancel() {
      clearInterval(tick);
      stop.abort();
    },
  };
}

/** One line: how the tests stand. */
export function testsText(tests: Tests): string {
  if (tests.state === "failed") return `✗ not tested: ${visible(tests.message)}`;
  if (tests.state === "running") {
    return `testing: ${tests.step} (${Math.round((performance.now() - tests.since) / 1000)} s)`;
  }
  const { tests: all } = tests.comparison;
  const apart = all.filter(({ better }) => better !== null).length;
  return `${apart} of ${all.length} tests tell two apart`;
}

export function testsLines(theme: Theme, tests: Tests, width: number): string[] {
  if (tests.state !== "done") {
    const fix = tests.state === "failed" ? tests.fix.flatMap((text) => wrapped(visible(text), width)) : [];
    return [styled(theme, tests.state === "failed" ? "bad" : "accent", testsText(tests)), ...fix];
  }
  const { comparison } = tests;
  const { level, notices } = comparison;
  const verdicts = comparison.tests.flatMap((test) =>
    wrapped(verdictText(test, level), width - 4).map((line, i) => {
      const sign = i > 0 ? " " : test.better === null ? "≈" : "✓";
      return `  ${styled(theme, test.better === null ? "tied" : "good", sign)} ${line}`;
    }),
  );
  const columns: readonly Column[] = [
    { title: "  A" },
    { title: "B" },
    { title: "test" },
    { title: "B − A", align: "right" },
    { title: "interval", align: "right" },
    { title: "p", align: "right" },
    { title: "corrected", align: "right" },
    { title: "better" },
  ];
  const rows = comparison.tests.map(({ a, b, test, difference, low, high, pValue, corrected, better }): Cell[] => [
    { text: `  ${a}` },
    { text: b },
    { text: test },
    { text: `${difference > 0 ? "+" : ""}${compact(difference)}` },
    { text: low === null || high === null ? "" : `[${compact(low)}, ${compact(high)}]` },
    { text: compact(pValue) },
    { text: compact(corrected) },
    { text: better ?? "≈" },
  ]);
  return [
    `${title(theme, "Verdicts")}  ${styled(theme, "dim", basisText(comparison))}`,
    ...verdicts,
    "",
    `${title(theme, "Tests")}  ${styled(theme, "dim", "paired bootstrap and McNemar, p corrected by Holm")}`,
    ...table(theme, columns, rows),
    ...notices.flatMap((notice) => ["", ...wrapped(visible(notice), width).map((line) => styled(theme, "warn", line))]),
  ];
}
