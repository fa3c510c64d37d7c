/** Levels of a category that become numbers by a table. */
import { z } from "zod";
import type { CategoricalColumn, NumericColumn } from "../../core/dataset.ts";
import type { OnnxBuilder, OnnxColumns } from "../../core/onnx.ts";
import { levelCodes } from "../_columns.ts";
import { whole } from "../_onnx.ts";

export const Lookup = z.object({
  name: z.string(),
  /** Levels seen in train. */
  levels: z.array(z.string()),
  /** [levels + 2] row of the table; of a missing cell and of an unknown level after those of the levels */
  rows: z.instanceof(Int32Array),
  outputs: z.array(z.string()),
  /** [rows × outputs] */
  table: z.instanceof(Float64Array),
});
export type Lookup = z.infer<typeof Lookup>;

/** [rows] row of the table for each cell */
export function tableRows(column: CategoricalColumn, { levels, rows }: Lookup): Int32Array {
  const rowOf = levelCodes(column.levels, levels).map((code) => rows[code < 0 ? levels.length + 1 : code]);
  return column.codes.map((code) => (code < 0 ? rows[levels.length] : rowOf[code]));
}

/** A column for each output. */
export function lookedUp(column: CategoricalColumn, lookup: Lookup): readonly NumericColumn[] {
  const { outputs, table } = lookup;
  const at = tableRows(column, lookup);
  return outputs.map((name, output) => {
    const values = new Float64Array(at.length);
    for (let row = 0; row < at.length; row++) values[row] = table[at[row] * outputs.length + output];
    return { kind: "numeric", name, values };
  });
}

/** `lookedUp` as nodes. */
export function lookedUpInGraph(
  graph: OnnxBuilder,
  part: Extract<OnnxColumns, { kind: "categorical" }>,
  { levels, rows, outputs, table }: Lookup,
): OnnxColumns {
  const known = graph.apply(
    "LabelEncoder",
    [part.value],
    { keys_strings: levels, values_int64s: rows.slice(0, levels.length), default_int64: rows[levels.length + 1] },
    { domain: "ai.onnx.ml" },
  );
  const at =
    part.missing === null ? known : graph.apply("Where", [part.missing, whole(graph, [rows[levels.length]]), known]);
  const width = outputs.length;
  const constant = graph.constant({ dims: [table.length / width, width], data: table });
  const gathered = graph.apply("Gather", [constant, at], { axis: 0 }); // [rows, 1, outputs]
  const value = graph.apply("Squeeze", [gathered, whole(graph, [1])]);
  return { kind: "numbers", columns: outputs.map((name) => ({ name, kind: "numeric" })), value };
}
