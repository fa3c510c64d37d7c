import { z } from "zod";
import type { Column, Frame } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { selectRows } from "../core/frame.ts";
import type { OnnxColumns } from "../core/onnx.ts";
import { createRng } from "../core/rng.ts";
import type { FittedStep, Step, StepFitContext } from "../core/step.ts";
import { countMissing, type NumberColumn, presentValues, requireFinite } from "./_columns.ts";
import { pickColumns } from "./_onnx.ts";
import { valuesOf } from "./_projection.ts";
import { anovaF, chiSquare, mutualInformation, type Score, variance } from "./_scores.ts";
import { eliminated, type ForestProblem, forestGains } from "./select/forest.ts";
import { l1Weights } from "./select/l1.ts";

const Params = z.strictObject({
  by: z
    .enum(["f", "chi2", "mutual-information", "variance", "l1", "model", "recursive"])
    .default("f")
    .describe(
      "What ranks the columns: ANOVA F, chi-squared (no negative values), mutual information with the class " +
        "(10 equal-frequency bins, not scikit-learn's nearest neighbours), the variance alone, the weights of an " +
        "L1-penalised logistic regression, the gain in a small forest, or that gain again and again while the last are left out",
    ),
  k: z
    .number()
    .positive()
    .refine((k) => k < 1 || Number.isInteger(k), "a whole number of columns, or a fraction of them below 1")
    .nullable()
    .default(null)
    .describe(
      "So many of the best columns stay; below 1: a fraction of them, rounded up; null: half of them, and by l1 all that have a " +
        "weight. variance takes no k",
    ),
  threshold: z.number().min(0).default(0).describe("For variance: columns stay whose variance is greater"),
  C: z.number().positive().default(1).describe("For l1: inverse strength of the penalty; smaller keeps fewer columns"),
  trees: z.int().min(1).max(1000).default(20).describe("For model and recursive: trees of each class"),
  step: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe("For recursive: the share of all columns that is left out before the rest is ranked anew"),
});
type Params = z.infer<typeof Params>;

const State = z.object({
  /** In the order of the columns. */
  kept: z.array(z.string()),
});

/** More rows than this are drawn down to it where a model is fitted. */
const MOST_ROWS = 20_000;

const SCORES: Readonly<Partial<Record<Params["by"], Score>>> = {
  f: anovaF,
  chi2: chiSquare,
  "mutual-information": mutualInformation,
  variance,
};

/**
 * Keeps the columns that score best in train, as scikit-learn's SelectKBest, VarianceThreshold, SelectFromModel and RFE;
 * values stay as they are. Columns that do not vary score lowest; of equal ones the first stay. Of more than 20,000 training
 * rows, l1, model and recursive look at 20,000, drawn by the seed.
 */
export const step: Step<Params> = {
  id: "select",
  title: "Select",
  description: "Keeps the columns that tell most about the class, or that vary",
  params: Params,

  async fit(context) {
    const { frame, y, classes, params, signal } = context;
    signal.throwIfAborted();
    const varies = frame.columns.map((column) => {
      const { values } = requireNumbers(column, params.by);
      const present = presentValues(values);
      if (present.length > 0) requireFinite(variance(present, y, classes), column.name, "select");
      return present.length > 0 && (present.length < values.length || present.some((value) => value !== present[0]));
    });
    const count = countOf(params.k ?? 0.5, frame.columns.length);
    const scored = async (): Promise<readonly number[]> => {
      if (params.by === "recursive") return eliminated(forest(context), count, params.step);
      const scores = await scoresOf(context, varies);
      if (params.by === "variance") return above(scores, params.threshold);
      if (params.by !== "l1") return best(scores, count);
      return best(scores, params.k === null ? scores.length : count).filter((i) => scores[i] > 0);
    };
    const kept = await scored();
    if (kept.length === 0) {
      throw new UserError("no column gets a weight from the L1-penalised regression", {
        where: 'preparation step "select"',
        fix: "Raise its C.",
      });
    }
    return fitted({ kept: kept.map((i) => frame.columns[i].name) });
  },

  load: (state) => fitted(State.parse(state)),
};

/** [columns]; -Infinity for those that do not vary */
async function scoresOf(context: StepFitContext<Params>, varies: readonly boolean[]): Promise<readonly number[]> {
  const { frame, y, classes, params, signal } = context;
  const score = SCORES[params.by];
  let scores: ArrayLike<number>;
  if (score) {
    scores = frame.columns.map((column) => {
      signal.throwIfAborted();
      return score((column as NumberColumn).values, y, classes);
    });
  } else if (params.by === "l1") {
    const drawn = draw(context);
    const C = (params.C * frame.rows) / drawn.frame.rows;
    scores = await l1Weights({ ...drawn, values: valuesOf(drawn.frame, "select"), C, signal });
  } else scores = await forestGains(forest(context));
  return varies.map((yes, i) => (yes && !Number.isNaN(scores[i]) ? scores[i] : Number.NEGATIVE_INFINITY));
}

const forest = (context: StepFitContext<Params>): ForestProblem => {
  return { ...context, ...draw(context), trees: context.params.trees };
};

/** The training rows, or as many of them as a model is fitted on; classes that are not among them are left out. */
function draw({ frame, y, seed }: StepFitContext<Params>): Pick<ForestProblem, "frame" | "y" | "classes"> {
  const all = Int32Array.from({ length: frame.rows }, (_, row) => row);
  const rows = all.length > MOST_ROWS ? createRng(seed).shuffle(all).slice(0, MOST_ROWS).sort() : all;
  const codes = rows.map((row) => y[row]);
  const present = [...new Set(codes)].sort((a, b) => a - b);
  if (present.length < 2) {
    throw new UserError("all training rows are of one class, so no column tells anything about it", {
      where: 'preparation step "select"',
      fix: "Select by variance, or take the step out of the preparation.",
    });
  }
  const codeOf = new Map(present.map((code, i) => [code, i]));
  return {
    frame: rows === all ? frame : selectRows(frame, rows),
    y: codes.map((code) => codeOf.get(code) ?? 0),
    classes: present.length,
  };
}

/** @throws UserError naming a column that cannot be scored, and the step that mends it */
function requireNumbers(column: Column, by: Params["by"]): NumberColumn {
  const refuse = (what: string, fix: string): never => {
    throw new UserError(`column ${JSON.stringify(column.name)} ${what}`, { where: 'preparation step "select"', fix });
  };
  if (column.kind === "categorical" || column.kind === "multilabel") {
    return refuse(`is ${column.kind}, and select takes numbers only`, 'Put the step "encode" before "select".');
  }
  if (by !== "model" && by !== "recursive" && countMissing(column) > 0) {
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
    origin: (column) => ({ column }),
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
