import { join } from "node:path";
import { expect, test } from "vitest";
import { metricDirections } from "../../../src/app/board.ts";
import { shownColumns } from "../../../src/board/columns.ts";
import { toggleSort } from "../../../src/board/edit.ts";
import { computeRows } from "../../../src/board/rows.ts";
import { EMPTY_VIEW } from "../../../src/board/view.ts";
import { Attr } from "../../../src/core/board/board.ts";
import { createRunTable, textAt } from "../../../src/core/board/run-table.ts";
import { createRng } from "../../../src/core/rng.ts";
import { openEmbeddedBoard } from "../../../src/stores/embedded/board.ts";
import { addRuns, trials } from "../../support/board.ts";
import { makeProject } from "../../support/project.ts";
import { openScreen } from "../../support/screen.ts";

const N = 150;
const KEYS = [..."jjjjkkkGgllhsS"] as const;

test.each([1, 2])("random keys lead to the run and the order that the keys mean (seed %i)", async (seed) => {
  using project = makeProject();
  await addRuns(project.root, trials(N));
  const table = createRunTable();
  const feed = openEmbeddedBoard({ folder: join(project.root, "mlruns") });
  await feed.load(table, new AbortController().signal);
  feed.close();
  await using screen = await openScreen(["board", "skin"], { cwd: project.root });
  await screen.shows(/live/);

  let view = EMPTY_VIEW;
  let column = 0;
  let line = 0;
  const last = { column: shownColumns(table, view, computeRows(table, view), "metrics.val_f1_macro").length - 1 };
  /** What a key means, said once more without anything of the screen's. */
  function press(key: (typeof KEYS)[number] | string): void {
    if (key === "j") line = Math.min(N - 1, line + 1);
    if (key === "k") line = Math.max(0, line - 1);
    if (key === "g") line = 0;
    if (key === "G") line = N - 1;
    if (key === "h") column = Math.max(0, column - 1);
    if (key === "l") column = Math.min(last.column, column + 1);
    if (key !== "s" && key !== "S") return;
    const run = computeRows(table, view).lines[line]!;
    const shown = shownColumns(table, view, computeRows(table, view), "metrics.val_f1_macro");
    view = toggleSort(view, shown[column]!.id, metricDirections(), key === "S");
    if (line > 0) line = computeRows(table, view).lines.indexOf(run); // the first line stays the first
  }

  const rng = createRng(seed);
  for (let round = 0; round < 12; round++) {
    const keys = Array.from({ length: 25 }, () => KEYS[Math.floor(rng.next() * KEYS.length)]!);
    screen.press(...keys);
    keys.forEach(press);
    const names = [...computeRows(table, view).lines].map((row) => textAt(table, Attr.name, row)!);
    await screen.shows(
      (text) =>
        (text.includes(`\n${line + 1}/${N} `) && text.includes(`\n❯    ${names[line]} `)) ||
        text.includes(`\n❯  ✗ ${names[line]} `),
    );
    const seen = screen.rows().flatMap((row) => /^[❯ ].{3} ((?:[a-z]+-)+\d+) /.exec(row)?.[1] ?? []);
    expect(seen).toHaveLength(36);
    const from = names.indexOf(seen[0]!);
    expect(seen).toEqual(names.slice(from, from + seen.length));
  }
});
