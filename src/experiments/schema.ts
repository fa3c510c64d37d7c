import { z } from "zod";

const name = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,99}$/u,
    "letters, digits, space, _ . - only, at most 100, a letter or digit first",
  );

export const columnSchema = z.strictObject({
  role: z
    .enum(["feature", "ignore", "extra"])
    .default("feature")
    .describe("feature: the model sees it; extra: kept for reports only; ignore: not read"),
  type: z
    .enum(["numeric", "boolean", "categorical", "multilabel"])
    .optional()
    .describe("Inferred when absent (`disease exp plan` shows what was inferred)"),
  separator: z.string().min(1).max(3).optional().describe("Between the labels of a multilabel column, e.g. |"),
});

const fraction = z.number().gt(0).lt(1);

/** A list, for which a single value stands too: `--set seeds=3`. */
const orOne = <T extends z.ZodType>(list: T) =>
  z.preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), list);

/** Params that every family takes beside its own. */
export const commonParams = z.strictObject({
  class_weight: z
    .enum(["none", "balanced"])
    .default("none")
    .describe("balanced: rows weigh rows / (classes × rows of their class), as in scikit-learn"),
  resample: z
    .enum(["none", "oversample", "smote"])
    .default("none")
    .describe(
      "Training rows of each class until it is as large as the largest: drawn again (oversample), or made up between neighbours (smote: SMOTE-NC), as in imbalanced-learn",
    ),
  calibrate: z
    .enum(["none", "temperature", "isotonic"])
    .default("none")
    .describe("How probabilities are calibrated on the validation rows; metrics are out of fold"),
  prior: z
    .union([z.enum(["none", "balanced", "natural"]), z.record(z.string(), z.number().gt(0).lt(1))])
    .default("none")
    .describe(
      "How common the classes are among the patients that the model is for: natural (as in the training data, after class_weight or resample), balanced, or {class: share}",
    ),
  preparation: z.string().describe("Which of `preparations` to use; all of them when absent"),
});

const when = z
  .record(z.string(), z.unknown())
  .optional()
  .describe("Only where these keys of the same family have this value, or one of a list of values");

/** In the place of a hyper-parameter's value: what a search may choose from. */
export const choiceSchema = z.strictObject({ choice: z.array(z.unknown()).min(1).describe("One of these"), when });
export const rangeSchema = z.strictObject({
  low: z.number().describe("Least value"),
  high: z.number().describe("Greatest value"),
  log: z.boolean().default(false).describe("Equal ratios are alike, not equal differences"),
  int: z.boolean().default(false).describe("Whole numbers only"),
  step: z.number().gt(0).optional().describe("Values are low, low + step, …"),
  when,
});

export const searchSchema = z.strictObject({
  strategy: z.string().optional().describe("How points are chosen; tpe where there are ranges, else grid"),
  trials: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe("Points at most, each run once a repeat; 50 for random and tpe without a time"),
  time: z
    .preprocess((value) => (typeof value === "number" ? String(value) : value), z.string())
    .optional()
    .describe("No trial starts later than this: 90s, 30m, 1h30m"),
  until: z
    .string()
    .optional()
    .describe("Ends when the mean of a point's repeats reaches it, e.g. f1_macro>=0.8 or log_loss<=0.4"),
  seed: z.int().default(7).describe("Decides what is drawn at random"),
  startup: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe("Points that tpe draws at random before it looks at results"),
  pruner: z
    .preprocess(
      (value) => (typeof value === "string" ? { kind: value } : value),
      z.strictObject({
        kind: z.string().default("asha").describe("What stops trials early that do badly; none: nothing does"),
        reduction: z.int().min(2).max(100).default(3).describe("asha: one in so many goes on at a rung"),
        min_rounds: z.int().min(1).default(9).describe("Rounds before the first look"),
      }),
    )
    .optional(),
});

const tableFields = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "CSV, TSV or Parquet file (.gz too), relative to the project folder; or a table of the lake: lake://NAME@v2, of lake://NAME the newest",
    ),
  target: z
    .string()
    .min(1)
    .optional()
    .describe("Column that holds the disease; of a learning table that of its declaration when absent"),
  group: z.string().min(1).optional().describe("Column of the patient or publication: a group never crosses the split"),
  columns: z.record(z.string(), columnSchema).default({}).describe("Role and type by column name"),
  missing: orOne(z.array(z.string())).optional().describe("Texts that mean a missing value, beside the empty cell"),
  delimiter: z.string().length(1).optional().describe("Found by itself when absent"),
  orphans: z
    .union([z.array(z.string()), z.strictObject({ max_rows: z.int().min(1) })])
    .default([])
    .describe("Orphan (rare) classes: their names, or all classes with at most max_rows rows"),
});

const tableData = tableFields.refine(({ path, target }) => target !== undefined || path.startsWith("lake://"), {
  path: ["target"],
  message: "name the column that holds the disease",
});

const caseData = z.strictObject({
  cases: z
    .string()
    .min(1)
    .describe(
      "Solved cases as GA4GH phenopackets: one .json, a .zip or a folder of them, relative to the project folder",
    ),
  knowledge: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the knowledge base; data/knowledge, else the excerpt that ships, when absent"),
  candidates: z.enum(["omim", "orpha", "both"]).default("omim").describe("Which diseases can be an answer"),
});

export const experimentSchema = z.strictObject({
  name: name.optional().describe("Name of the MLflow experiment; the file's name when absent"),
  description: z.string().optional(),
  data: tableData,
  split: z
    .strictObject({
      train: fraction.default(0.7),
      validation: fraction.default(0.2),
      test: fraction.default(0.1),
      seed: z
        .int()
        .default(7)
        .describe("Decides the test rows, and nothing else does: they are the same for all seeds"),
      stratify: z.boolean().default(true),
      duplicates: z
        .enum(["together", "drop", "allow"])
        .default("together")
        .describe("Identical rows: on one side of the split, only the first kept, or as they fall"),
      unseen: z
        .enum(["orphans"])
        .optional()
        .describe(
          "orphans: the classes of data.orphans are drawn as one, so that some have no row in train, for families that know them otherwise (combined); absent: every class is in train",
        ),
      folds: z
        .int()
        .min(2)
        .max(50)
        .optional()
        .describe("Cross-validation: what is not test in so many folds, each validation once; `seeds` are its repeats"),
      file: z
        .string()
        .optional()
        .describe('Given splits instead: JSON {"SEED": {"validation": [row, …], "test": [row, …]}}, rows from 0'),
    })
    .prefault({}),
  seeds: orOne(z.array(z.int()).min(1).max(100))
    .default([1])
    .describe("One repeat each: train/validation draw and model seed; 1 when absent"),
  preparations: z
    .record(name, z.array(z.union([z.string(), z.record(z.string(), z.unknown())])))
    .optional()
    .describe("By name: a list of steps, each a step's name or {name: {params}}"),
  families: z
    .record(z.string(), z.unknown())
    .refine((f) => Object.keys(f).length > 0, "at least one family")
    .describe(
      "By family: a grid (a list where a hyper-parameter takes several values, or a range), or a list of grids",
    ),
  search: searchSchema.optional(),
  rank: z
    .strictObject({
      metric: z.string().default("f1_macro").describe("Validation metric that orders the leaderboard"),
    })
    .prefault({}),
  bootstrap: z
    .strictObject({
      resamples: z.int().min(100).max(100_000).default(1000),
      level: z.number().gt(0.5).lt(1).default(0.95),
    })
    .prefault({}),
  jobs: z.int().min(1).max(1024).optional().describe("Trials at once; one a core when absent"),
  charts: z.enum(["all", "none"]).default("all").describe("Charts (SVG and PNG) of every trial, or of none"),
});

/** The same for cases in place of a table: diseases are ranked for each, and publications are held together. */
export const caseExperimentSchema = experimentSchema.omit({ preparations: true, charts: true }).extend({
  data: caseData,
  split: experimentSchema.shape.split.unwrap().omit({ stratify: true, duplicates: true, unseen: true }).prefault({}),
  rank: z
    .strictObject({
      metric: z.string().default("top10").describe("Validation metric that orders the leaderboard"),
    })
    .prefault({}),
});

export type TableConfig = z.infer<typeof experimentSchema>;
export type CaseConfig = z.infer<typeof caseExperimentSchema>;
export type ExperimentConfig = TableConfig | CaseConfig;

/** Whether an experiment file is about cases: by what it says, before it was checked. */
export function namesCases(value: unknown): boolean {
  const data = (value as { data?: unknown } | null)?.data;
  return typeof data === "object" && data !== null && "cases" in data;
}

export const isCaseConfig = (config: ExperimentConfig): config is CaseConfig => namesCases(config);

/** The schema that an experiment file is held to. */
export const schemaOf = (value: unknown): typeof experimentSchema | typeof caseExperimentSchema =>
  namesCases(value) ? caseExperimentSchema : experimentSchema;

/** Params that every way of ranking takes beside its own. */
export const rankingParams = z.strictObject({
  evidence: z
    .enum(["all", "hpoa"])
    .default("all")
    .describe("all: Orphanet and the diseases' names add to HPOA; hpoa: HPOA alone"),
});

export type ColumnConfig = z.infer<typeof columnSchema>;

/** Used where a file names no preparation. */
export const DEFAULT_PREPARATIONS: Readonly<Record<string, readonly string[]>> = {
  standard: ["impute", "scale", "encode"],
};
