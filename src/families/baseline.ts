import { z } from "zod";
import type { Family, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { checkColumns, checkContext, classShares, fileOf } from "./_shared.ts";

const params = z.strictObject({});

interface State {
  readonly columns: readonly string[];
  /** [classes] */
  readonly prior: Float64Array;
}

/** Every patient gets the (weighted) class frequencies of the training rows: what a model must beat. */
export const family: Family<z.infer<typeof params>> = {
  id: "baseline",
  title: "Baseline",
  description: "Class frequencies of the training rows, the same for every patient",
  params,
  engines: [],
  acceptsMissing: true,
  async fit(context) {
    checkContext(context, family);
    const { train, classes } = context;
    return model({ columns: train.x.names, prior: classShares(train, classes) });
  },
  async load(files) {
    return model(unpack(fileOf(files, "model.bin")) as State);
  },
};

function model(state: State): FittedModel {
  return {
    predictProba(x) {
      checkColumns(x, state.columns);
      const proba = new Float32Array(x.rows * state.prior.length);
      for (let i = 0; i < x.rows; i++) proba.set(state.prior, i * state.prior.length);
      return proba;
    },
    toOnnx(graph, x) {
      const rows = graph.apply("Shape", [x], { start: 0, end: 1 });
      const shape = graph.apply("Concat", [rows, graph.constant({ dims: [1], data: BigInt64Array.of(1n) })], {
        axis: 0,
      });
      const prior = graph.constant({ dims: [1, state.prior.length], data: Float32Array.from(state.prior) });
      return graph.apply("Expand", [prior, shape]);
    },
    save: () => ({ "model.bin": pack(state) }),
    dispose() {},
  };
}
