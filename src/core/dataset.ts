/** Numbers; NaN is a missing value, infinities are kept as they came. */
export interface NumericColumn {
  readonly kind: "numeric";
  readonly name: string;
  /** [rows] */
  readonly values: Float64Array;
}

/** 0, 1 or NaN (missing). */
export interface BooleanColumn {
  readonly kind: "boolean";
  readonly name: string;
  /** [rows] */
  readonly values: Float64Array;
}

/** One of `levels` a row. */
export interface CategoricalColumn {
  readonly kind: "categorical";
  readonly name: string;
  /** Sorted by code unit, so that the same data give the same codes. */
  readonly levels: readonly string[];
  /** [rows], -1 is a missing value */
  readonly codes: Int32Array;
}

/** Any number of `levels` a row: a patient's symptoms. Row i holds codes[offsets[i]] … codes[offsets[i + 1] - 1]. */
export interface MultilabelColumn {
  readonly kind: "multilabel";
  readonly name: string;
  readonly levels: readonly string[];
  /** [rows + 1] */
  readonly offsets: Uint32Array;
  /** ascending and without doubles within a row */
  readonly codes: Int32Array;
  /** [rows], 1 where the cell is missing: not "no symptom" but "not known" */
  readonly missing: Uint8Array;
}

export type Column = NumericColumn | BooleanColumn | CategoricalColumn | MultilabelColumn;
export type ColumnKind = Column["kind"];

/** Named columns of equal length. Columns are never changed in place. */
export interface Frame {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** The disease of each patient. */
export interface Target {
  readonly name: string;
  /** Sorted by code unit; index = class code. */
  readonly classes: readonly string[];
  /** [rows], 0 … classes.length - 1; a dataset holds no row without a target */
  readonly codes: Int32Array;
}

/** What reading the data changed or noticed; shown to the user and logged. */
export interface Notice {
  /** Stable id: "empty-column", "constant-column", "renamed-column", "rows-without-target", "inferred", … */
  readonly code: string;
  readonly message: string;
}

export interface Dataset {
  readonly name: string;
  /** Where it came from: a path or a lake:// address. */
  readonly source: string;
  /** SHA-256 over column names, kinds, levels, values, target and groups: equal content, equal hash. */
  readonly hash: string;
  /** Features only. */
  readonly frame: Frame;
  readonly target: Target;
  /** Patient or publication of each row, [rows] codes of `levels`; absent when no group column is given. */
  readonly group?: CategoricalColumn;
  /** Columns kept out of the features but kept for reports (subgroups, ids). */
  readonly extra: readonly Column[];
  readonly notices: readonly Notice[];
}

/** Row-major numbers handed to a model family. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  /** [cols], e.g. "age", "sex=F", "symptoms=fever" */
  readonly names: readonly string[];
  /** [rows × cols]; NaN only where the preparation leaves missing values in */
  readonly data: Float32Array;
}

/** Row numbers (0-based, ascending) of each part of a dataset. */
export interface Split {
  readonly seed: number;
  /** Which fold of a cross-validation is validation, from 0; absent in a hold-out. */
  readonly fold?: number;
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
  /** SHA-256 over the three parts. */
  readonly hash: string;
  readonly report: SplitReport;
}

export interface SplitReport {
  readonly method: string;
  readonly classes: readonly { name: string; train: number; validation: number; test: number }[];
  readonly groups: number | null;
  /** Rows identical to an earlier row in every feature and the target. */
  readonly duplicateRows: number;
  readonly duplicatePolicy: "together" | "drop" | "allow";
  readonly droppedRows: number;
  readonly notices: readonly Notice[];
}
