import { z } from "zod";
import type { BooleanColumn, CategoricalColumn, Column, Frame } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { ONNX_TYPES, type OnnxBuilder, type OnnxColumns, type OnnxValue } from "../core/onnx.ts";
import type { FittedStep, Step } from "../core/step.ts";
import { claimName, countLevels, countMissing, levelCodes, presentValues, requireFinite } from "./_columns.ts";
import { doubles, pickColumns, text } from "./_onnx.ts";
import { quantile } from "./_quantile.ts";
import { filledByNeighbours, filledByNeighboursInGraph, Neighbours, neighboursOf } from "./impute/neighbours.ts";

const Params = z.strictObject({
  numeric: z
    .enum(["median", "mean", "knn", "constant", "none"])
    .default("median")
    .describe(
      "Numbers: what fills a missing one. knn: the mean of the patients that are nearest in the numbers and booleans that both " +
        "have, so scale them before",
    ),
  neighbours: z.int().min(1).default(5).describe("How many patients `numeric: knn` takes the mean of"),
  donors: z
    .int()
    .min(1)
    .default(2000)
    .describe("`numeric: knn` looks among so many training patients; of more, so many are drawn by the seed"),
  numeric_fill: z.number().default(0).describe("The number that `numeric: constant` fills in"),
  categorical: z
    .enum(["constant", "most_frequent", "none"])
    .default("constant")
    .describe("Categories: a level of its own for missing ones, the most frequent level, or leave them missing"),
  categorical_fill: z.string().default("missing").describe("The level that `categorical: constant` fills in"),
  boolean: z
    .enum(["most_frequent", "constant", "none"])
    .default("most_frequent")
    .describe("Booleans: what fills a missing one"),
  boolean_fill: z.boolean().default(false).describe("The value that `boolean: constant` fills in"),
  multilabel: z
    .enum(["empty", "none"])
    .default("empty")
    .describe("Multi-label columns: a missing cell becomes one without labels, or stays missing"),
  indicator: z
    .boolean()
    .default(true)
    .describe("Adds NAME__missing (0 or 1) for each filled column that has missing values in train"),
});
type Params = z.infer<typeof Params>;

const State = z.object({
  columns: z.array(
    z.object({
      name: z.string(),
      action: z.enum(["keep", "fill", "drop"]),
      /** What a categorical column is filled with. */
      level: z.string().nullable(),
      indicator: z.string().nullable(),
    }),
  ),
  /** [columns] what a numeric or boolean column is filled with */
  fills: z.instanceof(Float64Array),
  neighbours: Neighbours.nullable().default(null),
});

/**
 * Fills missing values with what the training rows say, as scikit-learn's SimpleImputer and KNNImputer.
 * - Ties of `most_frequent` go to the first level in code-unit order, and to false.
 * - A column without a single value in train is dropped (`constant`: filled), since nothing can be learned from it.
 * - Indicators are boolean columns after all others, in column order. A missing category that becomes a level of its own
 *   needs none.
 */
export const step: Step<Params> = {
  id: "impute",
  title: "Impute",
  description: "Fills missing values by column kind, and marks where they were",
  params: Params,

  fit({ frame, params, seed, signal }) {
    if (params.numeric === "knn" && params.neighbours > frame.rows) {
      throw new UserError(`impute looks for ${params.neighbours} neighbours among ${frame.rows} training rows`, {
        where: 'preparation step "impute"',
        fix: `Set neighbours to ${frame.rows} or less.`,
      });
    }
    const taken = new Set(frame.columns.map((column) => column.name));
    const fills = new Float64Array(frame.columns.length);
    const columns = frame.columns.map((column, i) => {
      signal.throwIfAborted();
      const kept = { name: column.name, action: "keep" as const, level: null, indicator: null };
      if (params[column.kind] === "none") return kept;
      const fill = fillOf(column, params);
      if (fill === undefined) return { ...kept, action: "drop" as const };
      if (typeof fill === "number") fills[i] = fill;
      const level = typeof fill === "string" ? fill : null;
      const marked = params.indicator && countMissing(column) > 0 && !(level !== null && isOwnLevel(column, level));
      return {
        name: column.name,
        action: "fill" as const,
        level,
        indicator: marked ? claimName(taken, `${column.name}__missing`) : null,
      };
    });
    if (params.numeric !== "knn") return fitted({ columns, fills, neighbours: null });
    const means = new Map(
      frame.columns.flatMap(({ name, kind }, i) =>
        kind === "numeric" && columns[i].action === "fill" ? [[name, fills[i]] as const] : [],
      ),
    );
    const how = { k: params.neighbours, most: params.donors, seed };
    return fitted({ columns, fills, neighbours: neighboursOf(frame, how, means) });
  },

  load: (state) => fitted(State.parse(state)),
};

/** What fills a column: a number, a level, null where nothing is to be known, undefined where nothing can be known. */
function fillOf(column: Column, params: Params): number | string | null | undefined {
  switch (column.kind) {
    case "numeric": {
      if (params.numeric === "constant") return params.numeric_fill;
      const values = presentValues(column.values);
      if (values.length === 0) return undefined;
      const value =
        params.numeric === "median" ? quantile(values, 0.5) : values.reduce((sum, v) => sum + v, 0) / values.length;
      return requireFinite(value, column.name, "impute");
    }
    case "boolean": {
      if (params.boolean === "constant") return Number(params.boolean_fill);
      const values = presentValues(column.values);
      if (values.length === 0) return undefined;
      return Number(values.reduce((sum, v) => sum + v, 0) * 2 > values.length);
    }
    case "categorical": {
      if (params.categorical === "constant") return params.categorical_fill;
      const counts = countLevels(column);
      const most = counts.reduce((a, b) => Math.max(a, b), 0);
      return most === 0 ? undefined : column.levels[counts.indexOf(most)];
    }
    case "multilabel":
      return null;
  }
}

/** Whether a fill level stands for "missing" alone, as no training row has it by itself. */
function isOwnLevel(column: Column, level: string): boolean {
  if (column.kind !== "categorical") return false;
  const code = column.levels.indexOf(level);
  return code < 0 || !column.codes.includes(code);
}

function fitted(state: z.infer<typeof State>): FittedStep {
  const plans = new Map(state.columns.map((plan, i) => [plan.name, { ...plan, fill: state.fills[i] }]));
  const marked = new Map(state.columns.map(({ name, indicator }) => [indicator, name]));
  return {
    state,
    origin: (name) => ({ column: marked.get(name) ?? name }),
    transform(frame: Frame): Frame {
      const columns: Column[] = [];
      const indicators: Column[] = [];
      const near = state.neighbours && filledByNeighbours(frame, state.neighbours);
      for (const column of frame.columns) {
        const plan = plans.get(column.name);
        if (plan?.action === "drop") continue;
        const values = near?.get(column.name);
        if (values) columns.push({ kind: "numeric", name: column.name, values });
        else columns.push(plan?.action === "fill" ? filled(column, plan.fill, plan.level) : column);
        if (typeof plan?.indicator === "string") indicators.push(indicatorOf(column, plan.indicator, frame.rows));
      }
      return { rows: frame.rows, columns: [...columns, ...indicators] };
    },
    toOnnx(graph, frame) {
      const { neighbours } = state;
      const near = neighbours && filledByNeighboursInGraph(graph, frame, neighbours);
      const made = frame.map((part) => {
        if (!near || part.kind !== "numbers") return filledInGraph(graph, part, plans, null);
        const at = part.columns.map(({ name }) => neighbours.names.indexOf(name));
        return filledInGraph(graph, part, plans, pickColumns(graph, near, at, neighbours.names.length));
      });
      return [...made.flatMap(({ columns }) => columns), ...made.flatMap(({ indicators }) => indicators)];
    },
  };
}

type Plan = z.infer<typeof State>["columns"][number] & { readonly fill: number };

function filledInGraph(
  graph: OnnxBuilder,
  part: OnnxColumns,
  plans: ReadonlyMap<string, Plan>,
  near: OnnxValue | null,
): { readonly columns: readonly OnnxColumns[]; readonly indicators: readonly OnnxColumns[] } {
  const indicator = (flags: string, names: readonly string[]): readonly OnnxColumns[] =>
    names.length === 0
      ? []
      : [
          {
            kind: "numbers",
            columns: names.map((name) => ({ name, kind: "boolean" })),
            value: graph.apply("Cast", [flags], { to: ONNX_TYPES.double }),
          },
        ];
  if (part.kind !== "numbers") {
    const plan = plans.get(part.name);
    if (plan === undefined || part.missing === null) return { columns: [part], indicators: [] };
    const indicators = plan.indicator === null ? [] : indicator(part.missing, [plan.indicator]);
    if (plan.action !== "fill") return { columns: plan.action === "drop" ? [] : [part], indicators };
    // A missing list has no labels in it already.
    const value =
      plan.level === null ? part.value : graph.apply("Where", [part.missing, text(graph, plan.level), part.value]);
    return { columns: [{ ...part, value, missing: null }], indicators };
  }
  const planOf = part.columns.map((column) => plans.get(column.name));
  const kept = part.columns.flatMap((_, i) => (planOf[i]?.action === "drop" ? [] : [i]));
  const marked = part.columns.flatMap((_, i) => (typeof planOf[i]?.indicator === "string" ? [i] : []));
  const missing = graph.apply("IsNaN", [part.value]);
  const indicators = indicator(
    pickColumns(graph, missing, marked, part.columns.length),
    marked.map((i) => planOf[i]?.indicator as string),
  );
  if (kept.length === 0) return { columns: [], indicators };
  const fills = doubles(
    graph,
    kept.map((i) => (planOf[i]?.action === "fill" ? planOf[i].fill : Number.NaN)),
  );
  const value = graph.apply("Where", [
    pickColumns(graph, near ? graph.apply("IsNaN", [near]) : missing, kept, part.columns.length),
    fills,
    pickColumns(graph, near ?? part.value, kept, part.columns.length),
  ]);
  return { columns: [{ ...part, columns: kept.map((i) => part.columns[i]), value }], indicators };
}

function filled(column: Column, fill: number, level: string | null): Column {
  if (countMissing(column) === 0) return column;
  switch (column.kind) {
    case "numeric":
    case "boolean":
      return { ...column, values: filledNumbers(column.values, fill) };
    case "categorical":
      return level === null ? column : filledCategories(column, level);
    case "multilabel":
      return { ...column, missing: new Uint8Array(column.missing.length) };
  }
}

function filledNumbers(values: Float64Array, fill: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let row = 0; row < out.length; row++) out[row] = Number.isNaN(values[row]) ? fill : values[row];
  return out;
}

function filledCategories(column: CategoricalColumn, level: string): CategoricalColumn {
  const levels = column.levels.includes(level) ? column.levels : [...column.levels, level].sort();
  const remap = levelCodes(column.levels, levels);
  const fill = levels.indexOf(level);
  return { ...column, levels, codes: column.codes.map((code) => (code < 0 ? fill : remap[code])) };
}

function indicatorOf(column: Column, name: string, rows: number): BooleanColumn {
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const missing =
      column.kind === "categorical"
        ? column.codes[row] < 0
        : column.kind === "multilabel"
          ? column.missing[row] !== 0
          : Number.isNaN(column.values[row]);
    if (missing) values[row] = 1;
  }
  return { kind: "boolean", name, values };
}
