/** What a combined model is made of. */
import type { FittedModel } from "../../core/family.ts";
import type { SharesOf } from "./shares.ts";

export interface State {
  readonly columns: readonly string[];
  readonly classes: number;
  /** [columns] what stands for a missing value where a model understands none */
  readonly fills: Float32Array;
  /** Class codes, ascending, that the table's model tells apart; one alone needs none. */
  readonly common: Int32Array;
  /** Columns that it reads, and whether it understands missing values. */
  readonly commonColumns: Int32Array;
  readonly commonMissing: boolean;
  /** Class codes that are ranked, ascending. */
  readonly orphans: Int32Array;
  /** Of what is left for none of these: how much goes to the class of that name (-1: there is none). The classes of which nothing is known share the rest. */
  readonly none: number;
  readonly nonePart: number;
  readonly unknown: Int32Array;
  readonly shares: SharesOf;
  /** [columns] place of the column's term in `ratios`, -1 where it is none */
  readonly slotOf: Int32Array;
  /** [terms × orphans] what a term that is present adds to a class's score */
  readonly ratios: Float64Array;
  /** Columns that tell common from orphan, beside how well the best orphan classes fit. */
  readonly gateColumns: Int32Array;
}

export interface Parts {
  /** Absent where there are fewer than two common classes. */
  readonly common?: FittedModel;
  /** Absent where there are no common classes, or no orphan ones. */
  readonly gate?: FittedModel;
}

/** What a class of which nothing is known gets at most, of what the best known one has: it is never the answer. */
export const UNKNOWN = 0.5;
