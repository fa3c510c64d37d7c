/** Forests of our own trees (`_tree.ts`): what random forests and extremely randomised trees share. */
import { z } from "zod";
import type { Family, FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { ONNX_TYPES } from "../core/onnx.ts";
import { createRng, type Rng } from "../core/rng.ts";
import { createMatrixCache } from "../engines/native.ts";
import { type BinnedColumns, binColumns } from "./_bins.ts";
import { createPacer, share } from "./_boosting.ts";
import { type OnnxTree, treeSums } from "./_onnx.ts";
import { checkColumns, checkContext, fileOf } from "./_shared.ts";
import { addTree, createTreeGrower, type Tree, type TreeOptions } from "./_tree.ts";
import { forestContributions } from "./forest/contributions.ts";

/** @param bootstrap whether each tree draws its rows where nothing is said */
const paramsOf = (bootstrap: boolean) =>
  z.strictObject({
    n_estimators: z.int().min(1).max(100_000).default(100).describe("Number of trees"),
    max_depth: z.int().min(1).nullable().default(null).describe("Greatest depth of a tree; null: no limit"),
    max_features: z
      .union([z.enum(["sqrt", "log2"]), z.number().gt(0)])
      .default("sqrt")
      .describe("Columns looked at for each split: sqrt, log2, a share (up to 1) or a number (above 1)"),
    min_samples_split: z.int().min(2).default(2).describe("Least rows of a node that is split"),
    min_samples_leaf: z.int().min(1).default(1).describe("Least rows in a leaf"),
    bootstrap: z.boolean().default(bootstrap).describe("Whether each tree draws its rows with replacement"),
    max_samples: share.default(1).describe("Rows drawn for each tree, as a share of all (with bootstrap)"),
  });
type Params = z.infer<ReturnType<typeof paramsOf>>;

/** Trials on the same matrix share its bins. */
const bins = createMatrixCache<BinnedColumns>(1);

interface State {
  readonly columns: readonly string[];
  readonly classes: number;
  readonly trees: readonly Tree[];
  /** [columns] */
  readonly importances: Float64Array;
}

interface Kind {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly bootstrap: boolean;
  readonly threshold: TreeOptions["threshold"];
}

/** A family of forests: the mean of the class shares in the leaves of its trees. */
export function forestFamily({ bootstrap, threshold, ...kind }: Kind): Family<Params> {
  const params = paramsOf(bootstrap);
  const family: Family<Params> = {
    ...kind,
    params,
    engines: [],
    acceptsMissing: false,
    async fit(context) {
      checkContext(context, family);
      const { train, classes, seed, signal, params } = context;
      const { rows, cols, names } = train.x;
      const grower = createTreeGrower(
        bins(train.x, [], () => binColumns(train.x)),
        train.y,
        {
          classes,
          maxFeatures: featuresOf(params.max_features, cols),
          maxDepth: params.max_depth ?? Number.POSITIVE_INFINITY,
          minSamplesSplit: params.min_samples_split,
          minSamplesLeaf: params.min_samples_leaf,
          threshold,
        },
      );
      const pace = createPacer(signal);
      const trees: Tree[] = [];
      const importances = new Float64Array(cols);
      for (let t = 0; t < params.n_estimators; t++) {
        await pace();
        const rng = createRng(seed * 1_000_003 + t);
        const { chosen, weights } = draw(rows, params, rng, train.weights);
        const gains = new Float64Array(cols);
        trees.push(grower.grow(chosen, weights, rng, gains));
        const total = gains.reduce((a, b) => a + b, 0);
        if (total > 0) for (let j = 0; j < cols; j++) importances[j]! += gains[j]! / total / params.n_estimators;
      }
      return model({ columns: names, classes, trees, importances });
    },
    async load(files) {
      return model(unpack(fileOf(files, "model.bin")) as State);
    },
  };
  return family;
}

/** Rows of one tree, ascending, with their weights: how often each was drawn times its own. */
function draw(rows: number, params: Params, rng: Rng, rowWeights: Float32Array | undefined) {
  const counts = new Uint32Array(rows);
  const draws = params.bootstrap ? Math.max(1, Math.round(params.max_samples * rows)) : 0;
  for (let i = 0; i < draws; i++) counts[rng.int(rows)]!++;
  const chosen = new Int32Array(rows);
  const weights = new Float64Array(rows);
  let n = 0;
  for (let row = 0; row < rows; row++) {
    const count = params.bootstrap ? counts[row]! : 1;
    if (count === 0) continue;
    chosen[n] = row;
    weights[n++] = count * (rowWeights?.[row] ?? 1);
  }
  return { chosen: chosen.subarray(0, n), weights: weights.subarray(0, n) };
}

function featuresOf(setting: Params["max_features"], cols: number): number {
  const wanted =
    setting === "sqrt"
      ? Math.sqrt(cols)
      : setting === "log2"
        ? Math.log2(cols)
        : setting <= 1
          ? setting * cols
          : setting;
  return Math.min(cols, Math.max(1, Math.floor(wanted)));
}

function model(state: State): FittedModel {
  const { columns, classes, trees, importances } = state;
  return {
    predictProba(x) {
      checkColumns(x, columns);
      const sums = new Float64Array(x.rows * classes);
      for (const tree of trees) addTree(tree, x, sums);
      return Float32Array.from(sums, (sum) => sum / trees.length);
    },
    contributions(x, { typical }) {
      checkColumns(x, columns);
      return forestContributions(trees, classes, x.data, typical);
    },
    toOnnx(graph, x) {
      return treeSums(graph, graph.apply("Cast", [x], { to: ONNX_TYPES.double }), {
        trees: trees.map((tree) => onnxTree(tree, trees.length)),
        outputs: classes,
        mode: "BRANCH_LEQ",
        precision: "double",
      });
    },
    save: () => ({ "model.bin": pack(state) }),
    importances: { kind: "mean decrease of impurity", values: importances },
    dispose() {},
  };
}

/** A tree whose leaves hold their part of the mean over all trees. */
function onnxTree({ feature, threshold, right, leafStart, leafClass, leafShare }: Tree, trees: number): OnnxTree {
  return {
    feature,
    threshold,
    left: feature.map((_, node) => node + 1),
    right,
    missingLeft: () => false,
    leaf(node, add) {
      for (let e = leafStart[right[node]!]!; e < leafStart[right[node]! + 1]!; e++)
        add(leafClass[e]!, leafShare[e]! / trees);
    },
  };
}
