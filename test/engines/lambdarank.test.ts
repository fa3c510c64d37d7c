import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadLightgbm } from "../../src/engines/lightgbm.ts";

interface Reference {
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly rounds: number;
  readonly sizes: readonly number[];
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
  readonly weights: readonly number[];
  readonly predictions: readonly number[];
}

const fixture = join(import.meta.dirname, "..", "fixtures", "engines", "lambdarank.json");

test("lambdarank over queries predicts what the Python package does", async () => {
  const reference = JSON.parse(readFileSync(fixture, "utf8")) as Reference;
  const { params, rounds, sizes, y } = reference;
  const x = { rows: y.length, cols: 4, names: ["a", "b", "c", "d"], data: Float32Array.from(reference.x.flat()) };
  const lightgbm = await loadLightgbm();
  const rows = lightgbm.dataset(x, {
    y: Int32Array.from(y),
    weights: Float32Array.from(reference.weights),
    queries: Int32Array.from(sizes),
    params,
  });
  const booster = lightgbm.booster(params, rows);
  for (let round = 0; round < rounds; round++) booster.update();
  const predictions = booster.predict(x, { outputs: 1, rounds, threads: 1 });
  booster.dispose();
  expect(Math.max(...predictions.map((value, i) => Math.abs(value - reference.predictions[i])))).toBeLessThan(1e-6);
});

test("queries whose rows do not add up to the matrix's are refused in LightGBM's words", async () => {
  const x = { rows: 4, cols: 1, names: ["a"], data: Float32Array.of(1, 2, 3, 4) };
  const lightgbm = await loadLightgbm();
  const options = { y: Int32Array.of(0, 1, 0, 1), queries: Int32Array.of(2, 3), params: { verbosity: -1 } };
  expect(() => lightgbm.dataset(x, options)).toThrow(/^LightGBM: /);
});
