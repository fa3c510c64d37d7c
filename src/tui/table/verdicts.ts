import { bestValue } from "../../board/best.ts";
import type { BoardSource } from "../source.ts";
import type { TableModel } from "./model.ts";

/** What is known of runs beside their values. */
export interface Verdicts {
  /** NaN where no value is known to be better than another. */
  best(column: string): number;
  /** How a run stands to the leaderboard's first. */
  standing(row: number): "best" | "tied" | undefined;
}

/** Works each column's best value out once for what the model shows. */
export function createVerdicts({ table, directions, standing }: BoardSource, model: TableModel): Verdicts {
  let of = model.rows;
  let known = new Map<string, number>();
  return {
    best(id) {
      if (of !== model.rows) [of, known] = [model.rows, new Map()];
      const value = known.get(id) ?? bestValue(table, id, of, directions);
      known.set(id, value);
      return value;
    },
    standing: (row) => standing(table.runId(row)),
  };
}
