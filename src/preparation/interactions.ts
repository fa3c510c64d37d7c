import { z } from "zod";
import type { Frame } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { FittedStep, Step, StepFitContext } from "../core/step.ts";
import { claimName, countMissing, isNumbers, type NumberColumn, requireFinite } from "./_columns.ts";
import { gatherNumbers } from "./_onnx.ts";
import { anovaF, mutualInformation, type Score } from "./_scores.ts";

/** So many pairs are scored at most: those of 141 columns. */
const MOST_PAIRS = 10_000;
const MOST_COLUMNS = 141;

const Params = z.strictObject({
  pairs: z
    .array(z.tuple([z.string(), z.string()]))
    .max(1000)
    .nullable()
    .default(null)
    .describe("Pairs of columns by name, [[a, b], …]; null: the pairs whose product tells most about the class"),
  k: z.int().min(1).max(1000).default(10).describe("How many pairs are chosen where none are named"),
  by: z
    .enum(["f", "mutual-information"])
    .default("f")
    .describe("What ranks pairs: by how much more than each of its two the product tells about the class, in train"),
});
type Params = z.infer<typeof Params>;

const State = z.object({
  pairs: z.array(z.object({ a: z.string(), b: z.string(), name: z.string(), kind: z.enum(["numeric", "boolean"]) })),
});
type State = z.infer<typeof State>;

const SCORES: Readonly<Record<Params["by"], Score>> = { f: anovaF, "mutual-information": mutualInformation };

/**
 * Adds the products a×b of pairs of numeric and boolean columns after all others; the product of two booleans is a boolean, and
 * one with a missing value is missing. Pairs are chosen among all numbers, or among the 141 that tell most by themselves; of
 * equally good ones the first. (Scale before: a product of numbers far from 0 says little that they do not.)
 */
export const step: Step<Params> = {
  id: "interactions",
  title: "Interactions",
  description: "Adds products of pairs of columns: what two findings say together",
  params: Params,

  fit(context) {
    const { frame, params, signal } = context;
    signal.throwIfAborted();
    const pairs = params.pairs === null ? chosenPairs(context) : namedPairs(frame, params.pairs);
    const taken = new Set(frame.columns.map(({ name }) => name));
    return fitted({
      pairs: pairs.map(([a, b]) => ({
        a: a.name,
        b: b.name,
        name: claimName(taken, `${a.name}×${b.name}`),
        kind: a.kind === "boolean" && b.kind === "boolean" ? "boolean" : "numeric",
      })),
    });
  },

  load: (state) => fitted(State.parse(state)),
};

type Pair = readonly [NumberColumn, NumberColumn];

/** @throws UserError naming a column that is not there or no number */
function namedPairs(frame: Frame, pairs: readonly (readonly [string, string])[]): readonly Pair[] {
  const byName = new Map(frame.columns.map((column) => [column.name, column]));
  const find = (name: string): NumberColumn => {
    const column = byName.get(name);
    if (column && isNumbers(column)) return column;
    throw refusal(
      column ? `column ${JSON.stringify(name)} is ${column.kind}` : `there is no column ${JSON.stringify(name)}`,
      column
        ? 'Put the step "encode" before "interactions", and name the columns that it makes.'
        : "Check the names in its pairs; steps before it may have renamed or dropped some.",
    );
  };
  return pairs.map(([a, b]) => [find(a), find(b)]);
}

/** The k pairs whose product gains most over the better of its two columns, the best first. */
function chosenPairs({ frame, y, classes, params, signal }: StepFitContext<Params>): readonly Pair[] {
  const score = SCORES[params.by];
  const columns = frame.columns.filter(isNumbers);
  if (columns.length < 2) {
    throw refusal(
      `there ${columns.length === 1 ? "is one numeric or boolean column" : "are no numeric or boolean columns"} to pair`,
      'Put the step "encode" before "interactions".',
    );
  }
  for (const column of columns) requireScorable(column);
  const scoreOf = (values: Float64Array): number => {
    signal.throwIfAborted();
    const made = values.every((value) => value === values[0]) ? 0 : score(values, y, classes);
    return Number.isNaN(made) ? 0 : made;
  };
  const all = columns.map((column, i) => ({ column, i, score: scoreOf(column.values) }));
  const top = all.toSorted((a, b) => b.score - a.score || a.i - b.i).slice(0, MOST_COLUMNS);
  const used = columns.length * (columns.length - 1) > 2 * MOST_PAIRS ? top.sort((a, b) => a.i - b.i) : all;
  const ranked = used.flatMap((a, i) =>
    used.slice(i + 1).map((b) => {
      const own = Math.max(a.score, b.score);
      // Nothing gains over a column that parts the classes by itself.
      const gain = own === Number.POSITIVE_INFINITY ? 0 : scoreOf(product(a.column.values, b.column.values)) - own;
      return { pair: [a.column, b.column] as const, gain };
    }),
  );
  ranked.sort((a, b) => (a.gain === b.gain ? 0 : b.gain - a.gain));
  return ranked.slice(0, params.k).map(({ pair }) => pair);
}

/** @throws UserError naming a column with missing or infinite values */
function requireScorable(column: NumberColumn): void {
  if (countMissing(column) > 0) {
    throw refusal(
      `column ${JSON.stringify(column.name)} has missing values, which the choice of pairs does not take`,
      'Put the step "impute" before "interactions", or name the pairs.',
    );
  }
  const largest = column.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // A product of two such is squared once more.
  requireFinite(largest ** 4, column.name, "interactions");
}

function product(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length);
  for (let row = 0; row < out.length; row++) out[row] = a[row] * b[row];
  return out;
}

function fitted(state: State): FittedStep {
  return {
    state,
    transform(frame) {
      const byName = new Map(frame.columns.filter(isNumbers).map((column) => [column.name, column.values]));
      const valuesOf = (name: string): Float64Array => {
        const values = byName.get(name);
        if (values) return values;
        throw new Error(`interactions: there is no column ${JSON.stringify(name)} of numbers`);
      };
      const made = state.pairs.map(({ a, b, name, kind }): NumberColumn => {
        return { kind, name, values: product(valuesOf(a), valuesOf(b)) };
      });
      return { rows: frame.rows, columns: [...frame.columns, ...made] };
    },
    toOnnx(graph, frame) {
      const [left, right] = (["a", "b"] as const).map((side) =>
        gatherNumbers(
          graph,
          frame,
          state.pairs.map((pair) => pair[side]),
        ),
      );
      const columns = state.pairs.map(({ name, kind }) => ({ name, kind }));
      return [...frame, { kind: "numbers", columns, value: graph.apply("Mul", [left, right]) }];
    },
  };
}

const refusal = (message: string, fix: string): UserError =>
  new UserError(message, { where: 'preparation step "interactions"', fix });
