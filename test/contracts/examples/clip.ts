import { z } from "zod";
import type { Column, Frame } from "../../../src/core/dataset.ts";
import type { FittedStep, Step } from "../../../src/core/step.ts";

const Params = z.strictObject({
  margin: z.number().min(0).default(0).describe("How far beyond the training range a value may lie, in ranges"),
});

const State = z.object({
  names: z.array(z.string()),
  low: z.instanceof(Float64Array),
  high: z.instanceof(Float64Array),
});

/** Keeps new values within the range seen in train; missing values stay missing. */
export const step: Step<z.infer<typeof Params>> = {
  id: "clip",
  title: "Clip",
  description: "Keeps numbers within the range of the training rows",
  params: Params,

  fit({ frame, params, signal }) {
    signal.throwIfAborted();
    const columns = frame.columns.filter((column) => column.kind === "numeric");
    const ends = columns.map(({ values }): [number, number] => {
      const seen = values.filter((value) => !Number.isNaN(value));
      const low = seen.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      const high = seen.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const room = high > low ? params.margin * (high - low) : 0;
      return seen.length === 0 ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [low - room, high + room];
    });
    return fitted({
      names: columns.map((column) => column.name),
      low: Float64Array.from(ends, ([low]) => low),
      high: Float64Array.from(ends, ([, high]) => high),
    });
  },

  load: (state) => fitted(State.parse(state)),
};

function fitted(state: z.infer<typeof State>): FittedStep {
  const clip = (column: Column): Column => {
    const i = state.names.indexOf(column.name);
    if (i < 0 || column.kind !== "numeric") return column;
    return { ...column, values: column.values.map((v) => Math.min(state.high[i], Math.max(state.low[i], v))) };
  };
  return { state, transform: (frame: Frame) => ({ rows: frame.rows, columns: frame.columns.map(clip) }) };
}
