import { z } from "zod";
import type { Family, FittedModel } from "../core/family.ts";
import { loadXgboost, type XgboostBooster } from "../engines/xgboost.ts";
import { boost, bothClasses, earlyStopping, share } from "./_boosting.ts";
import { checkColumns, checkContext, decodeFacts, encodeFacts, fileOf, type ModelFacts } from "./_shared.ts";

const params = z.strictObject({
  n_estimators: z.int().min(1).max(100_000).default(100).describe("Most boosting rounds"),
  learning_rate: share.default(0.3).describe("Shrinks the step of each round"),
  max_depth: z.int().min(0).max(64).default(6).describe("Greatest depth of a tree; 0: no limit"),
  max_leaves: z.int().min(0).default(0).describe("Most leaves of a tree; 0: no limit"),
  min_child_weight: z.number().min(0).default(1).describe("Least sum of hessians in a leaf"),
  subsample: share.default(1).describe("Share of the rows drawn for each round"),
  colsample_bytree: share.default(1).describe("Share of the columns drawn for each tree"),
  colsample_bylevel: share.default(1).describe("Share of the tree's columns drawn for each depth"),
  colsample_bynode: share.default(1).describe("Share of the depth's columns drawn for each split"),
  reg_lambda: z.number().min(0).default(1).describe("L2 penalty on leaf values"),
  reg_alpha: z.number().min(0).default(0).describe("L1 penalty on leaf values"),
  gamma: z.number().min(0).default(0).describe("Least loss reduction of a split"),
  max_bin: z.int().min(2).max(65_535).default(256).describe("Most bins of a column"),
  early_stopping_rounds: earlyStopping,
});

/** XGBoost's own library: predictions are those of the Python package with the same params. */
export const family: Family<z.infer<typeof params>> = {
  id: "xgboost",
  title: "XGBoost",
  description: "Gradient-boosted trees by XGBoost, stopped early on the validation rows",
  params,
  engines: ["xgboost"],
  acceptsMissing: true,
  async fit(context) {
    checkContext(context, family);
    const { train, validation, classes, seed, threads, onRound } = context;
    const { n_estimators, early_stopping_rounds, ...rest } = context.params;
    const xgboost = await loadXgboost();
    const rows = xgboost.dmatrix(train.x, { ...train, threads });
    const validationRows =
      validation.x.rows > 0 ? xgboost.dmatrix(validation.x, { ...validation, threads }) : undefined;
    const watched = [validationRows, onRound && rows].filter((matrix) => matrix !== undefined);
    const objective: Record<string, string> =
      classes === 2
        ? { objective: "binary:logistic", eval_metric: "logloss" }
        : { objective: "multi:softprob", eval_metric: "mlogloss", num_class: String(classes) };
    const booster = xgboost.booster(
      { ...rest, ...objective, tree_method: "hist", seed, nthread: threads, verbosity: 0 },
      [rows, ...watched],
    );
    try {
      let losses: readonly number[] = [];
      const { trained, best } = await boost({
        context,
        limit: n_estimators,
        patience: early_stopping_rounds,
        update(round) {
          booster.update(round, rows);
          losses = booster.evaluate(round, watched);
          return true;
        },
        validationLoss: () => losses[0] as number,
        trainLoss: () => losses.at(-1) as number,
      });
      const facts = { columns: train.x.names, classes, rounds: best };
      if (best === trained) return model(booster, facts);
      const first = booster.slice(best);
      booster.dispose();
      return model(first, facts);
    } catch (error) {
      booster.dispose();
      throw error;
    }
  },
  async load(files) {
    const xgboost = await loadXgboost();
    return model(xgboost.load(fileOf(files, "model.ubj"), 1), decodeFacts(files));
  },
};

function model(booster: XgboostBooster, facts: ModelFacts): FittedModel {
  return {
    predictProba(x) {
      checkColumns(x, facts.columns);
      const output = booster.predict(x);
      return facts.classes === 2 ? bothClasses(output) : output;
    },
    save: () => ({ "model.ubj": booster.save(), "facts.json": encodeFacts(facts) }),
    importances: { kind: "total gain", values: booster.totalGain(facts.columns.length) },
    rounds: facts.rounds,
    dispose: () => booster.dispose(),
  };
}
