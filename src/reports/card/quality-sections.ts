import { looksText } from "../gate.ts";
import { type Block, type Column, count, facts, gap, interval, number, type Section, text } from "./blocks.ts";
import type { CardInput, Judged, JudgedByGate, Measured } from "./input.ts";

const VALIDATION = "val_";
const ALL_ANNOTATIONS = "_all_annotations";
/** Rows that tables of classes, features and wrong answers have at most. */
const CLASSES = 200;
const FEATURES = 20;

const numbers = (...titles: readonly string[]): readonly Column[] => titles.map((title) => ({ title, numeric: true }));
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What is measured, and how its uncertainty is found. */
export function metricsSection({ experiment, judged, run }: CardInput): Section {
  const unit = unitOf(experiment);
  const level = percent(experiment?.bootstrap.level ?? 0.95);
  const items = [
    `Ranked by ${experiment?.rankMetric ?? run.tags["disease.rank_metric"] ?? "an unknown metric"} on validation.`,
    `Intervals are ${level} percentile bootstrap intervals over ${judged ? count(judged.patients, unit) : `${unit}s`}: all rows of one are drawn together. "–": all draws agree, or it is not defined in too many, which is no certainty.`,
  ];
  if (experiment?.input === "cases") {
    items.push(
      "topN: share of cases whose disease is among the first N; mrr: mean of 1 / its place. Figures with all annotations also rest on what the case's own publication says, which flatters; those without are what a new patient gets.",
    );
  } else {
    items.push(
      "Precision, recall and F1 as scikit-learn's, with 0 for division by 0. ECE: mean distance of confidence and share of right answers, in 15 bins.",
    );
  }
  return { id: "metrics", title: "Metrics", blocks: [{ kind: "list", items }] };
}

/** What the bootstrap draws. */
const unitOf = (experiment: CardInput["experiment"]): string =>
  experiment?.input === "cases" ? "publication" : "patient";

/** All figures: of validation, then of the gate's test patients. */
export function quantitative(input: CardInput): Section {
  const { judged } = input;
  return {
    id: "quantitative-analyses",
    title: "Quantitative analyses",
    blocks: [],
    sections: [
      overall(input),
      ...(judged ? byClass(judged) : []),
      bySubgroup(input),
      ...(judged ? calibration(input, judged) : []),
      ...(judged && judged.classes.length > 0 ? [confusions(judged)] : []),
      ...features(input),
      gates(input),
      footprint(input),
      ...comparison(input),
    ],
  };
}

function overall({ run, experiment, judged }: CardInput): Section {
  const metrics = run.metrics.filter(({ key }) => key.startsWith(VALIDATION));
  const plain = metrics.filter(({ key }) => !key.endsWith(ALL_ANNOTATIONS));
  const row = ({ key, value, low, high }: Measured): string[] => [
    key.slice(VALIDATION.length),
    number(value),
    interval(low, high),
  ];
  const where = judged
    ? `${count(judged.rows, "validation row")} of ${count(judged.patients, unitOf(experiment))}`
    : "validation";
  const cases = experiment?.input === "cases";
  const blocks: Block[] = [
    {
      kind: "table",
      caption: `Metrics on ${where}${cases ? ", as for a new patient" : ""}`,
      columns: [{ title: "metric" }, ...numbers("value", "interval")],
      rows: plain.map(row),
    },
  ];
  if (plain.length < metrics.length) {
    blocks.push({
      kind: "table",
      caption: "The same with all annotations, which flatters",
      columns: [{ title: "metric" }, ...numbers("value", "interval")],
      rows: metrics.filter(({ key }) => key.endsWith(ALL_ANNOTATIONS)).map(row),
    });
  }
  return { id: "overall", title: "Overall, on validation", blocks };
}

function byClass({ classes, resamples }: Judged): Section[] {
  if (classes.length === 0) return [];
  const shown = classes.slice(0, CLASSES);
  const rest = classes.length - shown.length;
  return [
    {
      id: "by-class",
      title: "By class, on validation",
      blocks: [
        {
          kind: "table",
          caption: `The worst recall first; intervals of ${resamples} draws, exact ones where no draw differs${rest > 0 ? `; ${rest} classes more are not listed` : ""}`,
          columns: [
            { title: "class" },
            { title: "orphan" },
            ...numbers("rows", "recall", "interval", "precision", "interval", "F1", "interval"),
          ],
          rows: shown.map(({ name, orphan, rows, recall, precision, f1 }) => [
            name,
            orphan ? "yes" : "",
            String(rows),
            ...[recall, precision, f1].flatMap(({ value, low, high }) => [number(value), interval(low, high)]),
          ]),
        },
      ],
    },
  ];
}

function bySubgroup({ subgroups: { groups, metrics, problem } }: CardInput): Section {
  const blocks: Block[] =
    groups.length === 0
      ? [gap(problem ?? "performance by subgroup: none is named in the facts file", "the study team")]
      : [
          {
            kind: "table",
            caption: "Validation patients by subgroup",
            columns: [
              { title: "subgroup" },
              ...numbers("patients", ...metrics.flatMap((metric) => [metric, "interval"])),
            ],
            rows: groups.map(({ column, label, patients, values }) => [
              `${column} ${label}`,
              String(patients),
              ...values.flatMap(({ value, low, high }) => [number(value), interval(low, high)]),
            ]),
          },
        ];
  return { id: "by-subgroup", title: "By subgroup, on validation", blocks };
}

function calibration({ run, trial, experiment }: CardInput, judged: Judged): Section[] {
  const bins = judged.bins.filter(({ rows }) => rows > 0);
  if (bins.length === 0) return [];
  const ece = run.metrics.find(({ key }) => key === "val_ece");
  const what = experiment?.input === "cases" ? "the first disease" : "the most probable class";
  const found = ece ? ` ECE ${number(ece.value)} (${interval(ece.low, ece.high)}).` : "";
  const how = experiment?.input === "cases" || trial === null ? "" : ` Calibration: ${trial.calibrate}.`;
  return [
    {
      id: "calibration",
      title: "Calibration, on validation",
      blocks: [
        text(`Probability of ${what} against the share of right answers.${found}${how}`),
        {
          kind: "figure",
          caption: "Reliability; the table below has its numbers",
          alt: `Share of right answers by confidence for ${judged.rows} validation rows in ${bins.length} occupied bins, with 95 % intervals; the numbers are in the table that follows.`,
          svg: judged.reliability,
        },
        {
          kind: "table",
          caption: "Reliability by bin of confidence",
          columns: [{ title: "confidence" }, ...numbers("rows", "mean confidence", "share right")],
          rows: bins.map(({ low, high, rows, confidence, accuracy }) => [
            `${low.toFixed(2)} … ${high.toFixed(2)}`,
            String(rows),
            number(confidence),
            number(accuracy),
          ]),
        },
      ],
    },
  ];
}

function confusions({ confusions: wrong, confusion, rows }: Judged): Section {
  const blocks: Block[] = [];
  if (confusion !== null) {
    blocks.push({
      kind: "figure",
      caption: "Confusion matrix",
      alt: `True against predicted class of ${rows} validation rows; wrong answers are in the table that follows.`,
      svg: confusion,
    });
  }
  blocks.push(
    wrong.length === 0
      ? text(`None of the ${rows} validation rows was given a wrong class.`)
      : {
          kind: "table",
          caption: "Wrong answers, the most frequent first",
          columns: [{ title: "true class" }, { title: "predicted" }, ...numbers("rows", "share of the class")],
          rows: wrong.map((cell) => [cell.truth, cell.predicted, String(cell.rows), percent(cell.share)]),
        },
  );
  return { id: "confusions", title: "Confusions, on validation", blocks };
}

function features({ importances }: CardInput): Section[] {
  if (!importances || importances.features.length === 0) return [];
  const shown = importances.features.slice(0, FEATURES);
  return [
    {
      id: "features",
      title: "Features that weigh most",
      blocks: [
        {
          kind: "table",
          caption: `By ${importances.kind}, the first ${shown.length} of ${importances.features.length}; importance is no cause`,
          columns: [{ title: "feature" }, ...numbers(importances.kind)],
          rows: shown.map(({ name, value }) => [name, number(value)]),
        },
      ],
    },
  ];
}

function gates({ gates: judgedBy, looks, run }: CardInput): Section {
  const blocks: Block[] = judgedBy.length === 0 ? [text("The audit keeps no verdict of a gate on this run.")] : [];
  const own = looks.filter(({ runId }) => runId === run.id).length;
  blocks.push(
    text(
      looks.length === 0
        ? "No gate has looked at the test patients."
        : `Gates have looked ${count(looks.length, "time")} at these test patients, ${own} of them for this run.`,
    ),
  );
  return {
    id: "gates",
    title: "Gates, on the test patients",
    blocks: [...blocks, ...judgedBy.flatMap(gateBlocks)],
  };
}

function gateBlocks({ when, outcome }: JudgedByGate): Block[] {
  const { gate, verdict, rules, looks, championRunId, championProblem, gateHash, patients, part } = outcome;
  const champion = championProblem ?? (championRunId === null ? "there was none" : `run ${championRunId}`);
  return [
    facts({
      gate,
      verdict,
      when,
      on: `${part === "validation" ? "validation" : "test"}${patients === undefined ? "" : `, ${count(patients, "patient")}`}`,
      looks: looksText(looks),
      champion,
      "SHA-256 of the gate file": gateHash,
    }),
    {
      kind: "table",
      caption: `Rules of the gate ${gate}`,
      columns: [{ title: "rule" }, { title: "verdict" }, ...numbers("value", "interval", "n"), { title: "found" }],
      rows: rules.map((r) => [
        r.rule,
        r.verdict,
        number(r.value),
        interval(r.low, r.high),
        r.n === null ? "–" : String(r.n),
        r.message,
      ]),
    },
  ];
}

function footprint({ run, files, gates: judgedBy, judged }: CardInput): Section {
  const of = (key: string): number | undefined => run.metrics.find((metric) => metric.key === key)?.value;
  const seconds = (key: string): string | undefined => {
    const value = of(key);
    return value === undefined ? undefined : `${number(value)} s`;
  };
  const latency = judgedBy
    .flatMap(({ outcome }) => outcome.rules)
    .findLast(({ rule }) => rule.startsWith("footprint latency"));
  return {
    id: "footprint",
    title: "Footprint",
    blocks: [
      facts({
        "size of the files, with those for MLflow": files ? `${(files.bytes / 1e6).toFixed(4)} MB` : undefined,
        "one row, as the gate measured": latency?.value == null ? undefined : `${number(latency.value)} ms`,
        training: seconds("fit_seconds"),
        [`predicting ${judged?.rows ?? "the"} validation rows`]: seconds("score_seconds"),
        rounds: of("rounds") === undefined ? undefined : String(of("rounds")),
        "columns after preparation": of("features") === undefined ? undefined : String(of("features")),
      }),
    ],
  };
}

function comparison({ board }: CardInput): Section[] {
  if (board === null) return [];
  const { metric, rank, configurations, tied, isTied, repeats, mean, sd } = board;
  const place = rank === null ? "without a rank" : `rank ${rank} of ${count(configurations, "configuration")}`;
  const spread = sd === null ? "" : ` ± ${number(sd)} over ${repeats} repeats`;
  const blocks: Block[] = [
    text(`On the leaderboard of its experiment: ${place}; ${metric} ${number(mean)}${spread}.`),
    text(
      tied.length === 0
        ? "The paired bootstrap finds no configuration tied with the first."
        : `A paired bootstrap cannot tell these from the first${isTied ? ", and neither this one" : ""}:`,
    ),
  ];
  if (tied.length > 0) blocks.push({ kind: "list", items: tied });
  return [{ id: "comparison", title: "Beside the other trials", blocks }];
}
