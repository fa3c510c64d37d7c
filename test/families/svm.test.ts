import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { FitContext, LabelledMatrix } from "../../src/core/family.ts";
import { unpack } from "../../src/core/formats/container.ts";
import { createRng } from "../../src/core/rng.ts";
import { loadOpenblas } from "../../src/engines/openblas.ts";
import { approximate } from "../../src/families/svm/approximate.ts";
import { couple } from "../../src/families/svm/coupling.ts";
import { stratifiedFolds } from "../../src/families/svm/folds.ts";
import { createKernelCache, kernelBlock, vectorsOf } from "../../src/families/svm/kernel.ts";
import { type KernelRows, solveSmo } from "../../src/families/svm/smo.ts";
import { family } from "../../src/families/svm.ts";
import { contextFor, table } from "../contracts/family.contract.ts";
import { differences } from "./_python.ts";

type Params = Parameters<typeof family.fit>[0]["params"];
const KINDS: [string, Partial<Params>][] = [
  ["linear", { kernel: "linear" }],
  ["rbf", {}],
  ["nystroem", { approximation: "nystroem", components: 30 }],
  ["fourier", { approximation: "fourier", components: 60 }],
];

async function trained(params: Partial<Params>, train: LabelledMatrix, change: Partial<FitContext<Params>> = {}) {
  return family.fit(contextFor(family, { params: family.params.parse(params), train, validation: train, ...change }));
}

function accuracy(proba: Float32Array, y: Int32Array): number {
  const classes = proba.length / y.length;
  const right = y.filter((k, i) => {
    const row = proba.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row)) === k;
  });
  return right.length / y.length;
}

test.each(KINDS)("%s tells classes apart on new rows, and its file gives the same", async (_, params) => {
  const model = await trained(params, table({ rows: 300, cols: 6 }));
  const { x, y } = table({ rows: 300, cols: 6, seed: 5 });
  const proba = model.predictProba(x);
  expect(accuracy(proba, y)).toBeGreaterThan(0.75);
  expect(model.notices).toEqual([]);
  expect((await family.load(model.save())).predictProba(x)).toEqual(proba);
});

test.each(KINDS)("%s tells a ring from its middle, unless it is linear", async (kind, params) => {
  const rng = createRng(2);
  const ring = (rows: number): LabelledMatrix => {
    const y = Int32Array.from({ length: rows }, (_, i) => i % 2);
    const data = Float32Array.from(
      [...y].flatMap((k) => {
        const [radius, angle] = [k + rng.next() / 2, rng.next() * 2 * Math.PI];
        return [1000 + radius * Math.cos(angle), radius * Math.sin(angle)];
      }),
    );
    return { x: { rows, cols: 2, names: ["a", "b"], data }, y };
  };
  const [train, asked] = [ring(200), ring(200)];
  const right = accuracy(
    (await trained({ ...params, gamma: 1 }, train, { classes: 2 })).predictProba(asked.x),
    asked.y,
  );
  if (kind === "linear") expect(right).toBeLessThan(0.75);
  else expect(right).toBeGreaterThan(0.95);
});

test.each(KINDS)(
  "%s accepts identical rows of different classes, zero columns, and a class of one row with a notice",
  async (_, params) => {
    const { x, y } = table({ rows: 90, cols: 4 });
    const data = x.data.map((v, at) => (at % 4 === 1 ? 0 : v));
    for (let i = 0; i < 6; i++) data.set(data.subarray(0, 4), i * 4);
    const train = { x: { ...x, data }, y: y.map((k, i) => (k === 2 && i > 2 ? 0 : k)) };
    const model = await trained(params, train);
    expect(model.notices).toEqual([expect.stringContaining("class 2 has one training row")]);
    const proba = model.predictProba(train.x);
    expect(proba.every(Number.isFinite)).toBe(true);
    const shareOfTwo = proba.filter((_, at) => at % 3 === 2);
    expect(Math.max(...shareOfTwo)).toBeLessThan(0.6);
    // Rows that are the same patient are given the same probabilities.
    expect(proba.subarray(0, 3)).toEqual(proba.subarray(3, 6));
  },
);

test.each(KINDS)("%s moves towards a class that weighs more", async (_, params) => {
  const train = table({ rows: 150 });
  const weights = Float32Array.from(train.y, (k) => (k === 1 ? 10 : 1));
  const meanOfOne = async (one: LabelledMatrix): Promise<number> => {
    const proba = (await trained(params, one)).predictProba(train.x);
    return proba.reduce((sum, p, at) => sum + (at % 3 === 1 ? p : 0), 0) / train.y.length;
  };
  expect(await meanOfOne({ ...train, weights })).toBeGreaterThan((await meanOfOne(train)) + 0.1);
});

test.each(KINDS)("%s stops in the middle when a timer aborts it", async (_, params) => {
  const controller = new AbortController();
  const reason = new Error("enough");
  setImmediate(() => controller.abort(reason));
  const train = table({ rows: 4000, cols: 40, classes: 20 });
  const change = { signal: controller.signal, classes: 20 };
  await expect(trained({ ...params, tol: 1e-9, C: 1000 }, train, change)).rejects.toBe(reason);
});

test("beyond max_rows rbf is approximated with a notice, and refused when it must be exact", async () => {
  const train = table({ rows: 300 });
  const model = await trained({ max_rows: 200, components: 50 }, train);
  expect(model.notices).toEqual([
    expect.stringMatching(/300 training rows are more than max_rows \(200\).*50 components/),
  ]);
  expect(model.save()["model.bin"]!.length).toBeLessThan(8000);
  const error = await trained({ max_rows: 200, approximation: "exact" }, train).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).fix[0]).toContain("nystroem");
});

test("says when the linear machines did not converge", async () => {
  const model = await trained({ kernel: "linear", max_iter: 1, tol: 1e-9 }, table());
  expect(model.notices).toEqual([expect.stringContaining("did not converge in 1 iterations")]);
});

test("only support vectors are saved", async () => {
  const { x, y } = table({ rows: 400, cols: 2, classes: 2 });
  const apart = { x: { ...x, data: x.data.map((v, at) => v + 6 * y[Math.floor(at / 2)]!) }, y };
  const model = await trained({ C: 10 }, apart, { classes: 2 });
  const { machines } = unpack(model.save()["model.bin"]!) as { machines: { counts: Int32Array } };
  expect(machines.counts[0]! + machines.counts[1]!).toBeLessThan(100);
});

test.each(["nystroem", "fourier"] as const)("products of %s features are the kernel's values", async (method) => {
  const train = table({ rows: 80, cols: 3 });
  const blas = await loadOpenblas();
  const means = new Float64Array(3);
  const components = method === "nystroem" ? 80 : 10_000;
  const pace = async (): Promise<void> => {};
  const { features } = await approximate(blas, train, { method, components, gamma: 0.5, means, seed: 1, pace });
  const size = features.length / 80;
  const kernel = new Float32Array(80 * 80);
  const vectors = vectorsOf(train.x.data, 3);
  kernelBlock(blas, vectors, vectors, 0.5, kernel);
  const products = new Float32Array(80 * 80);
  blas.sgemm({ m: 80, n: 80, k: size, a: features, b: features, c: products, transposeB: true });
  expect(differences(products, kernel).most).toBeLessThan(method === "nystroem" ? 1e-4 : 0.05);
});

test("a small kernel cache and set-aside rows lead to the optimum of the whole matrix", async () => {
  const { x, y: codes } = table({ rows: 1500, cols: 5, classes: 2 });
  const blas = await loadOpenblas();
  const vectors = vectorsOf(x.data, 5);
  const y = Int8Array.from(codes, (k) => (k === 0 ? 1 : -1));
  const rows = Int32Array.from(y.keys()).filter((i) => i % 7 !== 0);
  const solve = (kernel: KernelRows) =>
    solveSmo({ kernel, y, bounds: new Float64Array(1500).fill(3), rows, tol: 1e-4, pace: async () => {} });
  const small = await solve(createKernelCache(blas, vectors, 0.3, 1500 * 4 * 8));
  const kernel = new Float32Array(1500 * 1500);
  kernelBlock(blas, vectors, vectors, 0.3, kernel);
  const whole = await solve({ size: 1500, data: kernel, at: (i) => i * 1500 });
  expect(differences(small.beta, whole.beta).most).toBeLessThan(1e-2);

  // The conditions of the optimum, from scratch: rows that can move do not want to.
  const f = Float64Array.from(rows, (i) => {
    let sum = -y[i]!;
    for (const j of rows) sum += whole.beta[j]! * kernel[i * 1500 + j]!;
    return sum;
  });
  const up = f.filter((_, n) => (y[rows[n]!]! > 0 ? whole.beta[rows[n]!]! < 3 : whole.beta[rows[n]!]! < 0));
  const down = f.filter((_, n) => (y[rows[n]!]! > 0 ? whole.beta[rows[n]!]! > 0 : whole.beta[rows[n]!]! > -3));
  expect(Math.max(...down) - Math.min(...up)).toBeLessThan(3e-4);
  expect(whole.beta.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 6);
  expect(whole.beta.every((b, i) => i % 7 !== 0 || b === 0)).toBe(true);
});

test("pairs that agree are coupled to the probabilities that they come from, and others to the optimum", () => {
  const p = [0.5, 0.3, 0.15, 0.05];
  const r = Float64Array.from(
    { length: 16 },
    (_, at) => p[Math.floor(at / 4)]! / (p[Math.floor(at / 4)]! + p[at % 4]!),
  );
  const out = new Float32Array(4);
  couple(r, 4, out, 0);
  expect(differences(out, p).most).toBeLessThan(1e-6);

  const rng = createRng(4);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < i; j++) {
      r[j * 4 + i] = 0.05 + 0.9 * rng.next();
      r[i * 4 + j] = 1 - r[j * 4 + i]!;
    }
  }
  couple(r, 4, out, 0);
  const worth = (q: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++) if (i !== j) sum += (r[j * 4 + i]! * q[i]! - r[i * 4 + j]! * q[j]!) ** 2;
    return sum;
  };
  for (let n = 0; n < 200; n++) {
    const moved = Float64Array.from(out, (v) => Math.max(0, v + 0.02 * (rng.next() - 0.5)));
    const total = moved.reduce((a, b) => a + b, 0);
    expect(worth(moved.map((v) => v / total))).toBeGreaterThanOrEqual(worth(out) - 1e-9);
  }
});

test("folds hold even shares of each class", () => {
  const y = Int32Array.from({ length: 103 }, (_, i) => (i < 5 ? 1 : i === 50 ? 2 : 0));
  const folds = stratifiedFolds(y, 3, 5, 9);
  const sizes = [0, 1, 2, 3, 4].map((fold) => [...y.keys()].filter((i) => folds[i] === fold && y[i] === 1).length);
  expect(sizes).toEqual([1, 1, 1, 1, 1]);
  expect(stratifiedFolds(y, 3, 5, 9)).toEqual(folds);
  expect(stratifiedFolds(y, 3, 5, 10)).not.toEqual(folds);
});
