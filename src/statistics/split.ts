import type { Dataset, Notice, Split, SplitReport } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { hashBytes } from "../core/hash.ts";
import { createRng } from "../core/rng.ts";
import { crossingNotices, refuseBadParts } from "./split-check.ts";
import { type Draw, drawUnits } from "./split-draw.ts";
import { type Duplicates, findDuplicates } from "./split-duplicates.ts";
import { drawFolds } from "./split-folds.ts";
import { joinRows, type Units } from "./split-units.ts";

export interface SplitOptions {
  /** Fractions of the rows; each above 0, together 1. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Draws the test rows, and nothing else does: they stay the same whatever `seed` is. */
  readonly testSeed: number;
  /** Draws validation from the rows that are not test. */
  readonly seed: number;
  readonly stratify: boolean;
  /** What is done with rows that are identical in every feature and the target. */
  readonly duplicates: SplitReport["duplicatePolicy"];
  /** Codes of classes that are drawn as if they were one, so that some of them may have no row in train. */
  readonly asOne?: readonly number[];
  /** Row numbers of a split made elsewhere, instead of drawing one; all other rows are train. */
  readonly predefined?: { readonly validation: Int32Array; readonly test: Int32Array };
}

type Splittable = Pick<Dataset, "frame" | "target" | "group">;

/**
 * Divides the rows into train, validation and test.
 *
 * The units that are drawn are rows; with a group column groups; with `duplicates: "together"` identical rows are joined
 * too, also across groups. "drop" leaves later identical rows out of all parts, "allow" treats them as rows like others.
 * First test is drawn (`testSeed`), then validation from the rest (`seed`); what remains is train.
 *
 * Stratified: of a class of n rows, test gets round(test · n) and validation round(validation · n), each at least 1;
 * but a class of one unit is in train only, one of two units in train and test, one of three in each. Units of several
 * rows or classes are taken as far as they bring the counts nearer to these (split-draw.ts), so that sizes are near the
 * fractions, not equal to them. Every class is in train, stratified or not.
 *
 * Classes `asOne` (rare ones that knowledge stands in for) are one class in all of this.
 *
 * A predefined split is checked and reported, and never changed.
 * @throws UserError, with counts, when a part would be empty, a group crosses, or fractions do not add up
 */
export function splitDataset(dataset: Splittable, options: SplitOptions): Split {
  checkFractions(options);
  const duplicates = findDuplicates(dataset);
  const { predefined } = options;
  const drawn =
    predefined === undefined ? draw(joined(dataset, options), options, duplicates) : complete(dataset, predefined);
  const method = predefined === undefined ? methodOf(options, dataset) : "predefined row numbers";
  return asSplit(dataset, options, duplicates, drawn, method);
}

/**
 * Cross-validation: the test rows of `splitDataset`, and the rest divided into folds, each being validation once while the
 * others are train. Units and strata are as there; `validation` and `train` of the options do not count. A class of which
 * only one unit is not test is in train in every fold, since a model has to have seen it.
 * @param folds ≥ 2
 * @returns one split a fold
 * @throws UserError, with counts, when a part would be empty or a fold has no rows
 */
export function splitFolds(dataset: Splittable, options: SplitOptions, folds: number): readonly Split[] {
  checkFractions(options);
  const duplicates = findDuplicates(dataset);
  const method = `${folds} folds; ${methodOf(options, dataset)}`;
  const classes = joined(dataset, options);
  const drawing = startDraw(classes, options, duplicates);
  return drawFolds(drawing.units, drawing.rest, {
    folds,
    classes: classes.target.classes.length,
    stratify: options.stratify,
    rng: createRng(options.seed),
  }).map((validation, fold) => ({
    ...asSplit(dataset, options, duplicates, partsOf(drawing, validation), method),
    fold,
  }));
}

function asSplit(
  dataset: Splittable,
  options: SplitOptions,
  duplicates: Duplicates,
  drawn: Parts,
  method: string,
): Split {
  const { train, validation, test } = drawn;
  refuseBadParts(joined(dataset, options), drawn);
  const notices = [...duplicateNotices(duplicates), ...crossingNotices(duplicates, drawn), ...drawn.notices];
  return {
    seed: options.seed,
    train,
    validation,
    test,
    hash: hashBytes("train", train, "validation", validation, "test", test),
    report: {
      method,
      classes: dataset.target.classes.map((name, code) => ({
        name,
        train: countOf(dataset, train, code),
        validation: countOf(dataset, validation, code),
        test: countOf(dataset, test, code),
      })),
      groups: dataset.group?.levels.length ?? null,
      duplicateRows: duplicates.duplicateRows,
      duplicatePolicy: options.duplicates,
      droppedRows: dataset.frame.rows - train.length - validation.length - test.length,
      notices,
    },
  };
}

/** The same rows, with the classes that are drawn as one in one. */
function joined(dataset: Splittable, { asOne = [] }: SplitOptions): Splittable {
  if (asOne.length < 2) return dataset;
  const { target } = dataset;
  const own = [...target.classes.keys()].filter((code) => !asOne.includes(code));
  const place = new Map(own.map((code, i) => [code, i]));
  const classes = [...own.map((code) => target.classes[code]!), `${asOne.length} orphan classes`];
  const codes = target.codes.map((code) => place.get(code) ?? own.length);
  return { ...dataset, target: { ...target, classes, codes } };
}

interface Parts extends Pick<Split, "train" | "validation" | "test"> {
  readonly notices: readonly Notice[];
}

/** Units, and which of them are test. */
interface Drawing {
  readonly units: Units;
  readonly test: ReadonlySet<number>;
  /** The units that are not test. */
  readonly rest: readonly number[];
  /** Rows wanted of a part, and of each class; none of a class of fewer units than `fewest`. */
  wanted(fraction: number, fewest: number): Pick<Draw, "quotas" | "total">;
  readonly notices: readonly Notice[];
}

function startDraw({ target, group }: Splittable, options: SplitOptions, { first }: Duplicates): Drawing {
  const { duplicates, stratify } = options;
  const dropped = (row: number): boolean => duplicates === "drop" && first[row] !== row;
  const units = joinRows(target.codes, group?.codes, duplicates === "together" ? first : undefined, dropped);
  const { rowsOf, unitsOf } = perClass(units, target.classes.length);
  const present = rowsOf.reduce((sum, n) => sum + n, 0);
  const wanted = (fraction: number, fewest: number) => {
    if (!stratify) return { total: Math.round(fraction * present) };
    const quotas = rowsOf.map((n, c) => (unitsOf[c]! < fewest ? 0 : Math.max(1, Math.round(fraction * n))));
    return { quotas, total: quotas.reduce((sum, n) => sum + n, 0) };
  };
  const all = Array.from({ length: units.count }, (_, unit) => unit);
  const reserve = unitsOf.map((n) => (stratify && n > 2 ? 2 : 1)); // train's unit, and validation's where there are three
  const test = drawUnits(units, all, { ...wanted(options.test, 2), reserve }, createRng(options.testSeed));
  const notices = rareNotices(target.classes, unitsOf, group !== undefined);
  return { units, test, rest: all.filter((unit) => !test.has(unit)), wanted, notices };
}

function draw(dataset: Splittable, options: SplitOptions, duplicates: Duplicates): Parts {
  const drawing = startDraw(dataset, options, duplicates);
  const reserve = Int32Array.from(dataset.target.classes, () => 1);
  const wanted = { ...drawing.wanted(options.validation, 3), reserve };
  return partsOf(drawing, drawUnits(drawing.units, drawing.rest, wanted, createRng(options.seed)));
}

function partsOf({ units, test, notices }: Drawing, validation: ReadonlySet<number>): Parts {
  const rows = Int32Array.from(units.of.keys());
  return {
    train: rows.filter((row) => units.of[row]! >= 0 && !test.has(units.of[row]!) && !validation.has(units.of[row]!)),
    validation: rows.filter((row) => validation.has(units.of[row]!)),
    test: rows.filter((row) => test.has(units.of[row]!)),
    notices,
  };
}

function complete({ frame }: Splittable, predefined: { validation: Int32Array; test: Int32Array }): Parts {
  const named = new Set([...predefined.validation, ...predefined.test]);
  return {
    train: Int32Array.from({ length: frame.rows }, (_, row) => row).filter((row) => !named.has(row)),
    validation: predefined.validation.slice().sort(),
    test: predefined.test.slice().sort(),
    notices: [],
  };
}

function checkFractions({ train, validation, test }: SplitOptions): void {
  const shown = `train ${train}, validation ${validation}, test ${test}`;
  const fix = "Give three fractions above 0 that add up to 1, e.g. 0.7, 0.2 and 0.1.";
  if (![train, validation, test].every((f) => f > 0 && f < 1)) {
    throw new UserError(`each fraction of the split has to be between 0 and 1 (${shown})`, { where: "split", fix });
  }
  if (Math.abs(train + validation + test - 1) > 1e-9) {
    throw new UserError(`the fractions of the split do not add up to 1 (${shown})`, { where: "split", fix });
  }
}

function perClass(units: Units, classes: number): { rowsOf: Int32Array; unitsOf: Int32Array } {
  const rowsOf = new Int32Array(classes);
  const unitsOf = new Int32Array(classes);
  units.classes.forEach((c, i) => {
    rowsOf[c]! += units.counts[i]!;
    unitsOf[c]!++;
  });
  return { rowsOf, unitsOf };
}

function countOf({ target }: Splittable, rows: Int32Array, code: number): number {
  let count = 0;
  for (const row of rows) if (target.codes[row] === code) count++;
  return count;
}

function duplicateNotices({ duplicateRows, conflictingRows }: Duplicates): Notice[] {
  const notices: Notice[] = [];
  if (duplicateRows > 0) {
    const message = `${duplicateRows} rows are identical to an earlier one in every feature and the target`;
    notices.push({ code: "duplicate-rows", message });
  }
  if (conflictingRows > 0) {
    const message = `${conflictingRows} rows have the same features as a row of another class`;
    notices.push({ code: "conflicting-rows", message });
  }
  return notices;
}

function rareNotices(classes: readonly string[], unitsOf: Int32Array, grouped: boolean): Notice[] {
  const what = grouped ? "group" : "patient";
  const named = (n: number): string => classes.filter((_, c) => unitsOf[c] === n).join(", ");
  const notices: Notice[] = [];
  if (named(1) !== "") {
    notices.push({ code: "rare-classes", message: `classes of one ${what}, in train only: ${named(1)}` });
  }
  if (named(2) !== "") {
    notices.push({ code: "rare-classes", message: `classes of two ${what}s, not in validation: ${named(2)}` });
  }
  return notices;
}

function methodOf(options: SplitOptions, { group, target }: Splittable) {
  const { train, validation, test, seed, testSeed, stratify, duplicates, asOne = [] } = options;
  const shares = [train, validation, test].map((f) => Math.round(f * 1000) / 10).join("/");
  const identical = { together: "kept together", drop: "dropped", allow: "treated like others" }[duplicates];
  return [
    `${shares} by ${group ? "group" : "row"}${stratify ? ", stratified by class" : ""}`,
    `test drawn with seed ${testSeed}, validation with seed ${seed}`,
    ...(target.classes.length > 1
      ? [`a class of one unit is in train only${stratify ? ", of two in train and test, of three in each part" : ""}`]
      : []),
    `identical rows ${identical}`,
    ...(asOne.length > 1 ? [`${asOne.length} orphan classes drawn as one`] : []),
  ].join("; ");
}
