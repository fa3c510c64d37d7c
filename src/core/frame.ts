import type { CategoricalColumn, Column, Dataset, Frame, Matrix, MultilabelColumn } from "./dataset.ts";

/** The rows of a column in the order given; a row may be taken more than once. */
export function selectColumnRows<C extends Column>(column: C, rows: Int32Array): C;
export function selectColumnRows(column: Column, rows: Int32Array): Column {
  switch (column.kind) {
    case "numeric":
    case "boolean":
      return { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) };
    case "categorical":
      return { ...column, codes: rows.map((row) => column.codes[row]!) } satisfies CategoricalColumn;
    case "multilabel":
      return selectMultilabel(column, rows);
  }
}

/** The rows of a frame in the order given, as a new frame; levels are kept, also those that no longer occur. */
export function selectRows(frame: Frame, rows: Int32Array): Frame {
  return { rows: rows.length, columns: frame.columns.map((column) => selectColumnRows(column, rows)) };
}

/**
 * The rows of row-major `data` [… × cols] in the order given, written into `out`; a row may be taken more than once.
 * @returns [rows.length × cols]
 */
export function takeRows(
  data: Float32Array,
  cols: number,
  rows: ArrayLike<number>,
  out: Float32Array = new Float32Array(rows.length * cols),
): Float32Array {
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * cols;
    out.set(data.subarray(from, from + cols), i * cols);
  }
  return out;
}

/**
 * Row-major Float32 numbers of a frame whose columns are all numeric or boolean; missing values stay NaN.
 * @throws TypeError naming the first column that is neither: it has to be encoded before
 */
export function frameToMatrix(frame: Frame): Matrix {
  const { rows, columns } = frame;
  const cols = columns.length;
  const data = new Float32Array(rows * cols);
  columns.forEach((column, j) => {
    if (column.kind !== "numeric" && column.kind !== "boolean") {
      throw new TypeError(`column ${JSON.stringify(column.name)} is ${column.kind}, not numeric: encode it first`);
    }
    const { values } = column;
    for (let row = 0, at = j; row < rows; row++, at += cols) data[at] = values[row]!;
  });
  return { rows, cols, names: columns.map((column) => column.name), data };
}

function selectMultilabel(column: MultilabelColumn, rows: Int32Array): MultilabelColumn {
  const { offsets: from, codes: all } = column;
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => {
    offsets[i + 1] = offsets[i]! + from[row + 1]! - from[row]!;
  });
  const codes = new Int32Array(offsets[rows.length]!);
  rows.forEach((row, i) => {
    codes.set(all.subarray(from[row], from[row + 1]), offsets[i]);
  });
  return { ...column, offsets, codes, missing: Uint8Array.from(rows, (row) => column.missing[row]!) };
}

/**
 * [rows] patient of each row: its group, or the row itself where it has none. What a bootstrap draws.
 * @param rows row numbers of the dataset
 */
export function unitsOf({ group }: Pick<Dataset, "group">, rows: Int32Array): Int32Array {
  if (!group) return rows;
  return rows.map((row) => (group.codes[row] < 0 ? group.levels.length + row : group.codes[row]));
}
