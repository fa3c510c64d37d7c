import { expect, test } from "vitest";
import { resolveColumn, shownColumns, titleOf } from "../../src/board/columns.ts";
import * as edit from "../../src/board/edit.ts";
import { cellText, numberText } from "../../src/board/format.ts";
import { compact } from "../../src/board/numbers.ts";
import { computeRows } from "../../src/board/rows.ts";
import { type BoardView, EMPTY_VIEW, VIEW } from "../../src/board/view.ts";
import { UserError } from "../../src/core/errors.ts";
import { tableOf } from "./support.ts";

const table = tableOf({
  a: {
    "metrics.rounds": 5,
    "metrics.val_ece": 0.1,
    "metrics.val_f1_macro": 0.5,
    "metrics.val_log_loss": 1,
    "metrics.val_recall_orphan": 0.25,
    "params.family": "gbm",
    "params.depth": "3",
    "params.same": "1",
    "attributes.start_time": 1e12,
    "attributes.duration": 75,
  },
  b: { "metrics.val_f1_macro": 0.5, "params.family": "gbm", "params.depth": "4", "params.same": "1" },
});
const ids = (view: Partial<BoardView>, rank?: string): string[] => {
  const full = { ...EMPTY_VIEW, ...view };
  return shownColumns(table, full, computeRows(table, full), rank).map(({ id }) => id);
};

test("what ranks and what a physician asks comes first, then the family and the params that differ", () => {
  expect(ids({}, "metrics.val_log_loss")).toEqual([
    "attributes.run_name",
    "metrics.val_log_loss",
    "metrics.val_f1_macro",
    "metrics.val_recall_orphan",
    "metrics.val_ece",
    "params.family",
    "params.depth",
    "attributes.start_time",
    "attributes.duration",
  ]);
  expect(ids({ groupBy: ["params.family"] })).toContain("n");
});

test("runs of another program show their own metrics", () => {
  const other = tableOf({ x: { "metrics.loss": 1, "metrics.acc": 2 } });
  const rows = computeRows(other, EMPTY_VIEW);
  expect(shownColumns(other, EMPTY_VIEW, rows).map(({ id }) => id)).toEqual([
    "attributes.run_name",
    "metrics.loss",
    "metrics.acc",
  ]);
});

test("chosen columns are shown as chosen, pinned ones first; with differing, those that differ", () => {
  const columns = [{ id: "attributes.run_name" }, { id: "params.same" }, { id: "params.depth", pinned: true }];
  expect(ids({ columns })).toEqual(["params.depth", "attributes.run_name", "params.same"]);
  expect(ids({ columns, differing: true })).toEqual(["params.depth", "attributes.run_name"]);
});

test("two columns of one title are told apart", () => {
  const view = VIEW.parse({ columns: [{ id: "params.depth" }, { id: "tags.depth" }, { id: "metrics.val_ece" }] });
  expect(shownColumns(table, view, computeRows(table, view)).map(({ title }) => title)).toEqual([
    "params.depth",
    "tags.depth",
    "ece",
  ]);
});

test.each([
  ["ece", "metrics.val_ece"],
  ["rounds", "metrics.rounds"],
  ["depth", "params.depth"],
  ["params.`depth`", "params.depth"],
  ["name", "attributes.run_name"],
  ["took", "attributes.duration"],
  ["status", "attributes.status"],
  ["n", "n"],
])("the column %s is %s", (name, id) => {
  expect(resolveColumn(name, table)).toBe(id);
});

test("a column that there is not is refused with the nearest one", () => {
  expect(() => resolveColumn("f1_marco", table, "--sort")).toThrow(UserError);
  expect(() => resolveColumn("f1_marco", table, "--sort")).toThrow(
    expect.objectContaining({ where: "--sort", fix: [expect.stringContaining("f1_macro")] }),
  );
});

test("columns are added, moved, pinned, resized and removed, beginning from those that are shown", () => {
  const shown = (view: BoardView) => shownColumns(table, view, computeRows(table, view));
  let view: BoardView = VIEW.parse({
    columns: [{ id: "attributes.run_name" }, { id: "params.depth" }, { id: "params.same" }],
  });
  const now = (): string =>
    shown(view)
      .map(({ id, pinned, width }) => `${titleOf(id)}${pinned ? "!" : ""}${width ?? ""}`)
      .join(" ");
  expect(now()).toBe("name! depth same");
  view = edit.addColumn(view, shown(view), "metrics.val_ece", 1);
  expect(now()).toBe("name! ece depth same");
  view = edit.moveColumn(view, shown(view), "params.same", -1);
  expect(now()).toBe("name! ece same depth");
  view = edit.moveColumn(view, shown(view), "metrics.val_ece", -1); // the pinned ones keep their place
  expect(now()).toBe("name! ece same depth");
  view = edit.pinColumn(view, shown(view), "params.depth");
  expect(now()).toBe("name! depth! ece same");
  view = edit.resizeColumn(view, shown(view), "params.depth", 12);
  view = edit.resizeColumn(view, shown(view), "params.same", 1);
  expect(now()).toBe("name! depth!12 ece same3");
  view = edit.removeColumn(edit.resizeColumn(view, shown(view), "params.depth", undefined), shown(view), "params.same");
  expect(now()).toBe("name! depth!12 ece");
  expect(VIEW.parse(view)).toEqual(view);
});

test("a column is sorted by best first, then the other way, then not", () => {
  const directions = new Map([["metrics.val_f1_macro", "greater" as const]]);
  let view: BoardView = EMPTY_VIEW;
  const toggled = (id: string, add = false): string => {
    view = edit.toggleSort(view, id, directions, add);
    return edit.sortText(view.sort);
  };
  expect(["metrics.val_f1_macro", "metrics.val_f1_macro", "metrics.val_f1_macro"].map((id) => toggled(id))).toEqual([
    "f1_macro ↓",
    "f1_macro ↑",
    "",
  ]);
  expect([toggled("params.depth"), toggled("metrics.val_f1_macro", true), toggled("params.depth", true)]).toEqual([
    "depth ↑",
    "depth ↑, f1_macro ↓",
    "depth ↓, f1_macro ↓",
  ]);
  expect(toggled("attributes.duration")).toBe("took ↑");
});

test("cells read as a person reads them, and cannot drive the terminal", () => {
  const odd = tableOf({
    x: { "tags.t": "\u001b[31mred\u001b[0m\nline", "metrics.nan": Number.NaN, "metrics.fit_seconds": 75 },
    y: {},
  });
  expect(cellText(odd, "tags.t", 0)).toBe("\\u001b[31mred\\u001b[0m line");
  expect(["metrics.nan", "metrics.fit_seconds", "tags.none"].map((id) => cellText(odd, id, 0))).toEqual([
    "NaN",
    "1 min 15 s",
    "–",
  ]);
  expect(cellText(odd, "metrics.nan", 1)).toBe("–");
  expect(cellText(table, "attributes.start_time", 0)).toMatch(/^2001-09-\d\d \d\d:46$/);
});

test.each([
  [0.87654, "0.8765"],
  [0.00012, "0.0001"],
  [0.0000123, "1.23e-5"],
  [123.456, "123.46"],
  [12345.67, "12345.7"],
  [42, "42"],
  [-0.5, "-0.5000"],
  [1.5e12, "1.50e12"],
  [Number.NEGATIVE_INFINITY, "−∞"],
])("%d is written %s", (value, text) => {
  expect(compact(value)).toBe(text);
});

test("the scores of a column have their points under each other", () => {
  const shown = [1, 0.96939, 0.0014, 0.0000121, 0].map((value) => numberText("metrics.val_f1_macro", value));
  expect(shown).toEqual(["1.0000", "0.9694", "0.0014", "0.0000", "0.0000"]);
  expect(numberText("metrics.rounds", 120)).toBe("120");
});
