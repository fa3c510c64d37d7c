import { beforeAll, describe, expect, test } from "vitest";
import type { Matrix } from "../../src/core/dataset.ts";
import { UserError } from "../../src/core/errors.ts";
import { createRng } from "../../src/core/rng.ts";
import { batchOf, planColumns, tokenise } from "../../src/families/transformer/tokens.ts";
import { createNetwork } from "../../src/families/transformer/train.ts";
import { family } from "../../src/families/transformer.ts";
import { contextFor, table } from "../contracts/family.contract.ts";
import { bothBackends, describeFitting, expectAlike } from "./_neural.ts";

beforeAll(bothBackends);

/** Two symptoms (one of them scaled), a lab with its indicator, a lab without, a constant. */
const NAMES = ["fever", "cough", "lab", "lab__missing", "other", "constant"];
const PATIENTS: Matrix = {
  rows: 4,
  cols: 6,
  names: NAMES,
  data: Float32Array.of(
    ...[1, -0.5, 3, 0, 7, 2],
    ...[0, 1.5, 5, 0, 9, 2],
    ...[0, -0.5, 4, 1, Number.NaN, 2],
    ...[1, 1.5, 4, 1, 8, 2],
  ),
};

describe("the tokens of a patient", () => {
  test("are symptoms that are present, and labs that were measured", () => {
    const { starts, columns, values } = tokenise(planColumns(PATIENTS), PATIENTS);
    const named = Array.from({ length: 4 }, (_, i) =>
      [...columns.subarray(starts[i], starts[i + 1])].map((j) => NAMES[j]),
    );
    expect(named).toEqual([
      ["fever", "lab", "other"],
      ["cough", "lab", "other"],
      ["lab__missing"],
      ["fever", "cough", "lab__missing", "other"],
    ]);
    expect(values[0]).toBe(0); // a symptom has no value
    expect(values[1]).toBeCloseTo(-1 / Math.sqrt(0.5), 6); // 3, of 3, 5, 4, 4
  });

  test("come after the patient's own in a batch, which leaves some out where it is told to", () => {
    const plan = planColumns(PATIENTS);
    const tokens = tokenise(plan, PATIENTS);
    const { starts, base, slope } = batchOf(plan, tokens, Int32Array.of(3, 0));
    expect([...starts]).toEqual([0, 5, 9]);
    expect([...base]).toEqual([0, 1, 2, 4, 5, 0, 1, 3, 5]);
    expect([...slope].map((row) => row >= 0)).toEqual([false, false, false, false, true, false, false, true, true]);
    const many = Int32Array.from({ length: 1000 }, () => 3);
    const left = batchOf(plan, tokens, many, 0.25, createRng(1)).base.length;
    expect(left).toBeGreaterThan(1000 + 4000 * 0.72);
    expect(left).toBeLessThan(1000 + 4000 * 0.78);
  });

  test("a missing lab is no token, whatever it was filled with", async () => {
    const { x, y } = table();
    const names = ["a", "b", "c", "a__missing"];
    const mark = (fill: number): Matrix => {
      const data = x.data.slice();
      for (let i = 0; i < x.rows; i++) {
        data[i * 4 + 3] = Number(i % 4 === 0);
        if (i % 4 === 0) data[i * 4] = fill;
      }
      return { ...x, names, data };
    };
    const [one, other] = [mark(1), mark(1.5)];
    const plan = planColumns(one);
    expect(tokenise(plan, one)).toEqual(tokenise(plan, other));
    const train = { x: one, y };
    const model = await family.fit(contextFor(family, { train, validation: train }));
    const holes = mark(Number.NaN);
    expect(model.predictProba(holes).every(Number.isFinite)).toBe(true);
    model.dispose();
  });
});

describe("the network", () => {
  test("learns alike on openblas and on tfjs's cpu backend", async () => {
    const train = table({ rows: 15 });
    const plan = planColumns(train.x);
    const shape = { dim: 4, heads: 2, layers: 2, classes: 3, columns: 4, entries: plan.entries };
    await expectAlike((tensors) => {
      const network = createNetwork(tensors, {
        train,
        weights: undefined,
        shape,
        plan,
        tokens: tokenise(plan, train.x),
        dropout: 0.2,
        tokenDropout: 0.2,
        weightDecay: 0.01,
        gamma: 0,
        rng: createRng(5),
      });
      const rows = Int32Array.from({ length: 15 }, (_, i) => i);
      const losses = Array.from({ length: 3 }, () => network.step(rows, 0.01).loss);
      network.dispose();
      return losses;
    });
  });

  test("finds a pair of symptoms that only together mean a disease", async () => {
    const rng = createRng(3);
    const [rows, cols] = [200, 4];
    const data = Float32Array.from({ length: rows * cols }, () => rng.int(2));
    const y = Int32Array.from({ length: rows }, (_, i) => data[i * cols]! ^ data[i * cols + 1]!);
    const x = { rows, cols, names: ["a", "b", "c", "d"], data };
    const part = { x, y };
    const params = family.params.parse({ learning_rate: 0.01, token_dropout: 0 });
    const model = await family.fit(contextFor(family, { train: part, validation: part, classes: 2, params }));
    const proba = model.predictProba(x);
    const hits = y.filter((k, i) => proba[2 * i + k]! > 0.5).length;
    expect(hits / rows).toBeGreaterThan(0.98); // the linear part alone would guess
    model.dispose();
  });

  test("predicts the same in chunks", async () => {
    const model = await family.fit(contextFor(family));
    const { x } = table({ rows: 700 });
    const all = model.predictProba(x);
    const last = model.predictProba({ ...x, rows: 100, data: x.data.subarray(600 * x.cols) });
    last.forEach((p, i) => {
      expect(all[600 * 3 + i]).toBeCloseTo(p, 6);
    });
  });
});

describeFitting(family, { unstable: { dropout: 0 }, quick: { epochs: 20 } });

test("refuses patients of more tokens than a step has memory for", async () => {
  const params = family.params.parse({ batch_size: 4000, heads: 32 });
  const rows = 4000;
  const error = await family.fit(contextFor(family, { params }, { rows, cols: 80 })).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ where: expect.stringContaining("80") });
});

test("refuses a dim that its heads do not divide", () => {
  expect(family.params.safeParse({ dim: 30 }).error?.message).toContain("must be a multiple of heads");
});
