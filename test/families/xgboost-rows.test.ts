import { expect, test } from "vitest";
import type { Matrix } from "../../src/core/dataset.ts";
import { takeRows } from "../../src/core/frame.ts";
import { family } from "../../src/families/xgboost.ts";

const ROWS = 200;
const COLS = 5;

/** Numbers, a fifth of them missing, some of them many times. */
function patients(): Matrix {
  let seed = 7;
  const next = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const data = Float32Array.from({ length: ROWS * COLS }, () =>
    next() < 0.2 ? Number.NaN : Math.round(next() * 20) / 3,
  );
  return { rows: ROWS, cols: COLS, names: ["a", "b", "c", "d", "e"], data };
}

test.each([2, 3, 5])("a saved model of %i classes gives a few rows what it gives many", async (classes) => {
  const x = patients();
  const y = Int32Array.from({ length: ROWS }, (_, i) => {
    const sum = [0, 1, 2].reduce((total, j) => total + (x.data[i * COLS + j]! || 0), 0);
    return i < classes ? i : Math.floor(sum) % classes;
  });
  const fitted = await family.fit({
    train: { x, y },
    validation: { x: { ...x, rows: 0, data: new Float32Array() }, y: new Int32Array() },
    ...{ classes, seed: 1, threads: 1, params: family.params.parse({ n_estimators: 40 }) },
    signal: new AbortController().signal,
  });
  const loaded = await family.load(fitted.save());
  const all = loaded.predictProba(x);
  expect(all).toEqual(fitted.predictProba(x));
  for (const rows of [1, 7]) {
    for (let from = 0; from + rows <= 100; from += rows) {
      const some = Int32Array.from({ length: rows }, (_, i) => from + i);
      const few = loaded.predictProba({ ...x, rows, data: takeRows(x.data, COLS, some) });
      few.forEach((value, i) => {
        expect(Math.abs(value - all[from * classes + i]!)).toBeLessThan(2e-7);
      });
    }
  }
  fitted.dispose();
  loaded.dispose();
});
