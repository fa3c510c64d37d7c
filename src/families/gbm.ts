import { z } from "zod";
import type { Family, FittedModel } from "../core/family.ts";
import { ONNX_TYPES } from "../core/onnx.ts";
import { type LightgbmBooster, loadLightgbm } from "../engines/lightgbm.ts";
import { boost, boostedContributions, bothClasses, earlyStopping, share } from "./_boosting.ts";
import { parseLightgbm } from "./_lightgbm-text.ts";
import { marginsToProba, treeSums } from "./_onnx.ts";
import { checkColumns, checkContext, decodeFacts, encodeFacts, fileOf, type ModelFacts } from "./_shared.ts";

const params = z.strictObject({
  n_estimators: z.int().min(1).max(100_000).default(100).describe("Most boosting rounds"),
  learning_rate: share.default(0.1).describe("Shrinks the step of each round"),
  num_leaves: z.int().min(2).max(131_072).default(31).describe("Most leaves of a tree"),
  max_depth: z.int().min(-1).default(-1).describe("Greatest depth of a tree; -1: no limit"),
  min_child_samples: z.int().min(0).default(20).describe("Least rows in a leaf"),
  min_child_weight: z.number().min(0).default(1e-3).describe("Least sum of hessians in a leaf"),
  min_split_gain: z.number().min(0).default(0).describe("Least loss reduction of a split"),
  subsample: share.default(1).describe("Share of the rows drawn"),
  subsample_freq: z.int().min(0).default(1).describe("Draws rows anew every so many rounds; 0: never draws"),
  colsample_bytree: share.default(1).describe("Share of the columns drawn for each tree"),
  reg_lambda: z.number().min(0).default(0).describe("L2 penalty on leaf values"),
  reg_alpha: z.number().min(0).default(0).describe("L1 penalty on leaf values"),
  max_bin: z.int().min(2).max(65_535).default(255).describe("Most bins of a column"),
  early_stopping_rounds: earlyStopping,
});

/** LightGBM's own library: predictions are those of the Python package with the same params. */
export const family: Family<z.infer<typeof params>> = {
  id: "gbm",
  title: "LightGBM",
  description: "Gradient-boosted trees by LightGBM, stopped early on the validation rows",
  params,
  engines: ["lightgbm"],
  acceptsMissing: true,
  async fit(context) {
    checkContext(context, family);
    const { train, validation, classes, seed, threads } = context;
    const { n_estimators, early_stopping_rounds, max_bin, ...rest } = context.params;
    const lightgbm = await loadLightgbm();
    const common = { num_threads: threads, verbosity: -1, deterministic: true, force_row_wise: true };
    // min_child_samples belongs to the bins: by it LightGBM leaves out columns that could never be split.
    const bins = { ...common, max_bin, min_child_samples: rest.min_child_samples };
    const rows = lightgbm.dataset(train.x, { ...train, params: bins });
    const validationRows =
      validation.x.rows > 0
        ? lightgbm.dataset(validation.x, { ...validation, params: bins, reference: rows })
        : undefined;
    const objective: Record<string, string> =
      classes === 2
        ? { objective: "binary", metric: "binary_logloss" }
        : { objective: "multiclass", metric: "multi_logloss", num_class: String(classes) };
    const booster = lightgbm.booster({ ...rest, ...bins, ...objective, seed }, rows, validationRows);
    try {
      const { best } = await boost({
        context,
        limit: n_estimators,
        patience: early_stopping_rounds,
        update: () => !booster.update(),
        validationLoss: () => booster.evaluate(1),
        trainLoss: () => booster.evaluate(0),
      });
      return model(booster, { columns: train.x.names, classes, rounds: best });
    } catch (error) {
      booster.dispose();
      throw error;
    }
  },
  async load(files) {
    const lightgbm = await loadLightgbm();
    return model(lightgbm.load(fileOf(files, "model.txt")), decodeFacts(files));
  },
};

function model(booster: LightgbmBooster, facts: ModelFacts): FittedModel {
  const { classes, columns, rounds } = facts;
  const outputs = classes === 2 ? 1 : classes;
  return {
    predictProba(x) {
      checkColumns(x, columns);
      const output = booster.predict(x, { outputs, rounds, threads: 1 });
      return classes === 2 ? bothClasses(output) : output;
    },
    contributions(x) {
      checkColumns(x, columns);
      return boostedContributions(booster.contributions(x, { outputs, rounds, threads: 1 }), x.cols);
    },
    toOnnx(graph, x) {
      const margins = treeSums(graph, graph.apply("Cast", [x], { to: ONNX_TYPES.double }), {
        trees: parseLightgbm(new TextDecoder().decode(booster.save(rounds)), outputs),
        outputs,
        mode: "BRANCH_LEQ",
        precision: "double",
      });
      return marginsToProba(graph, margins, classes);
    },
    save: () => ({ "model.txt": booster.save(rounds), "facts.json": encodeFacts(facts) }),
    importances: { kind: "total gain", values: booster.totalGain(columns.length, rounds) },
    rounds,
    dispose: () => booster.dispose(),
  };
}
