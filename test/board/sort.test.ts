import { expect, test } from "vitest";
import { comparator, sortRows } from "../../src/board/sort.ts";
import { createRunTable } from "../../src/core/board/run-table.ts";
import { createRng } from "../../src/core/rng.ts";
import { names, tableOf } from "./support.ts";

const all = (table: { rows: number }): Int32Array => Int32Array.from({ length: table.rows }, (_, i) => i);
const up = (id: string) => ({ id, descending: false });
const down = (id: string) => ({ id, descending: true });

test("numbers of every size and sign are in order; NaN and missing ones are last both ways", () => {
  const values = [
    0.5,
    -1e300,
    Number.NaN,
    -0,
    1e-310,
    Number.NEGATIVE_INFINITY,
    3,
    -0.5,
    Number.POSITIVE_INFINITY,
    1e300,
  ];
  const table = tableOf(Object.fromEntries([...values.map((v, i) => [`r${i}`, { "metrics.m": v }]), ["none", {}]]));
  const sorted = (descending: boolean): number[] =>
    [...sortRows(table, all(table), [{ id: "metrics.m", descending }])].map((row) => values[row] ?? Number.NaN);
  const order = [Number.NEGATIVE_INFINITY, -1e300, -0.5, -0, 1e-310, 0.5, 3, 1e300, Number.POSITIVE_INFINITY];
  expect(sorted(false)).toEqual([...order, Number.NaN, Number.NaN]);
  expect(sorted(true)).toEqual([...order.toReversed(), Number.NaN, Number.NaN]);
});

test("the order is that of a comparator over thousands of rows and three keys, equals as they were", () => {
  const rng = createRng(7);
  const table = createRunTable();
  for (let i = 0; i < 5000; i++) {
    const row = table.add(`r${i}`);
    if (i % 7 !== 0) table.setNumber("metrics.a", row, Math.floor(rng.next() * 5) - 2);
    table.setNumber("metrics.b", row, rng.next() < 0.5 ? rng.next() : -rng.next());
    if (i % 5 !== 0) table.setText("params.p", row, `p${Math.floor(rng.next() * 20)}`);
  }
  const keys = [down("metrics.a"), up("params.p"), down("metrics.b")];
  expect([...sortRows(table, all(table), keys)]).toEqual([...all(table)].sort(comparator(table, keys)));
  expect([...sortRows(table, all(table), [up("metrics.a")])]).toEqual(
    [...all(table)].sort(comparator(table, [up("metrics.a")])),
  );
});

test("texts are sorted as a person would: numbers by value, digits within, without case and accents", () => {
  const texts = ["run 10", "Ángel", "0.5", "run 2", "1e-3", "zeta", "angel b", "10", undefined, "-3"];
  const table = tableOf(Object.fromEntries(texts.map((p, i) => [`r${i}`, { "params.p": p }])));
  const sorted = [...sortRows(table, all(table), [up("params.p")])].map((row) => texts[row]);
  expect(sorted).toEqual(["-3", "1e-3", "0.5", "10", "Ángel", "angel b", "run 2", "run 10", "zeta", undefined]);
  const back = [...sortRows(table, all(table), [down("params.p")])].map((row) => texts[row]);
  expect(back).toEqual([...sorted.slice(0, -1).reverse(), undefined]);
});

test("texts that come later find their place among those that were ranked", () => {
  const table = tableOf({ a: { "params.p": "m" }, b: { "params.p": "z" } });
  expect(names(table, sortRows(table, all(table), [up("params.p")]))).toEqual(["a", "b"]);
  table.setText("params.p", table.add("c"), "a");
  table.setText("params.p", table.add("d"), "p");
  expect(names(table, sortRows(table, all(table), [up("params.p")]))).toEqual(["c", "a", "d", "b"]);
});

test("a column that nobody has changes nothing", () => {
  const table = tableOf({ a: {}, b: {} });
  expect([...sortRows(table, Int32Array.of(1, 0), [up("metrics.none")])]).toEqual([1, 0]);
});
