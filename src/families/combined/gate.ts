/** What tells patients with a common disease from those with an orphan one, beside how well an orphan disease fits. */
import type { Matrix } from "../../core/dataset.ts";

/** Share of the patients on either side in whom a column has to be filled for both to have it. */
const FILLED = 0.2;
/** Share of patients that the filling of one column may tell the side of; beyond it is said. */
const TELLTALE = 0.95;

/** How often each column is filled, and how often it is above 0, on either side. */
interface Fill {
  readonly filled: readonly [common: Float64Array, orphan: Float64Array];
  readonly positive: readonly [common: Float64Array, orphan: Float64Array];
}

/** @param side [rows] 1: an orphan disease */
function fillOf({ rows, cols, data }: Matrix, side: Uint8Array): Fill {
  const zeros = (): [Float64Array, Float64Array] => [new Float64Array(cols), new Float64Array(cols)];
  const [filled, positive] = [zeros(), zeros()];
  const all = [0, 0];
  for (let row = 0; row < rows; row++) {
    all[side[row]]++;
    for (let j = 0; j < cols; j++) {
      const value = data[row * cols + j];
      if (!Number.isNaN(value)) filled[side[row]][j]++;
      if (value > 0) positive[side[row]][j]++;
    }
  }
  for (const counts of [filled, positive])
    counts.forEach((list, s) => {
      list.forEach((n, j) => {
        list[j] = n / Math.max(1, all[s]);
      });
    });
  return { filled, positive };
}

/**
 * The columns that the gate may read. `shared` are those that patients of both sides have: a number or category that is filled in a fifth
 * of either, a term that some of either have. A column that one side alone has tells who was asked, not what the patient has.
 * @param slotOf [columns] ≥ 0 for a term
 */
export function gateColumns(
  x: Matrix,
  side: Uint8Array,
  slotOf: Int32Array,
  kind: "shared" | "evidence" | "all",
): Int32Array {
  if (kind === "evidence") return new Int32Array(0);
  const { filled, positive } = fillOf(x, side);
  const both = (j: number): boolean =>
    slotOf[j] >= 0 ? Math.min(positive[0][j], positive[1][j]) > 0 : Math.min(filled[0][j], filled[1][j]) >= FILLED;
  return Int32Array.from(x.names.keys()).filter((j) => (kind === "all" ? true : both(j)));
}

/** The column of which being filled alone tells the sides apart best, where that is nearly always; undefined where none does. */
export function telltale(x: Matrix, side: Uint8Array): { readonly name: string; readonly share: number } | undefined {
  const { filled } = fillOf(x, side);
  const orphans = side.reduce((sum, s) => sum + s, 0) / side.length;
  let best: { name: string; share: number } | undefined;
  for (const [j, name] of x.names.entries()) {
    const common = (1 - orphans) * filled[0][j] + orphans * (1 - filled[1][j]);
    const share = Math.max(common, 1 - common);
    if (share > Math.max(TELLTALE, orphans, 1 - orphans, best?.share ?? 0)) best = { name, share };
  }
  return best;
}
