/** Marked runs beside each other: what differs, their curves over each other, and whether the difference is real. */
import { MAX_COMPARED, shellWord } from "../../app.ts";
import { Attr } from "../../core/board/board.ts";
import { textAt } from "../../core/board/run-table.ts";
import { visible } from "../../core/formats/visible.ts";
import { differenceLines, differences } from "../compare/differences.ts";
import { comparedOf, type Item } from "../compare/items.ts";
import { startTests, type TestRun, testsLines, testsText } from "../compare/tests.ts";
import { type CurveRun, curvesTab } from "../detail/curves.ts";
import { createResources } from "../detail/resources.ts";
import { nameOf } from "../detail/subject.ts";
import { documentOf, documentTab, type Tab } from "../detail/tab.ts";
import { createTabSet } from "../detail/tab-set.ts";
import type { ActionId } from "../keys.ts";
import { inSeries } from "../painter/palette.ts";
import type { Screen, Shell } from "../screen.ts";
import type { BoardSource } from "../source.ts";
import { styled } from "../theme.ts";

/** @returns the screen, or why there is none: too few or too many marks */
export function compareScreen(shell: Shell, source: BoardSource, marks: ReadonlySet<string>): Screen | string {
  const { board } = source;
  const { table } = board;
  const rows = [...marks].map((id) => table.rowOf(id)).filter((row) => row !== undefined);
  const { items, repeats } = comparedOf(table, rows);
  if (items.length < 2) return `mark 2 to ${MAX_COMPARED} runs with m first`;
  if (items.length > MAX_COMPARED)
    return `${items.length} are marked; ${MAX_COMPARED} can be compared: M takes all marks away`;

  const resources = createResources(() => shell.render());
  const isDone = (row: number): boolean => textAt(table, Attr.status, row) === "FINISHED";
  const first = ({ rows: own }: Item): number => own.find(isDone) ?? own[0]!;
  const ids = items.map((item) => table.runId(first(item)));
  const command = ["disease", "exp", "compare", ...ids.map((id) => id.slice(0, 8))].map(shellWord).join(" ");
  const run: TestRun | undefined = repeats ? undefined : startTests(board.reader, ids, () => shell.render());
  let all = false;
  let left = 0;

  const curveRuns = (): readonly CurveRun[] =>
    items.map((item) => ({ row: first(item), label: item.label, name: visible(nameOf(table, first(item))) }));
  const curves = curvesTab(shell, board, resources, 2, curveRuns);
  const unlisten = source.listen(() => {
    if (tabs.active === curves) curves.grow();
    shell.render();
  });

  const testsLine = (): string =>
    run === undefined ? "repeats of one configuration: nothing to test" : testsText(run.tests);

  const differing = documentTab(
    { digit: 1, title: "Differences", short: "Differ" },
    ({ columns }) => {
      const { theme } = shell;
      const found = differences(table, items, { directions: board.directions, rank: board.rank(), all });
      const { head, lines } = differenceLines(theme, items, found, columns, left);
      const named = items.map(
        ({ name, rows: own, label }, i) =>
          `${inSeries(theme, i, label)}  ${visible(name)}${own.length > 1 ? styled(theme, "dim", `  ${own.length} runs, mean ± sd`) : ""}`,
      );
      const none = found.length === 0 ? ["Nothing differs."] : [];
      return documentOf([...lines, ...none], [...named, styled(theme, "dim", testsLine()), "", ...head]);
    },
    (action) => {
      if (action === "right") left = Math.min(items.length - 1, left + 1);
      else if (action === "left") left = Math.max(0, left - 1);
      else return false;
      return true;
    },
  );
  const tests = documentTab({ digit: 3, title: "Tests", short: "Tests" }, ({ columns }) =>
    documentOf(run === undefined ? [testsLine()] : testsLines(shell.theme, run.tests, columns)),
  );
  const actions: Partial<Record<ActionId, () => void>> = {
    back: () => shell.pop(),
    all: () => {
      all = !all;
      shell.tell(all ? "also what is alike" : "only what differs");
    },
    copy() {
      shell.copy(command);
      shell.tell(`copied: ${command}`, "good");
    },
    refresh() {
      resources.clear();
      shell.render();
    },
  };

  const list: readonly Tab[] = [differing, curves, tests];
  const tabs = createTabSet(shell, { tabs: () => list, actions });

  return {
    context: "compare",
    header: () =>
      `${styled(shell.theme, "strong", `${items.length} ${repeats ? "repeats" : "configurations"} compared`)}  ${items
        .map(({ label, name }, i) => `${inSeries(shell.theme, i, label)} ${visible(name)}`)
        .join("  ")}`,
    status() {
      const parts = [tabs.active.status?.() ?? "", testsLine(), repeats ? "" : command];
      return styled(shell.theme, "dim", parts.filter(Boolean).join("  "));
    },
    paint: tabs.paint,
    act: tabs.act,
    mouse: tabs.mouse,
    close() {
      unlisten();
      run?.cancel();
      resources.close();
    },
  };
}
