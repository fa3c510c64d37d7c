import { expect, test } from "vitest";
import { createRng } from "../../../src/core/rng.ts";
import { loadLightgbm } from "../../../src/engines/lightgbm.ts";
import { createForest } from "../../../src/ranking/learned/forest.ts";

const names = ["missing at times", "hardly above zero", "few values", "constant", "any"];
const rng = createRng(3);

function draw(rows: number): Float32Array {
  return Float32Array.from({ length: rows * names.length }, (_, i) => {
    const u = rng.next();
    return [u < 0.3 ? Number.NaN : u, (u - 0.5) * (u < 0.5 ? 1e-34 : 1), Math.floor(4 * u), 7, u][i % names.length];
  });
}

test("trees on all rows at once score as LightGBM does, to the same bit", async () => {
  const lightgbm = await loadLightgbm();
  const rows = 2000;
  const x = { rows, cols: names.length, names, data: draw(rows) };
  const y = Int32Array.from({ length: rows }, (_, i) => {
    const [first, second, third, , last] = x.data.subarray(i * names.length, (i + 1) * names.length);
    return (Number.isNaN(first) ? 0.6 : first) + second + third / 4 + last > 1.3 ? 1 : 0;
  });
  const params = { objective: "regression", num_leaves: 12, verbosity: -1, num_threads: 1 };
  const models = [1, 2].map((seed) => {
    const booster = lightgbm.booster({ ...params, seed, feature_fraction: 0.6 }, lightgbm.dataset(x, { y, params }));
    for (let round = 0; round < 30; round++) booster.update();
    return booster;
  });
  const forest = createForest(models.map((model) => model.save(30)));
  for (const count of [1, 31, 32, 33, 150]) {
    const asked = { ...x, rows: count, data: draw(count) };
    const expected = models.map((model) => model.predict(asked, { outputs: 1, rounds: 30, threads: 1 }));
    expect(forest.predict(asked.data, names.length)).toEqual(expected);
    expect(new Set(expected[0]).size).toBeGreaterThan(count / 4);
  }
  for (const model of models) model.dispose();
});
