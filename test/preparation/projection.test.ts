import { expect, test } from "vitest";
import type { Column, Frame } from "../../src/core/dataset.ts";
import { selectRows } from "../../src/core/frame.ts";
import { createRng } from "../../src/core/rng.ts";
import { Projection, projection } from "../../src/preparation/_projection.ts";
import { fitStep, numeric } from "./support.ts";

const rng = createRng(9);
const rows = 1300; // blocks of 256 and of 1024, and a rest
const patients: Frame = {
  rows,
  columns: Array.from({ length: 23 }, (_, j) =>
    numeric(`c${j}`, ...Array.from({ length: rows }, () => j * 1000 + rng.next())),
  ),
};
const y = Int32Array.from({ length: rows }, () => rng.int(5));
const valuesOf = ({ columns }: Frame): number[][] =>
  columns.map((column: Column) => ("values" in column ? Array.from(column.values) : []));

test.each(["pca", "lda"])("%s gives a row the same bits, whichever rows stand beside it", async (id) => {
  const fitted = await fitStep(id, {}, patients, y, 5);
  const all = valuesOf(fitted.transform(patients));
  for (const some of [[0], [63, 64], [1299], Array.from({ length: 130 }, (_, i) => 1299 - i * 7)]) {
    const made = valuesOf(fitted.transform(selectRows(patients, Int32Array.from(some))));
    expect(made).toEqual(all.map((values) => some.map((row) => values[row])));
  }
});

test.each(["pca", "lda"])("%s predicts without OpenBLAS too, the same but for rounding", async (id) => {
  const fitted = await fitStep(id, {}, patients, y, 5);
  const plain = valuesOf(projection(id, Projection.parse(fitted.state), undefined).transform(patients));
  const made = valuesOf(fitted.transform(patients));
  expect(plain).toHaveLength(made.length);
  plain.forEach((values, k) => {
    const worst = values.reduce((most, value, row) => Math.max(most, Math.abs(value - made[k][row])), 0);
    expect(worst).toBeLessThan(1e-10);
  });
});

test("pca: means are taken off exactly, also where the first rows lie far from the rest", async () => {
  const far = numeric("far", ...Array.from({ length: rows }, (_, row) => (row < 512 ? 1e6 : 0) + rng.next()));
  const frame = { rows, columns: [far, ...patients.columns.slice(0, 3)] };
  for (const values of valuesOf((await fitStep("pca", { components: 4 }, frame)).transform(frame))) {
    const size = Math.max(...values.map(Math.abs));
    expect(Math.abs(values.reduce((a, b) => a + b, 0) / rows)).toBeLessThan(1e-12 * size + 1e-9);
  }
});
