import { z } from "zod";
import type { BooleanColumn, CategoricalColumn, Column, Frame, MultilabelColumn } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { OnnxColumns } from "../core/onnx.ts";
import type { FittedStep, Step } from "../core/step.ts";
import { claimName, countLevels, levelCodes } from "./_columns.ts";
import { doubles, levelsPresent } from "./_onnx.ts";

/** One column may become at most so many unless `max_levels` says otherwise: more is rather an id or free text. */
const MOST_COLUMNS = 2000;

const Params = z.strictObject({
  min_frequency: z
    .number()
    .positive()
    .default(2)
    .describe(
      "Levels of fewer training patients share the column NAME=infrequent; below 1: a fraction of the training rows",
    ),
  max_levels: z
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe(
      "At most so many columns from one column: the rarest levels share NAME=infrequent; null refuses above 2000",
    ),
  drop: z
    .enum(["none", "first", "if_binary"])
    .default("none")
    .describe("Leaves out the first column of each category, always or where there are only two"),
  missing: z
    .enum(["zeros", "nan"])
    .default("zeros")
    .describe("What a missing category or symptom list gives in all its columns, when impute has not filled it"),
});
type Params = z.infer<typeof Params>;

const State = z.object({
  missing: z.enum(["zeros", "nan"]),
  columns: z.array(
    z.object({
      name: z.string(),
      /** Levels seen in train. */
      levels: z.array(z.string()),
      /** [levels] index of the output column, -1 for none */
      slots: z.instanceof(Int32Array),
      outputs: z.array(z.string()),
    }),
  ),
});
type Plan = z.infer<typeof State>["columns"][number];
type LevelColumn = CategoricalColumn | MultilabelColumn;

/**
 * One-hot and multi-hot columns NAME=LEVEL, as scikit-learn's OneHotEncoder(handle_unknown="ignore"): a level that train
 * has not seen gives zeros in all of them, and rare levels share one column. They take the place of their source and are
 * boolean; columns that were boolean become numeric, so that `scale` treats a measured 0/1 as a number and leaves
 * one-hot columns alone. `drop` concerns categories only. A column without a level in train gives no columns.
 */
export const step: Step<Params> = {
  id: "encode",
  title: "Encode",
  description: "Turns categories, symptom lists and booleans into 0/1 columns",
  params: Params,

  fit({ frame, params, signal }) {
    const taken = new Set(frame.columns.filter((column) => !hasLevels(column)).map((column) => column.name));
    const columns = frame.columns.filter(hasLevels).map((column) => {
      signal.throwIfAborted();
      return planOf(column, frame.rows, params, taken);
    });
    return fitted({ missing: params.missing, columns });
  },

  load: (state) => fitted(State.parse(state)),
};

const hasLevels = (column: Column): column is LevelColumn =>
  column.kind === "categorical" || column.kind === "multilabel";

function planOf(column: LevelColumn, rows: number, params: Params, taken: Set<string>): Plan {
  const counts = countLevels(column);
  const seen = column.levels.map((_, code) => code).filter((code) => counts[code] > 0);
  const frequent = frequentOf(seen, counts, rows, params);
  const labels = frequent.map((code) => column.levels[code]);
  if (frequent.length < seen.length) labels.push("infrequent");
  if (params.max_levels === null && labels.length > MOST_COLUMNS) {
    throw new UserError(
      `column ${JSON.stringify(column.name)} would become ${labels.length} columns; at most ${MOST_COLUMNS} are made`,
      {
        where: 'preparation step "encode"',
        fix: [
          "Leave the column out if it is an id or free text.",
          "Raise encode's min_frequency, or set its max_levels, so that rare levels share one column.",
        ],
      },
    );
  }
  const drops = params.drop === "first" || (params.drop === "if_binary" && labels.length === 2);
  const dropped = drops && column.kind === "categorical" ? 1 : 0;
  const slots = new Map(frequent.map((code, slot) => [code, slot]));
  return {
    name: column.name,
    levels: seen.map((code) => column.levels[code]),
    slots: Int32Array.from(seen, (code) => (slots.get(code) ?? frequent.length) - dropped),
    outputs: labels.slice(dropped).map((label) => claimName(taken, `${column.name}=${label}`)),
  };
}

/** The codes, ascending, that get a column of their own; of equally frequent ones the last stay, as in scikit-learn. */
function frequentOf(seen: readonly number[], counts: Uint32Array, rows: number, params: Params): readonly number[] {
  const least = params.min_frequency < 1 ? params.min_frequency * rows : params.min_frequency;
  const frequent = seen.filter((code) => counts[code] >= least);
  const columns = frequent.length + (frequent.length < seen.length ? 1 : 0);
  if (params.max_levels === null || columns <= params.max_levels) return frequent;
  const most = frequent.toSorted((a, b) => counts[b] - counts[a] || b - a).slice(0, params.max_levels - 1);
  return most.sort((a, b) => a - b);
}

function fitted(state: z.infer<typeof State>): FittedStep {
  const plans = new Map(state.columns.map((plan) => [plan.name, plan]));
  const blank = state.missing === "nan" ? Number.NaN : 0;
  return {
    state,
    transform(frame: Frame): Frame {
      const columns = frame.columns.flatMap((column): readonly Column[] => {
        if (column.kind === "boolean") return [{ ...column, kind: "numeric" }];
        const plan = plans.get(column.name);
        return plan && hasLevels(column) ? encoded(column, plan, frame.rows, blank) : [column];
      });
      return { rows: frame.rows, columns };
    },
    toOnnx(graph, frame) {
      return frame.flatMap((part): readonly OnnxColumns[] => {
        if (part.kind === "numbers") {
          return [{ ...part, columns: part.columns.map(({ name }) => ({ name, kind: "numeric" })) }];
        }
        const plan = plans.get(part.name);
        if (plan === undefined) return [part];
        if (plan.outputs.length === 0) return [];
        const present = levelsPresent(graph, part, plan);
        const value =
          part.missing === null || blank === 0
            ? present
            : graph.apply("Where", [part.missing, doubles(graph, [blank]), present]);
        return [{ kind: "numbers", columns: plan.outputs.map((name) => ({ name, kind: "boolean" })), value }];
      });
    },
  };
}

/** @param blank value of every column in the rows whose cell is missing */
function encoded(column: LevelColumn, plan: Plan, rows: number, blank: number): readonly BooleanColumn[] {
  const arrays = plan.outputs.map(() => new Float64Array(rows));
  const slots = levelCodes(column.levels, plan.levels).map((code) => (code < 0 ? -1 : plan.slots[code]));
  for (let row = 0; row < rows; row++) {
    if (column.kind === "categorical") {
      const code = column.codes[row];
      if (code < 0) fillRow(arrays, row, blank);
      else if (slots[code] >= 0) arrays[slots[code]][row] = 1;
    } else if (column.missing[row] !== 0) {
      fillRow(arrays, row, blank);
    } else {
      for (let at = column.offsets[row]; at < column.offsets[row + 1]; at++) {
        const slot = slots[column.codes[at]];
        if (slot >= 0) arrays[slot][row] = 1;
      }
    }
  }
  return arrays.map((values, i) => ({ kind: "boolean", name: plan.outputs[i], values }));
}

function fillRow(arrays: readonly Float64Array[], row: number, value: number): void {
  if (value === 0) return;
  for (const array of arrays) array[row] = value;
}
