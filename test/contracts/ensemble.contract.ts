import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { UserError } from "../../src/core/errors.ts";
import type { Family, FitContext, LabelledMatrix } from "../../src/core/family.ts";
import { createRng } from "../../src/core/rng.ts";
import { memberColumn } from "../../src/families/ensemble/members.ts";

export interface MemberOptions {
  readonly rows?: number;
  readonly members?: number;
  readonly classes?: number;
  readonly seed?: number;
}

/** What some models say of patients: member m is right the more often the larger m is. */
export function memberTable({ rows = 60, members = 3, classes = 3, seed = 1 }: MemberOptions = {}): LabelledMatrix {
  const rng = createRng(seed);
  const y = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const cols = members * classes;
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let m = 0; m < members; m++) {
      const raw = Array.from({ length: classes }, (_, k) => 0.1 + rng.next() + (k === y[i] ? m : 0));
      const total = raw.reduce((a, b) => a + b);
      raw.forEach((p, k) => {
        data[i * cols + m * classes + k] = p / total;
      });
    }
  }
  const names = Array.from({ length: members }, (_, m) =>
    Array.from({ length: classes }, (_, k) => memberColumn(`family-${m} p=${m}`, k)),
  ).flat();
  return { x: { rows, cols, names, data }, y };
}

/** What a family keeps to that learns from what other trials predicted (src/core/family.ts). */
export function ensembleContract(id: string, load: () => Promise<Family>, params: Record<string, unknown>): void {
  const contextFor = async (options: MemberOptions = {}): Promise<[Family, FitContext<unknown>]> => {
    const family = await load();
    const train = memberTable(options);
    const none = { x: { ...train.x, rows: 0, data: new Float32Array() }, y: new Int32Array() };
    const signal = new AbortController().signal;
    const given = { params: family.params.parse(params), seed: 7, threads: 1, signal };
    return [family, { train, validation: none, classes: options.classes ?? 3, ...given }];
  };

  describe(`family ${id} ${JSON.stringify(params)}`, () => {
    test("is named as its file, describes each param, and names a wrong one", async () => {
      const family = await load();
      expect(family.id).toBe(id);
      const { shape } = family.params as z.ZodObject;
      expect(Object.keys(family.params.parse({}) as object).sort()).toEqual(Object.keys(shape).sort());
      for (const schema of Object.values(shape)) expect((schema as z.ZodType).description).toBeTruthy();
      expect(family.params.safeParse({ no_such_param: 1 }).error?.message).toContain("no_such_param");
    });

    test.each([{}, { classes: 2 }, { members: 1 }, { rows: 9, members: 20 }])(
      "gives probabilities that sum to 1: %j",
      async (options) => {
        const [family, context] = await contextFor(options);
        const model = await family.fit(context);
        const { x } = memberTable({ ...options, seed: 2 });
        const proba = model.predictProba(x);
        expect(proba.length).toBe(x.rows * context.classes);
        for (let i = 0; i < x.rows; i++) {
          const row = proba.subarray(i * context.classes, (i + 1) * context.classes);
          expect(row.every((p) => p >= 0 && p <= 1)).toBe(true);
          expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        }
        expect(model.predictProba(context.validation.x).length).toBe(0);
        model.dispose();
      },
    );

    test("learns where a class has no patient", async () => {
      const [family, context] = await contextFor();
      const { x, y } = context.train;
      const model = await family.fit({ ...context, train: { x, y: y.map((k) => (k === 1 ? 0 : k)) } });
      expect(model.predictProba(x).every(Number.isFinite)).toBe(true);
    });

    test("predicts the same from its own members alone, and after save and load; the same seed gives the same bytes", async () => {
      const [family, context] = await contextFor({ members: 8 });
      const model = await family.fit(context);
      const { x } = memberTable({ members: 8, seed: 3 });
      const proba = model.predictProba(x);
      const at = model.uses!.map((name) => x.names.indexOf(name));
      const data = Float32Array.from({ length: x.rows * at.length }, (_, i) => {
        return x.data[Math.floor(i / at.length) * x.cols + at[i % at.length]!]!;
      });
      expect(model.predictProba({ rows: x.rows, cols: at.length, names: model.uses!, data })).toEqual(proba);
      expect((await family.load(model.save())).predictProba(x)).toEqual(proba);
      const again = await family.fit(context);
      expect(Buffer.from(again.save()["model.bin"]!)).toEqual(Buffer.from(model.save()["model.bin"]!));
    });

    test("does not change its input", async () => {
      const [family, context] = await contextFor();
      const before = structuredClone(context.train);
      (await family.fit(context)).dispose();
      expect(context.train).toEqual(before);
    });

    test("refuses what is no table of probabilities, missing values by column, and other members", async () => {
      const [family, context] = await contextFor();
      const { x, y } = context.train;
      const learn = (data: Float32Array, cols = x.cols) =>
        family.fit({ ...context, train: { x: { ...x, cols, names: x.names.slice(0, cols), data }, y } });
      await expect(learn(x.data.slice(0, x.rows * 4), 4)).rejects.toBeInstanceOf(UserError);
      const holes = x.data.map((v, i) => (i === 4 ? Number.NaN : v));
      await expect(learn(holes)).rejects.toMatchObject({ where: expect.stringContaining(x.names[4]!) });
      const model = await family.fit(context);
      expect(() => model.predictProba({ ...x, names: x.names.map((n) => `other ${n}`) })).toThrow("columns");
    });

    test("rejects with the signal's reason when aborted", async () => {
      const [family, context] = await contextFor();
      const reason = new Error("enough");
      await expect(family.fit({ ...context, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}
