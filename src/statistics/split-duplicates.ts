import type { Column, Dataset } from "../core/dataset.ts";

export interface Duplicates {
  /** [rows] the first row that is identical in every feature and the target; the row itself when there is none before */
  readonly first: Int32Array;
  /** Rows identical to an earlier row in every feature and the target. */
  readonly duplicateRows: number;
  /** Rows whose features all equal those of a row of another class. */
  readonly conflictingRows: number;
}

/** Finds identical rows; a missing value equals a missing value. Hashes the rows and compares where hashes agree. */
export function findDuplicates({ frame, target }: Pick<Dataset, "frame" | "target">): Duplicates {
  const { rows, columns } = frame;
  const keys = rowKeys(columns, rows);
  const alike = new Int32Array(rows);
  const byKey = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    let key = keys[row]!;
    let other = byKey.get(key);
    while (other !== undefined && !columns.every((column) => sameCell(column, other!, row))) other = byKey.get(++key);
    if (other === undefined) byKey.set(key, row);
    alike[row] = other ?? row;
  }
  const classes = target.classes.length;
  const first = new Int32Array(rows);
  const byClass = new Map<number, number>();
  const classesAlike = new Uint32Array(rows);
  let duplicateRows = 0;
  for (let row = 0; row < rows; row++) {
    const key = alike[row]! * classes + target.codes[row]!;
    const other = byClass.get(key);
    first[row] = other ?? row;
    if (other !== undefined) {
      duplicateRows++;
    } else {
      byClass.set(key, row);
      classesAlike[alike[row]!]!++;
    }
  }
  const conflictingRows = alike.reduce((sum, row) => sum + (classesAlike[row]! > 1 ? 1 : 0), 0);
  return { first, duplicateRows, conflictingRows };
}

/** 53 bits a row: two 32-bit hashes (FNV-1a and a multiplicative one) over all columns. */
function rowKeys(columns: readonly Column[], rows: number): Float64Array {
  const a = new Int32Array(rows).fill(0x811c9dc5 | 0);
  const b = new Int32Array(rows).fill(0x9747b28c | 0);
  const mix = (row: number, word: number): void => {
    a[row] = Math.imul(a[row]! ^ word, 0x01000193) ^ (a[row]! >>> 15);
    b[row] = (Math.imul(b[row]!, 0x5bd1e995) ^ word) + (b[row]! >>> 13);
  };
  const double = new Float64Array(1);
  const words = new Int32Array(double.buffer);
  for (const column of columns) {
    switch (column.kind) {
      case "numeric":
      case "boolean":
        for (let row = 0; row < rows; row++) {
          const value = column.values[row]!;
          double[0] = Number.isNaN(value) ? Number.MAX_VALUE : value + 0; // -0 and 0 are equal
          mix(row, words[0]! ^ Math.imul(words[1]!, 0x85ebca6b));
        }
        break;
      case "categorical":
        for (let row = 0; row < rows; row++) mix(row, column.codes[row]!);
        break;
      case "multilabel":
        for (let row = 0; row < rows; row++) {
          mix(row, column.missing[row]!);
          for (let i = column.offsets[row]!; i < column.offsets[row + 1]!; i++) mix(row, column.codes[i]! + 2);
        }
    }
  }
  return Float64Array.from(a, (high, row) => (high >>> 0) * 0x200000 + (b[row]! >>> 11));
}

function sameCell(column: Column, one: number, other: number): boolean {
  switch (column.kind) {
    case "numeric":
    case "boolean": {
      const [x, y] = [column.values[one]!, column.values[other]!];
      return x === y || (Number.isNaN(x) && Number.isNaN(y));
    }
    case "categorical":
      return column.codes[one] === column.codes[other];
    case "multilabel": {
      const { offsets, codes, missing } = column;
      const [from, start] = [offsets[one]!, offsets[other]!];
      const length = offsets[one + 1]! - from;
      if (missing[one] !== missing[other] || offsets[other + 1]! - start !== length) return false;
      for (let i = 0; i < length; i++) if (codes[from + i] !== codes[start + i]) return false;
      return true;
    }
  }
}
