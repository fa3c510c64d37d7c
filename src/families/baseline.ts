import { z } from "zod";
import { pack, unpack } from "../core/container.ts";
import type { Family, FittedModel } from "../core/family.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";

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
    const prior = new Float64Array(classes);
    train.y.forEach((k, i) => {
      prior[k] = (prior[k] as number) + (train.weights?.[i] ?? 1);
    });
    const total = prior.reduce((a, b) => a + b, 0);
    return model({ columns: train.x.names, prior: prior.map((count) => count / total) });
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
    save: () => ({ "model.bin": pack(state) }),
    dispose() {},
  };
}
