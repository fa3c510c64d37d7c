import { expect, test } from "vitest";
import { fetchEngines } from "../../src/engines/fetch.ts";
import { loadLightgbm } from "../../src/engines/lightgbm.ts";
import { loadOpenblas } from "../../src/engines/openblas.ts";
import { engineStatus } from "../../src/engines/status.ts";
import { ENGINES } from "../../src/engines/wheels.ts";
import { loadXgboost } from "../../src/engines/xgboost.ts";
import { table } from "../contracts/family.contract.ts";

test("the pinned wheels are complete: every platform but musl has every engine", () => {
  for (const { wheels } of ENGINES) {
    for (const platform of ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"] as const) {
      expect(wheels[platform]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  }
});

test("every engine is there and loads", async () => {
  for (const status of await engineStatus()) {
    expect(status).toMatchObject({ available: true, path: expect.stringContaining(status.version) });
  }
  expect((await loadXgboost()).version).toBe("3.2.0");
  expect((await loadOpenblas()).config).toContain("OpenBLAS");
});

test("waiting OpenMP threads do not spin", async () => {
  await loadXgboost();
  expect(process.env.OMP_WAIT_POLICY).toBe("passive");
});

test("matrix products are right for every layout, in both precisions", async () => {
  const blas = await loadOpenblas();
  const [a, b] = [Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(7, 8, 9, 10, 11, 12)]; // 2×3 and 3×2
  const [at, bt] = [Float64Array.of(1, 4, 2, 5, 3, 6), Float64Array.of(7, 9, 11, 8, 10, 12)];
  for (const [left, right, transposeA, transposeB] of [
    [a, b, false, false],
    [at, b, true, false],
    [a, bt, false, true],
    [at, bt, true, true],
  ] as const) {
    const c = Float64Array.of(1, 1, 1, 1);
    blas.dgemm({ m: 2, n: 2, k: 3, a: left, b: right, c, transposeA, transposeB, alpha: 2, beta: 10 });
    expect([...c]).toEqual([126, 138, 288, 318]);
    const single = new Float32Array(4);
    blas.sgemm({
      m: 2,
      n: 2,
      k: 3,
      a: Float32Array.from(left),
      b: Float32Array.from(right),
      c: single,
      transposeA,
      transposeB,
    });
    expect([...single]).toEqual([58, 64, 139, 154]);
  }
});

test("rows are binned once for all who ask for the same matrix, classes and weights", async () => {
  const { x, y } = table();
  const xgboost = await loadXgboost();
  const lightgbm = await loadLightgbm();
  const weights = new Float32Array(x.rows).fill(2);
  expect(xgboost.dmatrix(x, { y, threads: 1 })).toBe(xgboost.dmatrix(x, { y, threads: 1 }));
  expect(xgboost.dmatrix(x, { y, threads: 1 })).not.toBe(xgboost.dmatrix(x, { y, weights, threads: 1 }));
  const bins = (max_bin: number) => lightgbm.dataset(x, { y, params: { max_bin, verbosity: -1 } });
  expect(bins(255)).toBe(bins(255));
  expect(bins(255)).not.toBe(bins(15));
});

test("a library's own error is told in its words", async () => {
  const [xgboost, lightgbm] = [await loadXgboost(), await loadLightgbm()];
  expect(() => xgboost.load(Uint8Array.of(1, 2, 3), 1)).toThrow(/^XGBoost: /);
  expect(() => lightgbm.load(Uint8Array.of(65, 66))).toThrow(/^LightGBM: /);
});

test("a platform without wheels has a reason and a way out for each engine", async () => {
  for (const result of await fetchEngines({ platform: "sunos-x64" })) {
    expect(result).toMatchObject({
      state: "unavailable",
      problem: expect.stringContaining("sunos-x64"),
      fix: expect.any(String),
    });
  }
  const musl = await fetchEngines({ platform: "linux-musl-arm64" });
  expect(musl[0]?.fix).toContain("glibc");
});
