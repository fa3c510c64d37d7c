import type { Column } from "../core/dataset.ts";
import type { Plan } from "./plan.ts";
import { firstTrials, type SearchView, searchView } from "./search/outlook.ts";

/** A plan as `disease exp plan` shows it. */
export interface PlanView {
  readonly experiment: string;
  readonly data: {
    readonly source: string;
    readonly hash: string;
    readonly rows: number;
    readonly target: string;
    readonly classes: readonly { readonly name: string; readonly rows: number; readonly orphan: boolean }[];
    readonly columns: readonly ColumnView[];
  };
  readonly split: {
    readonly seed: number;
    readonly method: string;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    readonly classes: readonly {
      readonly name: string;
      readonly train: number;
      readonly validation: number;
      readonly test: number;
    }[];
  };
  readonly search: SearchView;
  /** Of a search those that run first, whatever comes of them. */
  readonly trials: readonly {
    readonly key: string;
    readonly name: string;
    readonly family: string;
    readonly preparation: string;
    readonly seed: number;
  }[];
  readonly notices: readonly string[];
}

export interface ColumnView {
  readonly name: string;
  readonly role: string;
  readonly kind: string;
  /** "inferred" or "declared". */
  readonly origin: string;
  /** Fraction of the rows. */
  readonly missing: number;
  /** Range of numbers, or number of levels. */
  readonly content: string;
}

export function planView(plan: Plan): PlanView {
  const { dataset, experiment, splits, orphans } = plan;
  const { data } = experiment.config;
  const declared = "columns" in data ? data.columns : {};
  const column = (role: string, c: Column): ColumnView => ({
    name: c.name,
    role,
    kind: c.kind,
    origin: declared[c.name]?.type ? "declared" : "inferred",
    ...summarize(c),
  });
  const split = splits[0]!;
  const { target } = dataset;
  const counts = new Int32Array(target.classes.length);
  for (const code of target.codes) counts[code]!++;
  return {
    experiment: experiment.name,
    data: {
      source: dataset.source,
      hash: dataset.hash,
      rows: dataset.frame.rows,
      target: target.name,
      classes: target.classes.map((name, i) => ({ name, rows: counts[i]!, orphan: orphans.includes(i) })),
      columns: [
        ...dataset.frame.columns.map((c) => column("feature", c)),
        ...(dataset.group ? [column("group", dataset.group)] : []),
        ...dataset.extra.map((c) => column("extra", c)),
      ],
    },
    split: {
      seed: split.seed,
      method: split.report.method,
      train: split.train.length,
      validation: split.validation.length,
      test: split.test.length,
      classes: split.report.classes,
    },
    search: searchView(plan),
    trials: firstTrials(plan).map((t) => ({
      key: t.key,
      name: t.name,
      family: t.family,
      preparation: t.preparation.name,
      seed: t.seed,
    })),
    notices: [...dataset.notices, ...split.report.notices].map((n) => n.message),
  };
}

function summarize(column: Column): Pick<ColumnView, "missing" | "content"> {
  if (column.kind === "numeric" || column.kind === "boolean") {
    let [missing, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of column.values) {
      if (Number.isNaN(value)) missing++;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const n = column.values.length;
    return { missing: missing / n, content: missing === n ? "" : `${low} … ${high}` };
  }
  const missing =
    column.kind === "categorical"
      ? column.codes.filter((c) => c < 0).length
      : column.missing.filter((m) => m === 1).length;
  const rows = column.kind === "categorical" ? column.codes.length : column.missing.length;
  return {
    missing: missing / rows,
    content: `${column.levels.length} ${column.kind === "categorical" ? "levels" : "labels"}`,
  };
}
