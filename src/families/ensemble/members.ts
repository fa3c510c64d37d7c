import type { Matrix } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";

/** Probabilities of several models for the same patients, as an ensemble takes them. */
export interface Members {
  readonly names: readonly string[];
  /** By member, [rows × classes]. */
  readonly proba: readonly Float32Array[];
  readonly rows: number;
  readonly classes: number;
}

/** Name of a column of such a matrix. */
export const memberColumn = (member: string, code: number): string => `${member}=${code}`;

/** The member whose probabilities a column holds. */
export const memberOf = (column: string): string => column.slice(0, column.lastIndexOf("="));

/** The family of a member: the first word of its name. */
export const familyOf = (member: string): string => /^[^\s·=]*/.exec(member)![0];

/**
 * The members in a matrix that has a column MEMBER=CODE for each class code of each member, member after member.
 * @throws UserError when the matrix has another shape
 */
export function membersOf(x: Matrix, classes: number): Members {
  const count = x.cols / classes;
  if (!Number.isInteger(count) || count === 0) {
    throw new UserError(`${x.cols} columns are not the probabilities of ${classes} classes by some models`, {
      fix: "An ensemble learns from the predictions of other trials of its experiment.",
    });
  }
  const names = Array.from({ length: count }, (_, m) => memberOf(x.names[m * classes]!));
  const proba = names.map((_, m) => {
    const own = new Float32Array(x.rows * classes);
    for (let i = 0; i < x.rows; i++) {
      const from = i * x.cols + m * classes;
      own.set(x.data.subarray(from, from + classes), i * classes);
    }
    return own;
  });
  return { names, proba, rows: x.rows, classes };
}

/** Least probability that a logarithm is taken of: float32 has nothing between it and 0 worth the name. */
export const LEAST = 1e-7;

/** Mean log loss of [rows × classes] probabilities; 0 without rows. */
export function meanLogLoss(proba: ArrayLike<number>, y: Int32Array, classes: number): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum -= Math.log(Math.max(LEAST, proba[i * classes + y[i]!]!));
  return y.length === 0 ? 0 : sum / y.length;
}

/** Indices of the members, least log loss first; the earlier one where they are equal. */
export function ranked({ proba, classes }: Members, y: Int32Array): number[] {
  const losses = proba.map((p) => meanLogLoss(p, y, classes));
  return [...losses.keys()].sort((a, b) => losses[a]! - losses[b]! || a - b);
}
