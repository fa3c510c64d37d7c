import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Matrix } from "../../src/core/dataset.ts";
import { UserError } from "../../src/core/errors.ts";
import type { Family, FitContext, FittedModel, LabelledMatrix } from "../../src/core/family.ts";
import { createRng } from "../../src/core/rng.ts";

export interface TableOptions {
  readonly rows?: number;
  readonly cols?: number;
  readonly classes?: number;
  readonly seed?: number;
}

/** Patients whose columns shift with their class; every class occurs. */
export function table({ rows = 60, cols = 4, classes = 3, seed = 1 }: TableOptions = {}): LabelledMatrix {
  const rng = createRng(seed);
  const y = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const data = Float32Array.from({ length: rows * cols }, (_, at) => {
    const [i, j] = [Math.floor(at / cols), at % cols];
    return rng.next() * 2 + (j % classes === y[i] ? 1 : 0);
  });
  return { x: { rows, cols, names: Array.from({ length: cols }, (_, j) => `c${j}`), data }, y };
}

/** A fit with the family's default params on small tables. */
export function contextFor<P>(
  family: Family<P>,
  change: Partial<FitContext<P>> = {},
  options: TableOptions = {},
): FitContext<P> {
  return {
    train: table(options),
    validation: table({ ...options, seed: 2 }),
    classes: options.classes ?? 3,
    params: family.params.parse({}),
    seed: 7,
    threads: 1,
    signal: new AbortController().signal,
    ...change,
  };
}

function withData(m: Matrix, change: (data: Float32Array) => void): Matrix {
  const data = m.data.slice();
  change(data);
  return { ...m, data };
}

function expectProbabilities(model: FittedModel, x: Matrix, classes: number): void {
  const proba = model.predictProba(x);
  expect(proba).toBeInstanceOf(Float32Array);
  expect(proba.length).toBe(x.rows * classes);
  for (let i = 0; i < x.rows; i++) {
    const row = proba.subarray(i * classes, (i + 1) * classes);
    expect(row.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  }
}

/** What every family keeps to (src/core/family.ts). */
export function familyContract(id: string, load: () => Promise<Family>): void {
  describe(`family ${id}`, () => {
    test("is named as its file", async () => {
      expect((await load()).id).toBe(id);
    });

    test("has a default and a description for each param, and names a wrong one", async () => {
      const { params } = await load();
      const shape = params instanceof z.ZodObject ? params.shape : {};
      expect(Object.keys(params.parse({}) as object).sort()).toEqual(Object.keys(shape).sort());
      for (const [name, schema] of Object.entries(shape)) {
        expect((schema as z.ZodType).description, `description of ${name}`).toBeTruthy();
      }
      const wrong = params.safeParse({ no_such_param: 1 });
      expect(wrong.success).toBe(false);
      expect(wrong.error?.message).toContain("no_such_param");
    });

    test.each([
      { name: "three classes", options: {} },
      { name: "two classes", options: { classes: 2 } },
      { name: "a single column", options: { cols: 1 } },
      { name: "more columns than rows", options: { rows: 12, cols: 30 } },
    ])("gives probabilities that sum to 1: $name", async ({ options }) => {
      const family = await load();
      const context = contextFor(family, {}, options);
      const model = await family.fit(context);
      expectProbabilities(model, context.validation.x, context.classes);
      model.dispose();
    });

    test("accepts a constant column and no validation rows", async () => {
      const family = await load();
      const { x, y } = table();
      const constant = withData(x, (data) => {
        for (let i = 0; i < x.rows; i++) data[i * x.cols] = 5;
      });
      const none: LabelledMatrix = { x: { ...x, rows: 0, data: new Float32Array() }, y: new Int32Array() };
      const model = await family.fit(contextFor(family, { train: { x: constant, y }, validation: none }));
      expectProbabilities(model, x, 3);
      expect(model.predictProba(none.x).length).toBe(0);
      model.dispose();
    });

    test("gives the same bytes for the same seed", async () => {
      const family = await load();
      const models = [await family.fit(contextFor(family)), await family.fit(contextFor(family))];
      const [first, second] = models.map((model) => Object.entries(model.save()).map(([n, b]) => [n, Buffer.from(b)]));
      expect(first).toEqual(second);
      for (const model of models) model.dispose();
    });

    test("predicts the same after save and load", async () => {
      const family = await load();
      const model = await family.fit(contextFor(family));
      const { x } = table({ seed: 3 });
      const loaded = await family.load(model.save());
      expect(loaded.predictProba(x)).toEqual(model.predictProba(x));
      expect(loaded.rounds).toBe(model.rounds);
      expect(loaded.importances?.kind).toBe(model.importances?.kind);
      model.importances?.values.forEach((value, j) => {
        expect((loaded.importances?.values[j] ?? Number.NaN) / (value || 1)).toBeCloseTo(value === 0 ? 0 : 1, 4);
      });
      model.dispose();
      loaded.dispose();
    });

    test.each([2, 3])("what columns add comes to its probabilities, where it says so: %i classes", async (classes) => {
      const family = await load();
      const model = await family.fit(contextFor(family, {}, { classes }));
      const loaded = await family.load(model.save());
      const { x } = table({ seed: 3, rows: 6 });
      const background = { typical: x.data.slice(0, x.cols), means: new Float32Array(x.cols).fill(1) };
      for (let row = 1; row < x.rows; row++) {
        const one = { ...x, rows: 1, data: x.data.slice(row * x.cols, (row + 1) * x.cols) };
        const made = model.contributions?.(one, background);
        if (!made) continue;
        expect(loaded.contributions?.(one, background)).toEqual(made);
        expect(made.values.length).toBe(made.base.length * x.cols);
        const outputs = made.base.map((base, k) =>
          made.values.subarray(k * x.cols, (k + 1) * x.cols).reduce((a, b) => a + b, base),
        );
        const margins = outputs.length === 1 ? [0, outputs[0]!] : [...outputs];
        const odds = margins.map((margin) => Math.exp(margin - Math.max(...margins)));
        const total = odds.reduce((a, b) => a + b);
        const shares = made.unit === "margin" ? odds.map((odd) => odd / total) : margins;
        model.predictProba(one).forEach((p, k) => {
          expect(shares[k]).toBeCloseTo(p, 5);
        });
      }
      model.dispose();
      loaded.dispose();
    });

    test("does not change its input", async () => {
      const family = await load();
      const context = contextFor(family);
      const before = structuredClone([context.train, context.validation]);
      (await family.fit(context)).dispose();
      expect([context.train, context.validation]).toEqual(before);
    });

    test("learns the weighted class shares from columns that say nothing", async () => {
      const family = await load();
      const { x, y } = table();
      const flat = withData(x, (data) => data.fill(1));
      const weights = Float32Array.from(y, (k) => (k === 2 ? 20 : 1));
      const shareOfTwo = async (train: LabelledMatrix): Promise<number> => {
        const model = await family.fit(contextFor(family, { train, validation: train }));
        const proba = model.predictProba(flat);
        model.dispose();
        return proba[2] ?? Number.NaN;
      };
      expect(await shareOfTwo({ x: flat, y })).toBeCloseTo(1 / 3, 1);
      expect(await shareOfTwo({ x: flat, y, weights })).toBeGreaterThan(0.6);
    });

    test("refuses a class without training rows by its code", async () => {
      const family = await load();
      const { x, y } = table();
      const train = { x, y: y.map((k) => (k === 1 ? 0 : k)) };
      await expect(family.fit(contextFor(family, { train }))).rejects.toThrow(/class 1\b/);
      await expect(family.fit(contextFor(family, { train }))).rejects.toBeInstanceOf(UserError);
    });

    test("accepts missing values or refuses them by column, as it declares", async () => {
      const family = await load();
      const { x, y } = table();
      const holes = withData(x, (data) => {
        data[4 * 4 + 1] = Number.NaN;
      });
      const fit = family.fit(contextFor(family, { train: { x: holes, y } }));
      if (family.acceptsMissing) {
        const model = await fit;
        expectProbabilities(model, holes, 3);
        model.dispose();
      } else {
        const error = await fit.catch((e: unknown) => e);
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).where).toContain("column c1");
      }
    });

    test("refuses infinite values by column", async () => {
      const family = await load();
      const { x, y } = table();
      const infinite = withData(x, (data) => {
        data[2] = Number.POSITIVE_INFINITY;
      });
      const error = await family.fit(contextFor(family, { train: { x: infinite, y } })).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).where).toContain("column c2");
    });

    test("refuses to predict from other columns, naming them", async () => {
      const family = await load();
      const model = await family.fit(contextFor(family));
      const { x } = table();
      const predict = (names: string[]): unknown => {
        try {
          return model.predictProba({ ...x, names });
        } catch (error) {
          return error;
        }
      };
      expect(predict(["c0", "c1", "c2", "cc"])).toMatchObject({ where: "missing: c3; not known: cc" });
      expect(predict(["c0", "c2", "c1", "c3"])).toMatchObject({ where: expect.stringContaining("c1") });
      model.dispose();
    });

    test("rejects with the signal's reason when aborted", async () => {
      const family = await load();
      const reason = new Error("enough");
      await expect(family.fit(contextFor(family, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);

      const controller = new AbortController();
      let rounds = 0;
      const onRound = (): void => {
        rounds++;
        controller.abort(reason);
      };
      const fit = family.fit(contextFor(family, { signal: controller.signal, onRound }));
      const outcome = await fit.catch((error: unknown) => error);
      if (rounds > 0) expect(outcome).toBe(reason);
      expect(rounds).toBeLessThanOrEqual(1);
    });

    test("reports rounds from 1 with finite losses, and importances for each column, where it has them", async () => {
      const family = await load();
      const seen: number[] = [];
      const losses: number[] = [];
      const onRound: FitContext<unknown>["onRound"] = (round, { train, validation }) => {
        seen.push(round);
        losses.push(train, validation);
      };
      const model = await family.fit(contextFor(family, { onRound }));
      expect(seen).toEqual(seen.map((_, i) => i + 1));
      expect(losses.every(Number.isFinite)).toBe(true);
      if (seen.length > 0) expect(model.rounds).toBeLessThanOrEqual(seen.length);
      if (model.importances) {
        expect(model.importances.values.length).toBe(4);
        expect(model.importances.values.every((v) => v >= 0 && Number.isFinite(v))).toBe(true);
      }
      model.dispose();
    });
  });
}
