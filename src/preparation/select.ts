import { z } from "zod";
import type { BooleanColumn, Column, Frame, NumericColumn } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { OnnxColumns } from "../core/onnx.ts";
import type { FittedStep, Step } from "../core/step.ts";
import { countMissing, requireFinite } from "./_columns.ts";
import { pickColumns } from "./_onnx.ts";
import { anovaF, chiSquare, mutualInformation, type Score, variance } from "./_scores.ts";

const Params = z.strictObject({
  by: z
    .enum(["f", "chi2", "mutual-information", "variance"])
    .default("f")
    .describe(
      "What ranks the columns: ANOVA F, chi-squared (no negative values), mutual information with the class " +
        "(10 equal-frequency bins, not scikit-learn's nearest neighbours), or the variance alone",
    ),
  k: z
    .number()
    .positive()
    .refine((k) => k < 1 || Number.isInteger(k), "a whole number of columns, or a fraction of them below 1")
    .default(0.5)
    .describe("So many of the best columns stay; below 1: a fraction of them, rounded up. variance takes no k"),
  threshold: z.number().min(0).default(0).describe("For variance: columns stay whose variance is greater"),
});
type Params = z.infer<typeof Params>;

const State = z.object({
  /** In the order of the columns. */
  kept: z.array(z.string()),
});

const SCORES: Readonly<Record<Params["by"], Score>> = {
  f: anovaF,
  chi2: chiSquare,
  "mutual-information": mutualInformation,
  variance,
};

type NumberColumn = NumericColumn | BooleanColumn;

/**
 * Keeps the columns that score best in train, as scikit-learn's SelectKBest and VarianceThreshold; values stay as they
 * are. Columns that do not vary score lowest; of equal ones the first stay.
 */
export const step: Step<Params> = {
  id: "select",
  title: "Select",
  description: "Keeps the columns that tell most about the class, or that vary",
  params: Params,

  fit({ frame, y, classes, params, signal }) {
    const scores = frame.columns.map((column): number => {
      signal.throwIfAborted();
      const { values } = requireNumbers(column, params.by);
      requireFinite(variance(values, y, classes), column.name, "select");
      if (values.every((value) => value === values[0])) return Number.NEGATIVE_INFINITY;
      const score = SCORES[params.by](values, y, classes);
      return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
    });
    const kept =
      params.by === "variance" ? above(scores, params.threshold) : best(scores, countOf(params.k, scores.length));
    return fitted({ kept: kept.map((i) => frame.columns[i].name) });
  },

  load: (state) => fitted(State.parse(state)),
};

/** @throws UserError naming a column that cannot be scored, and the step that mends it */
function requireNumbers(column: Column, by: Params["by"]): NumberColumn {
  const refuse = (what: string, fix: string): never => {
    throw new UserError(`column ${JSON.stringify(column.name)} ${what}`, { where: 'preparation step "select"', fix });
  };
  if (column.kind === "categorical" || column.kind === "multilabel") {
    return refuse(`is ${column.kind}, and select takes numbers only`, 'Put the step "encode" before "select".');
  }
  if (countMissing(column) > 0) {
    return refuse("has missing values, which select does not take", 'Put the step "impute" before "select".');
  }
  if (by === "chi2" && column.values.some((value) => value < 0)) {
    return refuse(
      "has negative values, which chi2 does not take",
      'Put "scale: {method: minmax}" before "select", or select by f.',
    );
  }
  return column;
}

/** Rounded up, but for what floating point adds: 0.07 of 100 columns are 7. */
const countOf = (k: number, columns: number): number => (k < 1 ? Math.max(1, Math.ceil(k * columns - 1e-9)) : k);

function best(scores: readonly number[], count: number): readonly number[] {
  const ranked = [...scores.keys()].sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b] > scores[a] ? 1 : -1));
  return ranked.slice(0, count).sort((a, b) => a - b);
}

function above(scores: readonly number[], threshold: number): readonly number[] {
  const kept = [...scores.keys()].filter((i) => scores[i] > threshold);
  if (kept.length > 0) return kept;
  throw new UserError(`no column varies by more than ${threshold}`, {
    where: 'preparation step "select"',
    fix: "Lower its threshold.",
  });
}

function fitted(state: z.infer<typeof State>): FittedStep {
  const kept = new Set(state.kept);
  return {
    state,
    transform: (frame: Frame): Frame => ({
      rows: frame.rows,
      columns: frame.columns.filter((column) => kept.has(column.name)),
    }),
    toOnnx(graph, frame) {
      return frame.flatMap((part): readonly OnnxColumns[] => {
        if (part.kind !== "numbers") return [];
        const indices = [...part.columns.keys()].filter((i) => kept.has(part.columns[i].name));
        if (indices.length === 0) return [];
        return [
          {
            ...part,
            columns: indices.map((i) => part.columns[i]),
            value: pickColumns(graph, part.value, indices, part.columns.length),
          },
        ];
      });
    },
  };
}
