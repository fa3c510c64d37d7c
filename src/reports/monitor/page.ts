import {
  byChange,
  type Change,
  type FeatureDrift,
  isCertain,
  type MonitorReport,
  type PerformanceFigure,
} from "../../core/monitoring/monitor.ts";
import { type Block, type Card, count, facts, interval, number, type Section, text } from "../card/blocks.ts";
import { cardHtml } from "../card/html.ts";
import { cardMarkdown } from "../card/markdown.ts";
import { changesChart, driftChart, reliabilityOf } from "./charts.ts";

/** One HTML page with charts that asks for nothing else. */
export const monitorHtml = (report: MonitorReport): string => cardHtml(pageOf(report));
/** The same as Markdown, charts left to their tables. */
export const monitorMarkdown = (report: MonitorReport): string => cardMarkdown(pageOf(report));

/** Features in the chart of all, and those with one of their own. */
const CHARTED = 25;
const DRAWN = 6;

function pageOf(report: MonitorReport): Card {
  const { name, version, runId, address, made } = report;
  const subject = name === null ? `run ${runId ?? address}` : `${name}, version ${version}`;
  return {
    title: `Monitor: ${subject}`,
    summary: summaryOf(report),
    sections: [
      rulesSection(report),
      windowSection(report),
      featuresSection(report),
      answersSection(report),
      performanceSection(report),
    ],
    footer: `Written by disease on ${moment(made)} from the prediction log. It holds no patient's values.`,
  };
}

const moment = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function summaryOf({ window, verdict, monitor, features, labels }: MonitorReport): string[] {
  const drifted = features.filter((f) => isCertain(f) && (f.psi ?? 0) > 0).length;
  return [
    ...(monitor ? [`Verdict of ${monitor.name}: ${verdict}.`] : []),
    `${count(window.predictions, "prediction")} (${window.asked}), ${count(window.abstained, "abstention")}.`,
    ...(features.length > 0
      ? [`${drifted} of ${count(features.length, "feature")} differ with certainty; how much is below.`]
      : []),
    `Outcomes are known of ${labels.known} (${percent(labels.coverage)}).`,
  ];
}

function rulesSection({ monitor, rules }: MonitorReport): Section {
  const blocks: Block[] =
    monitor === null
      ? [text("No rules were given.")]
      : [
          facts({ file: monitor.file, "SHA-256": monitor.hash }),
          table(
            "Verdicts",
            ["verdict", "rule", "#value", "#interval", "#n", "what was found"],
            rules.map((r) => [
              r.verdict,
              r.rule,
              number(r.value),
              interval(r.low, r.high),
              r.n === null ? "–" : String(r.n),
              r.message,
            ]),
          ),
        ];
  return { id: "rules", title: "Rules", blocks };
}

/** @param columns titles; of numbers after "#" */
function table(caption: string, columns: readonly string[], rows: readonly (readonly string[])[]): Block {
  const heads = columns.map((title) =>
    title.startsWith("#") ? ({ title: title.slice(1), numeric: true } as const) : { title },
  );
  return { kind: "table", caption, columns: heads, rows };
}

function windowSection({ window, baseline, address, runId }: MonitorReport): Section {
  const block = facts({
    model: address,
    run: runId,
    window: window.asked,
    from: window.from === null ? null : moment(window.from),
    to: window.to === null ? null : moment(window.to),
    predictions: String(window.predictions),
    abstentions: String(window.abstained),
    "by other versions": window.others === 0 ? null : `${window.others}, which do not count`,
    "unreadable lines": window.unreadable === 0 ? null : String(window.unreadable),
    "held against":
      baseline.kind === "profile"
        ? `${baseline.patients} training patients`
        : `${baseline.patients} predictions of the window before`,
  });
  return { id: "window", title: "Predictions", blocks: [block, ...problemOf(baseline.problem)] };
}

const problemOf = (problem: string | null): Block[] => (problem === null ? [] : [text(`Not compared: ${problem}`)]);

function featuresSection({ features, baseline }: MonitorReport): Section {
  if (features.length === 0)
    return { id: "features", title: "Features", blocks: problemOf(baseline.problem ?? "the model has no features") };
  const sorted = byChange(features);
  const charted = sorted.slice(0, CHARTED);
  const drawn = sorted.filter((f) => isCertain(f) && (f.psi ?? 0) > 0).slice(0, DRAWN);
  const rows = sorted.map((f) => [
    f.feature,
    f.kind,
    number(f.psi),
    number(f.ks),
    f.test,
    probability(f.adjusted),
    f.mean === null ? "–" : `${short(f.mean.reference)} → ${short(f.mean.current)}`,
    `${percent(f.missing.reference)} → ${percent(f.missing.current)}`,
    probability(f.missing.adjusted),
  ]);
  const columns = ["feature", "kind", "#PSI", "#KS", "test", "#p, corrected", "#mean", "#missing", "#p, corrected"];
  return {
    id: "features",
    title: "Features",
    blocks: [
      text(
        "PSI is without what sampling gives by itself: 0 is no change, above 0.2 a great one. p is corrected for the number of features (Benjamini and Hochberg). With many patients small changes are certain too: look at both.",
      ),
      figure(
        "Features that changed most",
        driftChart(charted),
        `Bars of the PSI of ${count(charted.length, "feature")}; the numbers are in the table.`,
      ),
      table("Features by change", columns, rows),
      ...drawn.flatMap((f) => changesBlocks(f, f.kind === "multilabel" ? "levels that changed most" : "")),
    ],
  };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
const probability = (p: number | null): string => (p === null ? "–" : p < 0.0001 ? "< 0.0001" : p.toFixed(4));

function figure(caption: string, svg: string, alt: string): Block {
  return { kind: "figure", caption, svg, alt };
}

function changesBlocks(
  { feature, changes, psi }: Pick<FeatureDrift, "feature" | "changes" | "psi">,
  subtitle: string,
): Block[] {
  const said = `PSI ${number(psi)}${subtitle === "" ? "" : `, ${subtitle}`}`;
  return [
    figure(
      `${feature}: shares of the patients`,
      changesChart(feature, changes, said),
      `Shares before and now of ${feature}; the numbers are in the table.`,
    ),
    changesTable(`Shares of ${feature}`, changes),
  ];
}

function changesTable(caption: string, changes: readonly Change[]): Block {
  const rows = changes.map(({ label, reference, current }) => [label, percent(reference), percent(current)]);
  return table(caption, ["", "#before", "#now"], rows);
}

function answersSection({ answers, baseline }: MonitorReport): Section {
  const blocks =
    answers === null
      ? problemOf(baseline.problem)
      : [
          ...(answers.predicted
            ? changesBlocks(answers.predicted, `p ${probability(answers.predicted.adjusted)}`)
            : []),
          ...changesBlocks(answers.confidence, `p ${probability(answers.confidence.adjusted)}`),
          ...(answers.probabilities ? [changesTable("Mean probability by class", answers.probabilities)] : []),
        ];
  return { id: "answers", title: "Answers", blocks };
}

function performanceSection({ performance, labels, window }: MonitorReport): Section {
  const known = `Outcomes are known of ${labels.known} of ${count(window.predictions, "prediction")} (${percent(labels.coverage)}).`;
  const coverage = text(
    labels.known === 0
      ? `${known} Nothing can be said about performance.`
      : `${known} Those that come back first are seldom typical.${labels.outside > 0 ? ` ${count(labels.outside, "outcome")} are none of the model's classes and are in no figure.` : ""}`,
  );
  if (performance === null) return { id: "performance", title: "Performance", blocks: [coverage] };
  const { figures, classes, groups } = performance;
  const blocks: Block[] = [
    coverage,
    table(
      "Figures with 95 % intervals",
      ["metric", "#now", "#interval", "#validation", "#worse by", "#interval of that"],
      figures.map(figureRow),
    ),
    figure(
      "Reliability",
      reliabilityOf(performance),
      `Share of right answers in ${count(performance.reliability.length, "bin")} of confidence.`,
    ),
  ];
  if (classes.length > 0) {
    const rows = classes.map((c) => [
      c.orphan ? `${c.name} (orphan)` : c.name,
      String(c.rows),
      number(c.recall),
      number(c.validationRecall),
      number(c.precision),
    ]);
    blocks.push(table("By class", ["class", "#patients", "#recall", "#recall on validation", "#precision"], rows));
  }
  if (groups.length > 0) {
    const rows = groups.map((g) => [g.column, g.group, String(g.rows), number(g.accuracy), interval(g.low, g.high)]);
    blocks.push(table("By subgroup", ["column", "group", "#predictions", "#right answers", "#interval"], rows));
  }
  return { id: "performance", title: "Performance", blocks };
}

function figureRow({ title, value, low, high, validation, drop }: PerformanceFigure): string[] {
  return [
    title,
    number(value),
    interval(low, high),
    number(validation?.value),
    number(drop?.value),
    interval(drop?.low, drop?.high),
  ];
}
