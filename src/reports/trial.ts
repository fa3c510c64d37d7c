import { csvCell } from "../core/formats/csv.ts";
import type { Scored } from "../core/metric.ts";
import type { CurvePoint } from "../core/trial.ts";
import { confusionMatrixChart, importanceChart, learningCurveChart, reliabilityChart } from "./charts.ts";
import { perClassCsv, perClassMarkdown, perClassReport } from "./per-class.ts";

export interface TrialReportInput {
  /** Predictions for the validation rows. */
  readonly scored: Scored;
  /** Empty where the method has no rounds. */
  readonly curve: readonly CurvePoint[];
  readonly rounds?: number;
  readonly importances?: { readonly kind: string; readonly names: readonly string[]; readonly values: Float64Array };
  /** Without them only the tables are made. */
  readonly charts: boolean;
}

/** The files that a finished trial leaves for its reader, by their path among the artifacts. */
export async function trialReports(input: TrialReportInput): Promise<Readonly<Record<string, string | Uint8Array>>> {
  const { scored, curve, rounds, importances } = input;
  const perClass = perClassReport(scored);
  const files: Record<string, string | Uint8Array> = {
    "reports/per_class.csv": perClassCsv(perClass),
    "reports/per_class.md": perClassMarkdown(perClass),
  };
  if (importances !== undefined) files["reports/feature_importance.csv"] = importanceCsv(importances);
  if (!input.charts) return files;
  const charts = {
    confusion_matrix: () => confusionMatrixChart(scored),
    reliability: () => reliabilityChart(scored),
    ...(curve.length > 0 && { learning_curve: () => learningCurveChart(curve, rounds) }),
    ...(importances !== undefined && { feature_importance: () => importanceChart(importances) }),
  };
  for (const [name, draw] of Object.entries(charts)) {
    const { svg, png } = await draw();
    files[`charts/${name}.svg`] = svg;
    files[`charts/${name}.png`] = png;
  }
  return files;
}

function importanceCsv({ kind, names, values }: NonNullable<TrialReportInput["importances"]>): string {
  const order = names.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
  const lines = order.map((i) => `${csvCell(names[i])},${csvCell(values[i])}`);
  return [`feature,${csvCell(kind)}`, ...lines, ""].join("\r\n");
}
