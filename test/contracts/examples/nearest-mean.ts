import { z } from "zod";
import type { Family, FittedModel } from "../../../src/core/family.ts";
import { pack, unpack } from "../../../src/core/formats/container.ts";
import { checkColumns, checkContext, fileOf } from "../../../src/families/_shared.ts";

const Params = z.strictObject({
  width: z.number().positive().default(1).describe("Standard deviation of each class around its mean"),
});

const State = z.object({
  columns: z.array(z.string()),
  width: z.number(),
  /** [classes] */
  prior: z.instanceof(Float64Array),
  /** [classes × columns] */
  means: z.instanceof(Float64Array),
});

/** Classes as balls of equal width around their means: the nearer the mean, the likelier the class. */
export const family: Family<z.infer<typeof Params>> = {
  id: "nearest-mean",
  title: "Nearest mean",
  description: "The class whose mean patient is nearest",
  params: Params,
  engines: [],
  acceptsMissing: false,

  async fit(context) {
    checkContext(context, family);
    const { x, y, weights } = context.train;
    const prior = new Float64Array(context.classes);
    const means = new Float64Array(context.classes * x.cols);
    y.forEach((k, i) => {
      const weight = weights?.[i] ?? 1;
      prior[k] += weight;
      for (let j = 0; j < x.cols; j++) means[k * x.cols + j] += weight * x.data[i * x.cols + j];
    });
    means.forEach((sum, at) => {
      means[at] = sum / prior[Math.floor(at / x.cols)];
    });
    return model({ columns: [...x.names], width: context.params.width, prior, means });
  },

  async load(files) {
    return model(State.parse(unpack(fileOf(files, "model.bin"))));
  },
};

function model(state: z.infer<typeof State>): FittedModel {
  const { columns, width, prior, means } = state;
  return {
    predictProba(x) {
      checkColumns(x, columns);
      const proba = new Float32Array(x.rows * prior.length);
      for (let i = 0; i < x.rows; i++) {
        const logs = prior.map((weight, k) => {
          let squares = 0;
          for (let j = 0; j < x.cols; j++) squares += ((x.data[i * x.cols + j] - means[k * x.cols + j]) / width) ** 2;
          return Math.log(weight) - squares / 2;
        });
        const most = Math.max(...logs);
        const odds = logs.map((log) => Math.exp(log - most));
        const sum = odds.reduce((a, b) => a + b, 0);
        proba.set(
          odds.map((odd) => odd / sum),
          i * prior.length,
        );
      }
      return proba;
    },
    save: () => ({ "model.bin": pack(state) }),
    dispose() {},
  };
}
