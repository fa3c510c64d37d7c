import { expect } from "vitest";
import { createRng } from "../../../src/core/rng.ts";
import { loadTensors, type Tensors } from "../../../src/engines/tensor/load.ts";

/** tfjs's cpu backend would greet when it is first used. */
export async function quietCpu(): Promise<void> {
  const { tf } = await loadTensors({ id: "cpu" });
  Object.assign(tf.backend(), { firstUse: false });
}

/** Between −2 and 2. */
export function numbers(length: number, seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => rng.next() * 4 - 2);
}

/** The same work on both backends; no tensor may be left over. */
export async function onBoth(work: (tensors: Tensors) => number[][]): Promise<[own: number[][], cpu: number[][]]> {
  const results: number[][][] = [];
  for (const id of ["openblas", "cpu"] as const) {
    const tensors = await loadTensors({ id });
    const start = tensors.tf.memory().numTensors;
    results.push(tensors.tf.tidy(() => work(tensors)) as number[][]);
    expect(tensors.tf.memory().numTensors).toBe(start);
    tensors.trim();
  }
  return results as [number[][], number[][]];
}

export function expectClose(got: number[][], expected: number[][], tolerance = 1e-5): void {
  expect(got.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  got.forEach((row, i) => {
    row.forEach((value, j) => {
      const wanted = expected[i]![j]!;
      expect(Math.abs(value - wanted) / (1 + Math.abs(wanted)), `${i}, ${j}`).toBeLessThan(tolerance);
    });
  });
}
