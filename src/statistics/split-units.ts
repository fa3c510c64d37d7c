/** Sets of rows that stay on one side of the split. */
export interface Units {
  readonly count: number;
  /** [rows] unit of each row, -1 for a row that is in no part */
  readonly of: Int32Array;
  /** Unit u holds counts[i] rows of class classes[i], for i in offsets[u] … offsets[u + 1] - 1. */
  readonly offsets: Int32Array;
  readonly classes: Int32Array;
  readonly counts: Int32Array;
}

/**
 * Joins rows that share a group or a representative (union–find), transitively.
 * @param y [rows] class codes
 * @param group [rows] group codes, -1 is a row without a group; absent: no groups
 * @param first [rows] an earlier row that the row has to stay with, or the row itself; absent: none
 * @param dropped rows that are in no unit
 */
export function joinRows(
  y: Int32Array,
  group: Int32Array | undefined,
  first: Int32Array | undefined,
  dropped: (row: number) => boolean,
): Units {
  const rows = y.length;
  const parent = Int32Array.from({ length: rows }, (_, row) => row);
  const root = (row: number): number => {
    let at = row;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  const join = (a: number, b: number): void => {
    const [x, z] = [root(a), root(b)];
    parent[Math.max(x, z)] = Math.min(x, z);
  };
  const memberOf = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    if (dropped(row)) continue;
    if (first !== undefined) join(row, first[row]!);
    const code = group?.[row] ?? -1;
    if (code < 0) continue;
    const member = memberOf.get(code);
    if (member === undefined) memberOf.set(code, row);
    else join(row, member);
  }
  let count = 0;
  const unitOfRoot = new Int32Array(rows).fill(-1);
  const of = new Int32Array(rows).fill(-1);
  for (let row = 0; row < rows; row++) {
    if (dropped(row)) continue;
    const at = root(row);
    if (unitOfRoot[at] === -1) unitOfRoot[at] = count++;
    of[row] = unitOfRoot[at]!;
  }
  return { count, of, ...classCounts(of, y, count) };
}

function classCounts(of: Int32Array, y: Int32Array, count: number): Pick<Units, "offsets" | "classes" | "counts"> {
  const held = Array.from({ length: count }, () => new Map<number, number>());
  of.forEach((unit, row) => {
    if (unit >= 0) held[unit]!.set(y[row]!, (held[unit]!.get(y[row]!) ?? 0) + 1);
  });
  const offsets = new Int32Array(count + 1);
  held.forEach((map, unit) => {
    offsets[unit + 1] = offsets[unit]! + map.size;
  });
  return {
    offsets,
    classes: Int32Array.from(held.flatMap((map) => [...map.keys()])),
    counts: Int32Array.from(held.flatMap((map) => [...map.values()])),
  };
}
