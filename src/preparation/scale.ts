import { z } from "zod";
import type { BooleanColumn, Column, Frame, NumericColumn } from "../core/dataset.ts";
import type { FittedStep, Step } from "../core/step.ts";
import { presentValues, requireFinite } from "./_columns.ts";
import { doubles } from "./_onnx.ts";
import { yeoJohnson, yeoJohnsonInGraph, yeoJohnsonLambda } from "./_power.ts";
import { quantile } from "./_quantile.ts";

const Params = z.strictObject({
  method: z
    .enum(["standard", "minmax", "robust", "power"])
    .default("standard")
    .describe(
      "Mean 0 and standard deviation 1, range 0 … 1, median 0 and interquartile range 1, or Yeo-Johnson's power transform, " +
        "which takes the skew off, and then mean 0 and standard deviation 1",
    ),
  columns: z
    .enum(["numeric", "all"])
    .default("numeric")
    .describe("Numeric columns only, or one-hot and other boolean columns too"),
});
type Params = z.infer<typeof Params>;

const State = z.object({
  names: z.array(z.string()),
  /** [names] what is taken off */
  center: z.instanceof(Float64Array),
  /** [names] what the rest is divided by, never 0 */
  divisor: z.instanceof(Float64Array),
  /** [names] exponents of the power transform, which comes first; absent for the other methods */
  lambdas: z.instanceof(Float64Array).optional(),
});
type State = z.infer<typeof State>;

/**
 * Shifts and divides each column by statistics of its present training values, as scikit-learn's StandardScaler
 * (population standard deviation), MinMaxScaler, RobustScaler and PowerTransformer. A column that does not vary in train is
 * only shifted; missing values stay missing; new values may fall outside the range seen in train.
 */
export const step: Step<Params> = {
  id: "scale",
  title: "Scale",
  description: "Brings numbers of different units to a common scale",
  params: Params,

  fit({ frame, params, signal }) {
    const columns = frame.columns.filter(
      (column): column is NumericColumn | BooleanColumn =>
        column.kind === "numeric" || (column.kind === "boolean" && params.columns === "all"),
    );
    const center = new Float64Array(columns.length);
    const divisor = new Float64Array(columns.length).fill(1);
    const lambdas = params.method === "power" ? new Float64Array(columns.length).fill(1) : undefined;
    columns.forEach((column, i) => {
      signal.throwIfAborted();
      const values = presentValues(column.values);
      if (values.length === 0) return;
      if (lambdas) {
        const [mean, spread] = meanAndDeviation(values);
        requireFinite(mean, column.name, "scale");
        // Where the spread itself is too large for a double, the transform mends that.
        if (spread !== 0) lambdas[i] = yeoJohnsonLambda(values);
        for (let row = 0; row < values.length; row++) values[row] = yeoJohnson(values[row], lambdas[i]);
      }
      const [shift, spread] = STATISTICS[params.method](values);
      center[i] = requireFinite(shift, column.name, "scale");
      divisor[i] = requireFinite(spread, column.name, "scale") || 1;
    });
    return fitted({ names: columns.map((column) => column.name), center, divisor, lambdas });
  },

  load: (state) => fitted(State.parse(state)),
};

/** What is taken off, and what it is divided by (0: the column does not vary); the values may be reordered. */
const STATISTICS: Record<Params["method"], (values: Float64Array) => readonly [number, number]> = {
  standard: meanAndDeviation,
  power: meanAndDeviation,
  minmax(values) {
    const low = values.reduce((a, b) => Math.min(a, b));
    return [low, negligible(values.reduce((a, b) => Math.max(a, b)) - low)];
  },
  robust(values) {
    const center = quantile(values, 0.5);
    return [center, negligible(quantile(values, 0.75) - quantile(values, 0.25))];
  },
};

/** Spreads below scikit-learn's threshold count as none. */
const negligible = (spread: number): number => (spread < 10 * Number.EPSILON ? 0 : spread);

/** Two passes with the correction of Chan, Golub and LeVeque, and scikit-learn's bound on rounding for "constant". */
function meanAndDeviation(values: Float64Array): readonly [number, number] {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i];
  const mean = sum / n;
  let off = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const difference = values[i] - mean;
    off += difference;
    squares += difference * difference;
  }
  const variance = (squares - off ** 2 / n) / n;
  const rounding = n * Number.EPSILON * variance + (n * mean * Number.EPSILON) ** 2;
  return [mean, Number.isFinite(variance) && variance <= rounding ? 0 : Math.sqrt(variance)];
}

function fitted(state: State): FittedStep {
  const index = new Map(state.names.map((name, i) => [name, i]));
  return {
    state,
    origin: (column) => ({ column }),
    transform(frame: Frame): Frame {
      const columns = frame.columns.map((column): Column => {
        const i = index.get(column.name);
        if (i === undefined || (column.kind !== "numeric" && column.kind !== "boolean")) return column;
        return { kind: "numeric", name: column.name, values: scaled(column.values, state, i) };
      });
      return { rows: frame.rows, columns };
    },
    toOnnx(graph, frame) {
      return frame.map((part) => {
        if (part.kind !== "numbers") return part;
        const at = part.columns.map((column) => index.get(column.name));
        if (at.every((i) => i === undefined)) return part;
        const center = doubles(
          graph,
          at.map((i) => (i === undefined ? 0 : state.center[i])),
        );
        const divisor = doubles(
          graph,
          at.map((i) => (i === undefined ? 1 : state.divisor[i])),
        );
        const columns = part.columns.map((column, c) =>
          at[c] === undefined ? column : { ...column, kind: "numeric" as const },
        );
        const { lambdas } = state;
        const value = lambdas
          ? yeoJohnsonInGraph(
              graph,
              part.value,
              at.map((i) => (i === undefined ? 1 : lambdas[i])),
            )
          : part.value;
        return { ...part, columns, value: graph.apply("Div", [graph.apply("Sub", [value, center]), divisor]) };
      });
    },
  };
}

function scaled(values: Float64Array, { center, divisor, lambdas }: State, i: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let row = 0; row < out.length; row++) {
    const value = lambdas ? yeoJohnson(values[row], lambdas[i]) : values[row];
    out[row] = (value - center[i]) / divisor[i];
  }
  return out;
}
