import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Matrix } from "../../src/core/dataset.ts";
import type { LabelledMatrix } from "../../src/core/family.ts";
import { unpack } from "../../src/core/formats/container.ts";
import { loadOpenblas } from "../../src/engines/openblas.ts";
import { families } from "../../src/families/index.ts";
import { createBasis } from "../../src/families/svm/basis.ts";
import { type PairModel, pairDecisions, type RestModel } from "../../src/families/svm/model.ts";
import { dermatology } from "./_python.ts";

/** What test/fixtures/families/linear.py prints. */
const Fixture = z.object({
  cases: z.record(
    z.string(),
    z.object({
      family: z.enum(["logistic", "svm"]),
      table: z.enum(["dermatology", "wide"]),
      params: z.record(z.string(), z.unknown()),
      classes: z.int(),
      weighted: z.boolean(),
      /** Coefficients that are exactly 0. */
      zeros: z.int().nullable(),
      /** [40 × …] probabilities, or decision values of classes or of pairs */
      values: z.array(z.number()),
    }),
  ),
  /** Slope and shift, unweighted and weighted. */
  sigmoids: z.array(z.array(z.number())),
});
export type LinearFixture = z.infer<typeof Fixture>;
export type LinearCase = LinearFixture["cases"][string];

export const parseLinear = (json: string): LinearFixture => Fixture.parse(JSON.parse(json));
export const linearFixture = (): LinearFixture =>
  parseLinear(readFileSync(join(import.meta.dirname, "..", "fixtures", "families", "linear.json"), "utf8"));

/** Fits our family on the same rows, to the end; the same values, and how many coefficients are 0. */
export async function fitLikeSklearn({ family: id, table, params, classes, weighted }: LinearCase) {
  const family = await families[id]!();
  const { train, asked } = table === "wide" ? wide() : split(classes);
  const count = (k: number): number => train.y.filter((code) => code === k).length;
  const weights = Float32Array.from(train.y, (k) => train.y.length / (classes * count(k)));
  const model = await family.fit({
    train: weighted ? { ...train, weights } : train,
    validation: train,
    classes,
    params: family.params.parse({ tol: params.kernel === "rbf" ? 1e-5 : 1e-7, max_iter: 20_000, ...params }),
    seed: 7,
    threads: 1,
    signal: new AbortController().signal,
  });
  const saved = unpack(model.save()["model.bin"]!) as { coefficients?: Float32Array; machines?: RestModel | PairModel };
  const zeros = saved.coefficients?.filter((w) => w === 0).length;
  const values = saved.machines ? await decisions(saved.machines, asked) : model.predictProba(asked);
  return { values, zeros, notices: model.notices };
}

/** Decision values of classes, or of pairs (0, 1), (0, 2), … */
async function decisions(machines: RestModel | PairModel, x: Matrix): Promise<number[]> {
  const blas = await loadOpenblas();
  const all: number[] = [];
  if (machines.kind === "pairs") {
    const classes = machines.counts.length;
    pairDecisions(blas, machines, x, (_, z) => {
      for (let i = 0; i < classes; i++) all.push(...z.subarray(i * classes + i + 1, (i + 1) * classes));
    });
    return all;
  }
  const { intercepts, coefficients, basis } = machines;
  const values = createBasis(blas, basis)(x, 0, x.rows);
  for (let i = 0; i < x.rows; i++) {
    intercepts.forEach((intercept, k) => {
      let sum = intercept;
      for (let j = 0; j < x.cols; j++) sum += values[i * x.cols + j]! * coefficients[k * x.cols + j]!;
      all.push(sum);
    });
  }
  return all;
}

function matrix(data: Float32Array, cols: number): Matrix {
  return { rows: data.length / cols, cols, names: Array.from({ length: cols }, (_, j) => `c${j}`), data };
}

function split(classes: number): { train: LabelledMatrix; asked: Matrix } {
  const { data, y, cols, rows } = dermatology(false, classes, undefined);
  const part = (validation: boolean) => {
    const chosen = Array.from({ length: rows }, (_, i) => i).filter((i) => (i % 3 === 2) === validation);
    const values = Float32Array.from(chosen.flatMap((i) => [...data.subarray(i * cols, (i + 1) * cols)]));
    return { x: matrix(values, cols), y: Int32Array.from(chosen, (i) => y[i]!) };
  };
  const asked = part(true).x.data.subarray(0, 40 * cols);
  return { train: part(false), asked: matrix(asked, cols) };
}

/** 60 patients with 300 columns. */
function wide(): { train: LabelledMatrix; asked: Matrix } {
  const [rows, cols] = [60, 300];
  const data = Float32Array.from(
    { length: rows * cols },
    (_, at) => Math.floor(Math.sin((Math.floor(at / cols) + 1) * ((at % cols) + 3) * 0.7) * 512) / 256,
  );
  const y = Int32Array.from({ length: rows }, (_, i) => {
    const first = [...data.subarray(i * cols, i * cols + 3)];
    return first.indexOf(Math.max(...first));
  });
  return {
    train: { x: matrix(data, cols), y },
    asked: matrix(
      data.subarray(0, 40 * cols).map((v) => v / 2),
      cols,
    ),
  };
}
