import { z } from "zod";
import type { BooleanColumn, CategoricalColumn, Column, Frame, MultilabelColumn } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { OnnxColumns } from "../core/onnx.ts";
import type { FittedStep, Origin, Step, StepFitContext } from "../core/step.ts";
import { claimName, countLevels, levelCodes } from "./_columns.ts";
import { doubles, levelsPresent } from "./_onnx.ts";
import { Lookup, lookedUp, lookedUpInGraph, tableRows } from "./encode/lookup.ts";
import { outOfFold, stratifiedFolds, targetOutputs, targetTable } from "./encode/target.ts";

/** One column may become at most so many unless `max_levels` says otherwise: more is rather an id or free text. */
const MOST_COLUMNS = 2000;

/** Numbers in the table of a target encoding: 32 MB. */
const MOST_CELLS = 4e6;

const Params = z.strictObject({
  method: z
    .enum(["one-hot", "ordinal", "target"])
    .default("one-hot")
    .describe(
      "What a category becomes: a column a level, the number of its level in the order of their names, or what share of the " +
        "training patients of its level have each disease (out of fold where a model is trained on them). Symptom lists " +
        "become a column a level in any case",
    ),
  columns: z
    .array(z.string())
    .nullable()
    .default(null)
    .describe("Only these columns; the others stay as they are, for another encode; null: all"),
  min_frequency: z
    .number()
    .positive()
    .default(2)
    .describe(
      "Levels of fewer training patients share the column NAME=infrequent, or the last number; below 1: a fraction of the " +
        "training rows. Not for target, which draws rare levels to the mean",
    ),
  max_levels: z
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe(
      "At most so many columns (or numbers, or levels) from one column: the rarest levels share one; null refuses above 2000 " +
        "columns",
    ),
  drop: z
    .enum(["none", "first", "if_binary"])
    .default("none")
    .describe("Leaves out the first column of each category, always or where there are only two"),
  missing: z
    .enum(["zeros", "nan"])
    .default("zeros")
    .describe(
      "What a missing category or symptom list gives in all its columns, when impute has not filled it: zeros (ordinal: -1; " +
        "target: what missing cells say, as a level of their own) or nan",
    ),
  folds: z.int().min(2).default(5).describe("For target: folds of the training rows, each encoded by the others"),
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
  lookups: z.array(Lookup).default([]),
  /** Which booleans become numeric; null: all. */
  booleans: z.array(z.string()).nullable().default(null),
});
type State = z.infer<typeof State>;
type Plan = State["columns"][number];
type LevelColumn = CategoricalColumn | MultilabelColumn;

/**
 * By default one-hot and multi-hot columns NAME=LEVEL, as scikit-learn's OneHotEncoder(handle_unknown="ignore"): a level that train
 * has not seen gives zeros in all of them, and rare levels share one column. They take the place of their source and are
 * boolean; columns that were boolean become numeric, so that `scale` treats a measured 0/1 as a number and leaves
 * one-hot columns alone. `drop` concerns categories only. A column without a level in train gives no columns.
 *
 * `ordinal` gives one column of that name, as scikit-learn's OrdinalEncoder: -1 is an unknown level. `target` gives
 * NAME:DISEASE for each disease (of two: NAME alone, the share of the second), as scikit-learn's TargetEncoder.
 */
export const step: Step<Params> = {
  id: "encode",
  title: "Encode",
  description: "Turns categories, symptom lists and booleans into numbers",
  params: Params,

  fit(context) {
    const { frame, params, signal } = context;
    const names = requireColumns(frame, params.columns);
    const chosen = frame.columns.filter(
      (column): column is LevelColumn => hasLevels(column) && (names?.has(column.name) ?? true),
    );
    const taken = new Set(frame.columns.map((column) => column.name));
    for (const { name } of chosen) taken.delete(name);
    const columns: Plan[] = [];
    const lookups: Lookup[] = [];
    for (const column of chosen) {
      signal.throwIfAborted();
      if (params.method === "one-hot" || column.kind === "multilabel") {
        columns.push(planOf(column, frame.rows, params, taken));
      } else lookups.push(lookupOf(column, context, taken));
    }
    const booleans = names && [...names];
    const step = fitted({ missing: params.missing, columns, lookups, booleans });
    return params.method === "target" && lookups.length > 0 ? { ...step, train: withoutOwn(step, context) } : step;
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

/** @throws UserError naming a column that is not there */
function requireColumns(frame: Frame, columns: Params["columns"]): ReadonlySet<string> | null {
  const there = new Set(frame.columns.map(({ name }) => name));
  const lacking = columns?.find((name) => !there.has(name));
  if (lacking === undefined) return columns && new Set(columns);
  throw new UserError(`there is no column ${JSON.stringify(lacking)} to encode`, {
    where: 'preparation step "encode"',
    fix: "Check the names in encode's columns; steps before it may have renamed or dropped some.",
  });
}

/** @throws UserError where the table of a target encoding would be too large */
function lookupOf(column: CategoricalColumn, context: StepFitContext<Params>, taken: Set<string>): Lookup {
  const { frame, params, y, classes, classNames } = context;
  const target = params.method === "target";
  const counts = countLevels(column);
  const seen = column.levels.map((_, code) => code).filter((code) => counts[code] > 0);
  const frequent = frequentOf(seen, counts, frame.rows, target ? { ...params, min_frequency: 1 } : params);
  const slots = new Map(frequent.map((code, slot) => [code, slot]));
  const groups = frequent.length + (frequent.length < seen.length ? 1 : 0);
  // Rows of the table: the groups, missing cells, unknown levels.
  const rows = Int32Array.from([...seen.map((code) => slots.get(code) ?? frequent.length), groups, groups + 1]);
  const plan = { name: column.name, levels: seen.map((code) => column.levels[code]), rows };
  if (groups === 0) return { ...plan, outputs: [], table: new Float64Array(0) };
  if (!target) {
    const table = Float64Array.from({ length: groups + 2 }, (_, slot) => (slot < groups ? slot : -1));
    if (params.missing === "nan") table[groups] = Number.NaN;
    return { ...plan, outputs: [claimName(taken, column.name)], table };
  }
  const width = targetOutputs(classes);
  if (groups * width > MOST_CELLS) {
    throw new UserError(`column ${JSON.stringify(column.name)} has ${groups} levels, too many for ${width} classes`, {
      where: 'preparation step "encode"',
      fix: [
        "Leave the column out if it is an id or free text.",
        `Set encode's max_levels to ${Math.floor(MOST_CELLS / width)} or less, so that rare levels share one value.`,
      ],
    });
  }
  const labels = Array.from({ length: width }, (_, k) => `${column.name}:${classNames?.[k] ?? k}`);
  const outputs = (width === 1 ? [column.name] : labels).map((name) => claimName(taken, name));
  const lookup = { ...plan, outputs, table: new Float64Array((groups + 2) * width) };
  const table = targetTable({ codes: tableRows(column, lookup), groups: groups + 1, y, classes });
  if (params.missing === "nan") table.fill(Number.NaN, groups * width, (groups + 1) * width);
  return { ...lookup, table };
}

/** The training rows through the step, with what the other folds say in place of what includes a row's own class. */
function withoutOwn(step: FittedStep, { frame, y, classes, params, seed }: StepFitContext<Params>): Frame {
  const { lookups } = step.state as State;
  const folds = stratifiedFolds(y, classes, params.folds, seed);
  const source = new Map(frame.columns.map((column) => [column.name, column]));
  const made = new Map<string, Float64Array>();
  for (const lookup of lookups) {
    const codes = tableRows(source.get(lookup.name) as CategoricalColumn, lookup);
    const groups = lookup.table.length / lookup.outputs.length - 1;
    const shares = outOfFold({ codes, groups, y, classes }, folds, params.folds);
    const missing = params.missing === "nan" ? groups - 1 : -1;
    lookup.outputs.forEach((name, i) => {
      for (let row = 0; row < codes.length; row++) if (codes[row] === missing) shares[i][row] = Number.NaN;
      made.set(name, shares[i]);
    });
  }
  const { rows, columns } = step.transform(frame);
  return {
    rows,
    columns: columns.map((column) => {
      const values = made.get(column.name);
      return values === undefined ? column : { kind: "numeric", name: column.name, values };
    }),
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

function fitted(state: State): FittedStep {
  const plans = new Map(state.columns.map((plan) => [plan.name, plan]));
  const lookups = new Map(state.lookups.map((lookup) => [lookup.name, lookup]));
  const booleans = state.booleans && new Set(state.booleans);
  const becomesNumeric = ({ kind, name }: { readonly kind: string; readonly name: string }): boolean =>
    kind === "boolean" && (booleans?.has(name) ?? true);
  const blank = state.missing === "nan" ? Number.NaN : 0;
  const origins = new Map([
    ...state.columns.flatMap(originsOf),
    ...state.lookups.flatMap(({ name, outputs }) => named(name, outputs)),
  ]);
  return {
    state,
    origin: (name) => origins.get(name) ?? { column: name },
    transform(frame: Frame): Frame {
      const columns = frame.columns.flatMap((column): readonly Column[] => {
        if (column.kind === "boolean") return [becomesNumeric(column) ? { ...column, kind: "numeric" } : column];
        const lookup = lookups.get(column.name);
        if (lookup && column.kind === "categorical") return lookedUp(column, lookup);
        const plan = plans.get(column.name);
        return plan && hasLevels(column) ? encoded(column, plan, frame.rows, blank) : [column];
      });
      return { rows: frame.rows, columns };
    },
    toOnnx(graph, frame) {
      return frame.flatMap((part): readonly OnnxColumns[] => {
        if (part.kind === "numbers") {
          const columns = part.columns.map((column) =>
            becomesNumeric(column) ? { ...column, kind: "numeric" as const } : column,
          );
          return [{ ...part, columns }];
        }
        const lookup = lookups.get(part.name);
        if (lookup && part.kind === "categorical") {
          return lookup.outputs.length === 0 ? [] : [lookedUpInGraph(graph, part, lookup)];
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

const named = (column: string, outputs: readonly string[]): readonly (readonly [string, Origin])[] =>
  outputs.map((output) => [output, { column }]);

/** Which levels each column of a plan stands for. */
function originsOf({ name, levels, slots, outputs }: Plan): readonly (readonly [string, Origin])[] {
  return outputs.map((output, slot) => [
    output,
    { column: name, labels: levels.filter((_, code) => slots[code] === slot) },
  ]);
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
