import type { WritableRunTable } from "../../src/core/board/board.ts";
import { createRunTable } from "../../src/core/board/run-table.ts";

export type Cells = Readonly<Record<string, number | string | undefined>>;

/** Writes runs by name: numbers and texts by column id; active and finished unless they say otherwise. */
export function fill(table: WritableRunTable, runs: Readonly<Record<string, Cells>>): void {
  for (const [runId, cells] of Object.entries(runs)) {
    const row = table.add(runId);
    const all = {
      "attributes.run_name": runId,
      "attributes.status": "FINISHED",
      "attributes.lifecycle": "active",
      ...cells,
    };
    for (const [id, value] of Object.entries(all)) {
      if (value === undefined) continue;
      if (typeof value === "number") table.setNumber(id, row, value);
      else table.setText(id, row, value);
    }
  }
  table.commit();
}

export function tableOf(runs: Readonly<Record<string, Cells>>): WritableRunTable {
  const table = createRunTable();
  fill(table, runs);
  return table;
}

export const names = (table: WritableRunTable, rows: Int32Array): string[] => [...rows].map((row) => table.runId(row));
