/** What the stored predictions of a run say for its card. */
import type { Metric, Scored } from "../../core/metric.ts";
import { topLabels } from "../../core/scored.ts";
import { f1, precision, recall, type Tally, tallyMetric, tallyOf } from "../../metrics/_tally.ts";
import { confusion } from "../../reports/_confusion.ts";
import type { ClassQuality, Estimated, Judged } from "../../reports/card/input.ts";
import { confusionPicture, reliabilityPicture } from "../../reports/charts.ts";
import { renderSvg } from "../../reports/render.ts";
import { bootstrapIntervals } from "../../statistics/bootstrap.ts";
import { reliability } from "../../statistics/reliability.ts";

/** Rows × draws × classes that the classes' intervals may cost; with more there are fewer draws. */
const COST = 5e7;
const FEWEST_DRAWS = 200;
/** Wrong answers that are listed. */
const LISTED = 30;
/** Classes of a confusion matrix that is drawn. */
const DRAWN = 30;

export interface Bootstrap {
  readonly resamples: number;
  readonly level: number;
}

/** @param units what the bootstrap draws: the patient of each row */
export function judgedOf(scored: Scored, units: Int32Array, { resamples, level }: Bootstrap): Judged {
  const patients = new Set(units).size;
  const bins = reliability(scored);
  const chart = renderSvg(reliabilityPicture(scored));
  const shared = { rows: scored.rows, patients, bins, reliability: chart };
  if (scored.ranks) return { ...shared, classes: [], resamples, confusions: [], confusion: null };
  const k = scored.classes.length;
  const draws = Math.max(FEWEST_DRAWS, Math.min(resamples, Math.floor(COST / (scored.rows + 3 * k))));
  const { names, cells } = confusion(scored);
  const wrong = cells.filter(({ truth, predicted }) => truth !== predicted);
  wrong.sort((a, b) => b.count - a.count || b.share - a.share || a.truth - b.truth || a.predicted - b.predicted);
  return {
    ...shared,
    resamples: draws,
    classes: classesOf(scored, units, { resamples: draws, level }),
    confusions: wrong.slice(0, LISTED).map(({ truth, predicted, count, share }) => ({
      truth: names[truth]!,
      predicted: names[predicted]!,
      rows: count,
      share,
    })),
    confusion: k <= DRAWN ? renderSvg(confusionPicture(scored)) : null,
  };
}

const MEASURES = { precision, recall, f1 } as const;
type Measure = keyof typeof MEASURES;

/** Precision, recall and F1 of each class with intervals, all from the same draws of patients. */
function classesOf(scored: Scored, units: Int32Array, bootstrap: Bootstrap): readonly ClassQuality[] {
  const { classes, y } = scored;
  const metrics = classes.flatMap((_, c) => (Object.keys(MEASURES) as Measure[]).map((measure) => ofClass(measure, c)));
  const found = bootstrapIntervals(scored, metrics, { ...bootstrap, seed: 1, groups: units });
  const tally = tallyOf(scored);
  const { predicted } = topLabels(scored);
  const orphans = new Set(scored.orphans);
  const rows = classes.map((name, c): ClassQuality => {
    const of = (measure: Measure, codes?: Int32Array): Estimated => {
      const resting = codes === undefined ? 0 : new Set(units.filter((_, row) => codes[row] === c)).size;
      return exact(found[`${measure} ${c}`]!, resting, bootstrap.level);
    };
    return {
      name,
      orphan: orphans.has(c),
      rows: tally.support[c]!,
      precision: of("precision", predicted),
      recall: of("recall", y),
      f1: of("f1"),
    };
  });
  const last = ({ recall: { value } }: ClassQuality): number => (Number.isNaN(value) ? 2 : value);
  return rows.sort((a, b) => last(a) - last(b) || b.rows - a.rows || (a.name < b.name ? -1 : 1));
}

function ofClass(measure: Measure, c: number): Metric {
  const compute = MEASURES[measure];
  // A draw without the class says nothing of its recall; scikit-learn's 0 there is for averages.
  const isDefined = (t: Tally): boolean =>
    measure === "recall" ? t.support[c]! > 0 : t.support[c]! + t.predicted[c]! > 0;
  const about = {
    id: `${measure} ${c}`,
    title: measure,
    description: measure,
    range: [0, 1] as const,
    headline: false,
  };
  return tallyMetric(about, (tally) => (isDefined(tally) ? compute(tally, c) : Number.NaN));
}

/**
 * Draws that agree tell nothing of the width; a share that is 0 or 1 in all of them has the exact binomial interval (Clopper and
 * Pearson 1934) instead.
 * @param patients that the share is of; 0 where it is no share
 */
function exact({ value, low, high }: Estimated, patients: number, level: number): Estimated {
  if (low < high) return { value, low, high };
  const tail = ((1 - level) / 2) ** (1 / patients);
  if (patients > 0 && value === 1) return { value, low: tail, high: 1 };
  if (patients > 0 && value === 0) return { value, low: 0, high: 1 - tail };
  return { value, low: Number.NaN, high: Number.NaN };
}
