import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import type { Family, FittedModel } from "../core/family.ts";
import { loadXgboost, type XgboostBooster } from "../engines/xgboost.ts";
import { boost, boostedContributions, bothClasses, earlyStopping, share } from "./_boosting.ts";
import { marginsToProba, type OnnxTree, treeSums } from "./_onnx.ts";
import { checkColumns, checkContext, decodeFacts, encodeFacts, fileOf, type ModelFacts } from "./_shared.ts";
import { softmaxRows, treeWalker } from "./forest/walk.ts";

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
    const file = fileOf(files, "model.ubj");
    return model(xgboost.load(file, 1), { ...decodeFacts(files), isQuick: file.length <= QUICK_BYTES });
  },
};

/** Rows for which our own walk over the trees is quicker than the library: one of 600 trees in 20 µs against 150. */
const QUICK_ROWS = 16;
/** Of a model that is written as JSON and read again for it: 100 ms. */
const QUICK_BYTES = 4 << 20;

/** @param facts.isQuick whether a few rows are to be predicted quickly, as a service does: the library's numbers but for the last digit */
function model(booster: XgboostBooster, facts: ModelFacts & { readonly isQuick?: boolean }): FittedModel {
  const outputs = facts.classes === 2 ? 1 : facts.classes;
  let walk: ((x: Matrix) => Float32Array) | undefined;
  const walker = (): ((x: Matrix) => Float32Array) => {
    const { trees, base } = treesOf(booster.save("json"));
    const sums = treeWalker({ trees, outputs, base: marginsOf(base, outputs) });
    return (x) => (outputs === 1 ? sums(x).map((sum) => 1 / (1 + Math.exp(-sum))) : softmaxRows(sums(x), outputs));
  };
  return {
    predictProba(x) {
      checkColumns(x, facts.columns);
      if (facts.isQuick === true && x.rows <= QUICK_ROWS) {
        walk ??= walker();
        return facts.classes === 2 ? bothClasses(walk(x)) : walk(x);
      }
      const output = booster.predict(x);
      return facts.classes === 2 ? bothClasses(output) : output;
    },
    contributions(x) {
      checkColumns(x, facts.columns);
      return boostedContributions(booster.contributions(x), x.cols);
    },
    toOnnx(graph, x) {
      const { trees, base } = treesOf(booster.save("json"));
      const margins = treeSums(graph, x, {
        trees,
        outputs,
        mode: "BRANCH_LT",
        precision: "float",
        base: marginsOf(base, outputs),
      });
      return marginsToProba(graph, margins, facts.classes);
    },
    save: () => ({ "model.ubj": booster.save(), "facts.json": encodeFacts(facts) }),
    importances: { kind: "total gain", values: booster.totalGain(facts.columns.length) },
    rounds: facts.rounds,
    dispose: () => booster.dispose(),
  };
}

/** What the sums begin with: of two classes, the file has a probability. */
const marginsOf = (base: readonly number[], outputs: number): readonly number[] =>
  outputs === 1 ? base.map((p) => Math.log(p / (1 - p))) : base;

/** Of XGBoost's JSON (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html), what decides predictions. */
const Model = z.object({
  learner: z.object({
    learner_model_param: z.object({ base_score: z.string() }),
    gradient_booster: z.object({
      model: z.object({
        tree_info: z.array(z.int()),
        trees: z.array(
          z.object({
            split_indices: z.array(z.int()),
            split_conditions: z.array(z.number()),
            left_children: z.array(z.int()),
            right_children: z.array(z.int()),
            default_left: z.array(z.int()),
          }),
        ),
      }),
    }),
  }),
});

/** Trees, and the score that each output begins with (a probability where there are two classes). */
function treesOf(json: Uint8Array): { trees: OnnxTree[]; base: number[] } {
  const { learner } = Model.parse(JSON.parse(new TextDecoder().decode(json)));
  const { trees, tree_info } = learner.gradient_booster.model;
  return {
    // "[5E-1,2E-1]"
    base: learner.learner_model_param.base_score.replace(/[[\]]/g, "").split(",").map(Number),
    trees: trees.map((tree, t) => ({
      feature: tree.split_indices.map((feature, node) => (tree.left_children[node]! < 0 ? -1 : feature)),
      threshold: tree.split_conditions,
      left: tree.left_children,
      right: tree.right_children,
      missingLeft: (node) => tree.default_left[node] === 1,
      leaf: (node, add) => add(tree_info[t]!, tree.split_conditions[node]!),
    })),
  };
}
