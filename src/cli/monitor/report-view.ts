import {
  byChange,
  type FeatureDrift,
  isCertain,
  type MonitorReport,
  missingChange,
} from "../../core/monitoring/monitor.ts";
import { paintedVerdict, printVerdicts } from "../gate-view.ts";
import { renderTable } from "../table.ts";
import { number, paint, visible } from "../text.ts";

/** Features that are shown where not all are. */
const SHOWN = 15;

/** Prints a report of a monitor for a person. @param all every feature, not only those that changed most */
export function printMonitor(report: MonitorReport, all: boolean, print: (line: string) => void): void {
  const { name, version, runId, window, baseline, labels } = report;
  const subject = name === null ? `run ${runId?.slice(0, 8)}` : `${name}, version ${version}`;
  print(paint("strong", visible(subject)));
  print(
    `${window.predictions} predictions (${visible(window.asked)}), ${window.abstained} abstentions; outcomes known of ${labels.known} (${percent(labels.coverage)})`,
  );
  if (window.others > 0) print(paint("dim", `${window.others} by other versions do not count`));
  if (window.unreadable > 0) print(paint("warn", `${window.unreadable} lines of the log cannot be read`));
  if (baseline.problem === null) printFeatures(report, all, print);
  else print(paint("warn", `not compared: ${visible(baseline.problem)}`));
  printPerformance(report, print);
  print("");
  if (report.verdict === null) {
    print(paint("dim", "no rules: --monitor NAME judges it"));
    return;
  }
  printVerdicts(report.rules, print);
  print("");
  print(`monitor ${visible(report.monitor?.name ?? "")}: ${paintedVerdict(report.verdict)}`);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function printFeatures(
  { features, answers, baseline }: MonitorReport,
  all: boolean,
  print: (line: string) => void,
): void {
  const against = baseline.kind === "profile" ? "training patients" : "predictions of the window before";
  print(paint("dim", `held against ${baseline.patients} ${against}`));
  print("");
  const sorted = byChange(features);
  const own = answers === null ? [] : [answers.predicted, answers.confidence].filter((part) => part !== null);
  const shown = [...own, ...(all ? sorted : sorted.slice(0, SHOWN))];
  const rows = shown.map((f) => ({
    flag: flagOf(f),
    feature: f.feature,
    psi: f.psi,
    ks: f.ks,
    p: probability(f.adjusted),
    mean: f.mean === null ? "" : `${short(f.mean.reference)} ${arrow(f)} ${short(f.mean.current)}`,
    missing: `${percent(f.missing.reference)} → ${percent(f.missing.current)}`,
  }));
  print(
    renderTable({
      columns: [
        { key: "flag", title: "" },
        { key: "feature", title: "feature" },
        { key: "psi", title: "PSI", align: "right" },
        { key: "ks", title: "KS", align: "right" },
        { key: "p", title: "p, corrected", align: "right" },
        { key: "mean", title: "mean", align: "right" },
        { key: "missing", title: "missing", align: "right" },
      ],
      rows,
      show: (key, row) => {
        const value = row[key];
        if (key === "flag") return value === "!" ? paint("bad", "!") : value === "~" ? paint("warn", "~") : "";
        return typeof value === "number" || value === null ? number(value as number | null) : visible(String(value));
      },
    }),
  );
  if (!all && sorted.length > SHOWN) print(paint("dim", `… ${sorted.length - SHOWN} more: --all`));
  print(
    paint(
      "dim",
      "! certain and great (PSI, or missing values, by more than 0.2)   ~ certain   PSI without what sampling gives by itself",
    ),
  );
}

function flagOf(f: FeatureDrift): string {
  const missing = Math.abs(missingChange(f));
  if ((isCertain(f) && (f.psi ?? 0) > GREAT) || missing > GREAT) return "!";
  return isCertain(f) || missing > 0 ? "~" : "";
}

/** What is called a great change, of a PSI or of a share of missing values. */
const GREAT = 0.2;

const probability = (p: number | null): string => (p !== null && p < 0.0001 ? "< 0.0001" : number(p));

function arrow(f: FeatureDrift): string {
  if (!isCertain(f) || f.mean === null) return "→";
  return f.mean.current > f.mean.reference ? "↑" : "↓";
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

function printPerformance({ performance }: MonitorReport, print: (line: string) => void): void {
  if (performance === null) return;
  print("");
  const range = (low: number | null, high: number | null): string =>
    low === null || high === null ? "" : `${number(low)} … ${number(high)}`;
  print(
    renderTable({
      columns: [
        { key: "title", title: "metric" },
        { key: "value", title: "now", align: "right" },
        { key: "interval", title: "interval", align: "right" },
        { key: "validation", title: "validation", align: "right" },
        { key: "drop", title: "worse by", align: "right" },
      ],
      rows: performance.figures.map(({ title, value, low, high, validation, drop }) => ({
        ...{ title, value, interval: range(low, high), validation: validation?.value ?? null },
        drop: drop === null ? "" : `${number(drop.value)} (${range(drop.low, drop.high)})`,
      })),
      show: (key, row) => (typeof row[key] === "number" || row[key] === null ? number(row[key]) : String(row[key])),
    }),
  );
}
