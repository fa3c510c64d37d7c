/** What the families that train on TensorFlow.js have in common. */
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { Family } from "../../src/core/family.ts";
import { loadTensors, type Tensors } from "../../src/engines/tensor/load.ts";
import { logLosses } from "../../src/families/_neural.ts";
import { contextFor, table } from "../contracts/family.contract.ts";

/** Our backend, with tfjs's own beside it to be compared with. */
export async function bothBackends(): Promise<Tensors> {
  const cpu = await loadTensors({ id: "cpu" });
  Object.assign(cpu.tf.backend(), { firstUse: false }); // it would greet
  return loadTensors({ id: "openblas" });
}

/** @param losses of some steps from the same weights, on the backend that is given; they must be alike, and fall */
export async function expectAlike(losses: (tensors: Tensors) => number[]): Promise<void> {
  const cpu = losses(await loadTensors({ id: "cpu" }));
  const own = losses(await loadTensors({ id: "openblas" }));
  cpu.forEach((loss, i) => {
    expect(own[i]).toBeCloseTo(loss, 5);
  });
  expect(cpu.at(-1)).toBeLessThan(cpu[0]!);
}

/**
 * Tests of `fit`.
 * @param options.unstable hyper-parameters that let it diverge with a learning rate of 1e25
 * @param options.quick those of a fit that learns something
 */
export function describeFitting<P>(
  family: Family<P>,
  options: { readonly unstable: object; readonly quick: object },
): void {
  describe("fitting", () => {
    test("leaves no tensor behind, however it ends", async () => {
      const { tf } = await loadTensors({ id: "openblas" });
      const start = tf.memory().numTensors;
      (await family.fit(contextFor(family))).dispose();
      const controller = new AbortController();
      const onRound = (): void => controller.abort(new Error("enough"));
      await expect(family.fit(contextFor(family, { signal: controller.signal, onRound }))).rejects.toThrow("enough");
      expect(tf.memory().numTensors).toBe(start);
      expect((tf.backend() as { numDataIds(): number }).numDataIds()).toBe(start);
    });

    test("says that it diverged, when and by which learning rate", async () => {
      const { tf } = await loadTensors({ id: "openblas" });
      const start = tf.memory().numTensors;
      const params = family.params.parse({ learning_rate: 1e25, ...options.unstable });
      const error = await family.fit(contextFor(family, { params })).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({ message: expect.stringContaining("diverged"), where: /epoch 1, .*1e\+25/ });
      expect(tf.memory().numTensors).toBe(start);
    });

    test("predicts with the epoch of the lowest validation log loss", async () => {
      const curve: number[] = [];
      const onRound = (_: number, { validation }: { validation: number }): void => void curve.push(validation);
      const context = contextFor(family, { onRound }, { rows: 90 });
      const model = await family.fit(context);
      const { x, y } = context.validation;
      const { plain } = logLosses(model.predictProba(x), y, Float64Array.of(1, 1, 1));
      expect(plain).toBeCloseTo(Math.min(...curve), 6);
      expect(model.rounds).toBe(curve.indexOf(Math.min(...curve)) + 1);
      expect(curve.length).toBeGreaterThan(model.rounds!);
    });

    test.each(["class_balanced", "focal"])("with loss %s learns, and differs from plain", async (loss) => {
      const proba = async (change: object): Promise<Float32Array> => {
        const params = family.params.parse({ ...options.quick, ...change });
        const model = await family.fit(contextFor(family, { params }, { rows: 91 }));
        return model.predictProba(table({ rows: 91 }).x);
      };
      const [plain, other] = [await proba({}), await proba({ loss, beta: 0.99 })];
      expect(other).not.toEqual(plain);
      expect(logLosses(other, table({ rows: 91 }).y, Float64Array.of(1, 1, 1)).plain).toBeLessThan(Math.log(3));
    });
  });
}
