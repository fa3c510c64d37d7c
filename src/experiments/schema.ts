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
    .enum(["none", "oversample"])
    .default("none")
    .describe(
      "oversample: training rows of each class are drawn again until it is as large as the largest, as imbalanced-learn's RandomOverSampler",
    ),
  preparation: z.string().describe("Which of `preparations` to use; all of them when absent"),
});

export const experimentSchema = z.strictObject({
  name: name.optional().describe("Name of the MLflow experiment; the file's name when absent"),
  description: z.string().optional(),
  data: z.strictObject({
    path: z.string().min(1).describe("CSV, TSV or Parquet file (.gz too), relative to the project folder"),
    target: z.string().min(1).describe("Column that holds the disease"),
    group: z
      .string()
      .min(1)
      .optional()
      .describe("Column of the patient or publication: a group never crosses the split"),
    columns: z.record(z.string(), columnSchema).default({}).describe("Role and type by column name"),
    missing: orOne(z.array(z.string())).optional().describe("Texts that mean a missing value, beside the empty cell"),
    delimiter: z.string().length(1).optional().describe("Found by itself when absent"),
    orphans: z
      .union([z.array(z.string()), z.strictObject({ max_rows: z.int().min(1) })])
      .default([])
      .describe("Orphan (rare) classes: their names, or all classes with at most max_rows rows"),
  }),
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
    .describe("By family: a grid (a list where a hyper-parameter takes several values), or a list of grids"),
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

export type ExperimentConfig = z.infer<typeof experimentSchema>;
export type ColumnConfig = z.infer<typeof columnSchema>;

/** Used where a file names no preparation. */
export const DEFAULT_PREPARATIONS: Readonly<Record<string, readonly string[]>> = {
  standard: ["impute", "scale", "encode"],
};
