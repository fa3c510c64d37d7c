import { expect, test } from "vitest";
import { createRunTable, numberAt, textAt } from "../../src/core/board/run-table.ts";
import { fill, names, tableOf } from "./support.ts";

test("a run keeps its row, and cells without a value are missing", () => {
  const table = tableOf({ a: { "metrics.f1": 0.5 }, b: { "params.family": "gbm" } });
  expect([table.rows, table.add("b"), table.rowOf("a"), table.rowOf("c")]).toEqual([2, 1, 0, undefined]);
  expect([numberAt(table, "metrics.f1", 0), numberAt(table, "metrics.f1", 1)]).toEqual([0.5, Number.NaN]);
  expect([textAt(table, "params.family", 0), textAt(table, "params.family", 1)]).toEqual([undefined, "gbm"]);
});

test("it grows without losing a cell", () => {
  const table = createRunTable();
  for (let i = 0; i < 5000; i++) {
    const row = table.add(`run ${i}`);
    table.setNumber("metrics.i", row, i);
    if (i % 2 === 0) table.setText("params.half", row, String(i / 2));
  }
  for (const i of [0, 255, 256, 4999]) expect(numberAt(table, "metrics.i", i)).toBe(i);
  expect([textAt(table, "params.half", 4998), textAt(table, "params.half", 4999)]).toEqual(["2499", undefined]);
});

test("a value that is NaN is told from one that is missing", () => {
  const table = tableOf({ a: { "metrics.auc": Number.NaN }, b: {} });
  const nans = () => (table.column("metrics.auc") as { nans: ReadonlySet<number> }).nans;
  expect([...nans()]).toEqual([0]);
  table.setNumber("metrics.auc", 0, undefined);
  expect([...nans()]).toEqual([]);
  table.setNumber("metrics.auc", 1, Number.NaN);
  table.setNumber("metrics.auc", 1, 0.5);
  expect([...nans()]).toEqual([]);
});

test("it says which rows changed since a version, and nothing when a value was written again", () => {
  const table = tableOf({ a: { "metrics.f1": 1 }, b: {}, c: {} });
  const before = table.version;
  fill(table, { a: { "metrics.f1": 1 } });
  expect(table.version).toBe(before);
  fill(table, { b: { "metrics.f1": 2 } });
  fill(table, { b: { "metrics.f1": 3 }, d: {} });
  expect(names(table, table.changedSince(before)!).sort()).toEqual(["b", "d"]);
  expect(names(table, table.changedSince(before + 1)!).sort()).toEqual(["b", "d"]);
  expect(table.changedSince(table.version)).toHaveLength(0);
});

test("who looks too rarely is told to look at all", () => {
  const table = tableOf({ a: {} });
  const before = table.version;
  for (let i = 0; i < 100; i++) fill(table, { a: { "metrics.step": i } });
  expect(table.changedSince(before)).toBeUndefined();
  expect(names(table, table.changedSince(table.version - 10)!)).toEqual(["a"]);
});

test("a tag that keeps changing does not fill the memory", () => {
  const table = tableOf({ a: {}, b: { "tags.note": "stays" } });
  for (let i = 0; i < 2000; i++) fill(table, { a: { "tags.note": `note ${i}` } });
  const column = table.column("tags.note") as { texts: readonly string[]; epoch: number };
  expect(column.texts.length).toBeLessThan(500);
  expect(column.epoch).toBeGreaterThan(0);
  expect([textAt(table, "tags.note", 0), textAt(table, "tags.note", 1)]).toEqual(["note 1999", "stays"]);
});
