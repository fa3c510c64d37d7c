/** What every family needs: checks of its input and the facts that are saved with it. */
import type { Matrix } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { FitContext, LabelledMatrix } from "../core/family.ts";

/**
 * Checks training and validation rows before a fit.
 * @throws UserError when a class has no training row, a column holds an infinity, or NaN where it is not understood
 */
export function checkContext(context: FitContext<unknown>, family: { id: string; acceptsMissing: boolean }): void {
  const { train, validation, classes, signal } = context;
  signal.throwIfAborted();
  const present = new Set(train.y);
  for (let k = 0; k < classes; k++) {
    if (present.has(k)) continue;
    throw new UserError(`class ${k} has no row in the training part, so it cannot be learned`, {
      where: `class code ${k} of ${classes}`,
      fix: "Give the class more rows, merge it with another one, or drop it.",
    });
  }
  checkFinite(train.x, family, "training");
  checkColumns(validation.x, train.x.names);
  checkFinite(validation.x, family, "validation");
}

/** @throws UserError naming the first column with an infinity, or NaN where it is not understood */
export function checkFinite(x: Matrix, family: { id: string; acceptsMissing: boolean }, part: string): void {
  const { data, cols, names } = x;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value - value === 0) continue; // finite
    if (Number.isNaN(value) && family.acceptsMissing) continue;
    const kind = Number.isNaN(value) ? "a missing value" : "an infinite value";
    throw new UserError(`${family.id} does not accept ${kind}`, {
      where: `column ${names[i % cols]}, ${part} row ${Math.floor(i / cols) + 1}`,
      fix: Number.isNaN(value)
        ? "Add the preparation step impute, or use a family that accepts missing values (xgboost, gbm)."
        : "Remove or cap the infinite values in the data.",
    });
  }
}

/**
 * Checks that a matrix has the columns of the training, in their order.
 * @throws UserError naming the first missing, extra or moved column
 */
export function checkColumns(x: Matrix, names: readonly string[]): void {
  if (x.names === names || (x.cols === names.length && names.every((name, i) => x.names[i] === name))) return;
  const have = new Set(x.names);
  const known = new Set(names);
  const missing = names.filter((name) => !have.has(name));
  const extra = x.names.filter((name) => !known.has(name));
  const list = (all: readonly string[]): string => `${all.slice(0, 5).join(", ")}${all.length > 5 ? ", …" : ""}`;
  const moved = names.find((name, i) => x.names[i] !== name);
  const what = [
    missing.length > 0 ? `missing: ${list(missing)}` : "",
    extra.length > 0 ? `not known: ${list(extra)}` : "",
    missing.length + extra.length === 0 ? `in another order, from ${moved}` : "",
  ].filter((part) => part !== "");
  throw new UserError("the columns are not those of the training", {
    where: what.join("; "),
    fix: "Prepare the table with the preparation that was stored with the model.",
  });
}

/** [classes] weighted share of each class, which sum to 1. */
export function classShares({ y, weights }: LabelledMatrix, classes: number): Float64Array {
  const sums = new Float64Array(classes);
  y.forEach((k, i) => {
    sums[k]! += weights?.[i] ?? 1;
  });
  const total = sums.reduce((a, b) => a + b, 0);
  return sums.map((sum) => sum / total);
}

/** [columns] 1 where every value is 0 or 1. */
export function twoValued({ rows, cols, data }: Matrix): Uint8Array {
  const flags = new Uint8Array(cols).fill(rows > 0 ? 1 : 0);
  for (let i = 0; i < data.length; i++) if (data[i] !== 0 && data[i] !== 1) flags[i % cols] = 0;
  return flags;
}

/** What a saved model keeps beside the engine's own file. */
export interface ModelFacts {
  readonly columns: readonly string[];
  readonly classes: number;
  readonly rounds: number;
}

export function encodeFacts(facts: ModelFacts): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(facts));
}

/** @throws UserError when the file of that name is not among the files */
export function fileOf(files: Readonly<Record<string, Uint8Array>>, name: string): Uint8Array {
  const bytes = files[name];
  if (bytes === undefined) {
    throw new UserError(`the saved model has no file ${name}`, { fix: "Train the model again, or restore the file." });
  }
  return bytes;
}

export function decodeFacts(files: Readonly<Record<string, Uint8Array>>): ModelFacts {
  return JSON.parse(new TextDecoder().decode(fileOf(files, "facts.json"))) as ModelFacts;
}
