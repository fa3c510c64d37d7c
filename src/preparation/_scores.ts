/** How much a column says about the class: higher is better, NaN where the score is not defined. */
export type Score = (values: Float64Array, y: Int32Array, classes: number) => number;

const BINS = 10;

/** Variance over all rows (population), in two passes. */
export const variance: Score = (values) => {
  const center = sum(values) / values.length;
  return squares(values, () => center) / values.length;
};

/** One-way ANOVA F, as scikit-learn's f_classif; Infinity where the column does not vary within any class. */
export const anovaF: Score = (values, y, classes) => {
  const counts = sumByClass(y, classes);
  const means = sumByClass(y, classes, values).map((total, code) => total / counts[code]);
  const center = sum(values) / values.length;
  let between = 0;
  let present = 0;
  for (let code = 0; code < classes; code++) {
    if (counts[code] === 0) continue;
    present++;
    between += counts[code] * (means[code] - center) ** 2;
  }
  const within = squares(values, (row) => means[y[row]]);
  return between / (present - 1) / (within / (values.length - present));
};

/** χ² of the class sums of a column that is never negative, as scikit-learn's chi2. */
export const chiSquare: Score = (values, y, classes) => {
  const counts = sumByClass(y, classes);
  const observed = sumByClass(y, classes, values);
  const total = sum(values);
  let score = 0;
  for (let code = 0; code < classes; code++) {
    if (counts[code] === 0) continue;
    const expected = (total * counts[code]) / values.length;
    score += (observed[code] - expected) ** 2 / expected;
  }
  return score;
};

/**
 * Mutual information with the class in nats: the plug-in estimate over 10 equal-frequency bins, in which equal values
 * share the bin of their middle rank. (scikit-learn's mutual_info_classif estimates by nearest neighbours instead.)
 */
export const mutualInformation: Score = (values, y, classes) => {
  const n = values.length;
  const bins = equalFrequencyBins(values);
  const joint = new Float64Array(BINS * classes);
  for (let row = 0; row < n; row++) joint[bins[row] * classes + y[row]]++;
  const byBin = sumByClass(bins, BINS);
  const byClass = sumByClass(y, classes);
  let score = 0;
  for (let bin = 0; bin < BINS; bin++) {
    for (let code = 0; code < classes; code++) {
      const count = joint[bin * classes + code];
      if (count > 0) score += (count / n) * Math.log((count * n) / (byBin[bin] * byClass[code]));
    }
  }
  return score;
};

/** [rows] 0 … 9 */
function equalFrequencyBins(values: Float64Array): Int32Array {
  const n = values.length;
  const sorted = values.toSorted();
  const binOf = new Map<number, number>();
  for (let from = 0, to = 0; from < n; from = to) {
    while (to < n && sorted[to] === sorted[from]) to++;
    binOf.set(sorted[from], Math.floor((BINS * (from + to)) / (2 * n)));
  }
  return Int32Array.from(values, (value) => binOf.get(value) ?? 0);
}

/** [classes] sums of the values of each class, or its rows where no values are given. */
function sumByClass(y: Int32Array, classes: number, values?: Float64Array): Float64Array {
  const sums = new Float64Array(classes);
  for (let row = 0; row < y.length; row++) sums[y[row]] += values === undefined ? 1 : values[row];
  return sums;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let row = 0; row < values.length; row++) total += values[row];
  return total;
}

/** Sum of squared distances to a centre. */
function squares(values: Float64Array, centerOf: (row: number) => number): number {
  let total = 0;
  for (let row = 0; row < values.length; row++) total += (values[row] - centerOf(row)) ** 2;
  return total;
}
