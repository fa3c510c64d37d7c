/** Rows gathered column by column, until there are enough for a batch. */
import type { LakeColumn, LakeValue, RowBatch } from "../../core/lake.ts";

export type LakeRow = Readonly<Record<string, LakeValue | undefined>>;

export interface Batches<T extends string> {
  add(table: T, row: LakeRow): void;
  /** Those that are full. */
  full(): readonly RowBatch[];
  /** All that is left. */
  rest(): readonly RowBatch[];
}

/** Rows of a batch. */
const ROWS = 8192;

interface Open {
  readonly names: readonly string[];
  columns: LakeValue[][];
  rows: number;
}

export function createBatches<T extends string>(tables: Readonly<Record<T, readonly LakeColumn[]>>): Batches<T> {
  const list = Object.entries<readonly LakeColumn[]>(tables);
  const open = new Map(
    list.map(([table, columns]): [string, Open] => {
      const names = columns.map(({ name }) => name);
      return [table, { names, columns: names.map(() => []), rows: 0 }];
    }),
  );
  const take = (least: number): readonly RowBatch[] => {
    const taken: RowBatch[] = [];
    for (const [table, state] of open) {
      if (state.rows < least) continue;
      const columns = Object.fromEntries(state.names.map((name, i) => [name, state.columns[i]!]));
      taken.push({ table, rows: state.rows, columns });
      state.columns = state.names.map(() => []);
      state.rows = 0;
    }
    return taken;
  };
  return {
    add(table, row) {
      const { names, columns } = open.get(table)!;
      for (let i = 0; i < names.length; i++) columns[i]!.push(row[names[i]!] ?? null);
      open.get(table)!.rows++;
    },
    full: () => take(ROWS),
    rest: () => take(1),
  };
}
