import type { Trial } from "../../core/trial.ts";

/** Size of what a trial is fitted on. */
export interface Shape {
  /** Training rows. */
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
}

/** Expected seconds of trials, which the times of finished ones correct. */
export interface Costs {
  of(trial: Trial): number;
  measured(trial: Trial, seconds: number): void;
}

type Estimate = (number: (param: string, absent: number) => number, shape: Shape) => number;

/** Operations of a fit, by family; roughly, since only their order counts. */
const ESTIMATES: Readonly<Record<string, Estimate>> = {
  baseline: () => 0,
  "naive-bayes": (_, { rows, columns }) => rows * columns,
  knn: (_, { rows, columns }) => rows * rows * columns,
  logistic: (_, { rows, columns, classes }) => 150 * rows * columns * classes,
  svm: (_, { rows, columns, classes }) => 20 * rows * columns * classes + Math.min(rows, 20_000) ** 2 * columns,
  "random-forest": forest,
  "extra-trees": forest,
  xgboost: boosting,
  gbm: boosting,
  mlp: (number, { rows, columns, classes }) => 100 * number("epochs", 100) * rows * (columns + classes + 100),
  transformer: (number, { rows, columns }) => 20_000 * number("epochs", 40) * rows * Math.sqrt(columns),
  // Ranking a case takes milliseconds, and the learned ranker sees each one's candidates in both settings.
  "orphan-lr": (_, { rows }) => 2e6 * rows,
  "orphan-cases": (_, { rows }) => 4e6 * rows,
  orphan: (_, { rows }) => 5e7 * rows,
};

function forest(number: (param: string, absent: number) => number, { rows, columns }: Shape): number {
  const looked = number("max_features", Math.sqrt(columns));
  return 15 * number("n_estimators", 100) * rows * Math.log2(rows + 1) * (looked <= 1 ? looked * columns : looked);
}

function boosting(number: (param: string, absent: number) => number, { rows, columns, classes }: Shape): number {
  return number("n_estimators", 100) * rows * columns * (classes > 2 ? classes : 1);
}

const OPERATIONS_PER_SECOND = 1e9;

/**
 * Expects a time of each trial, so that the long ones can begin first. A family's expectation is multiplied by what its
 * finished trials took of theirs; before one has finished, by what all took.
 */
export function createCosts(shape: Shape): Costs {
  const taken = new Map<string, { expected: number; seconds: number }>();
  const all = { expected: 0, seconds: 0 };
  const expected = ({ family, params }: Trial): number => {
    const number = (param: string, absent: number): number => {
      const value = params[param];
      return typeof value === "number" ? value : absent;
    };
    const estimate = ESTIMATES[family] ?? boosting;
    return (estimate(number, shape) + 1e7) / OPERATIONS_PER_SECOND;
  };
  return {
    of(trial) {
      const known = taken.get(trial.family) ?? all;
      return expected(trial) * (known.expected > 0 ? known.seconds / known.expected : 1);
    },
    measured(trial, seconds) {
      const family = taken.get(trial.family) ?? { expected: 0, seconds: 0 };
      taken.set(trial.family, family);
      for (const sum of [family, all]) {
        sum.expected += expected(trial);
        sum.seconds += seconds;
      }
    },
  };
}
