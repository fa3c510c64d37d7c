import type { Column } from "../../core/dataset.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { selectColumnRows } from "../../core/frame.ts";
import type { Scored } from "../../core/metric.ts";
import { FEWEST } from "../../core/monitoring/profile.ts";
import type { ExperimentConfig } from "../../experiments/schema.ts";
import { estimate, metricOf, patientsIn } from "../../gates/_judge.ts";
import { selectScored } from "../../gates/_rows.ts";
import { groupsOf } from "../../gates/subgroup.ts";
import type { Declared } from "../../reports/card/declared.ts";
import type { Subgroups } from "../../reports/card/input.ts";
import { readGateData } from "../gates/gates.ts";
import type { Project } from "../project.ts";

const UNKNOWN = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
const NONE: Subgroups = { problem: null, metrics: [], groups: [] };

/**
 * How the model does on validation patients of each group that the facts file names. The data are read again for it; where they
 * cannot be, or have changed, the reason is said in place of figures.
 * @throws UserError when the facts file names no column of the data
 */
export async function subgroupsOf(
  project: Project,
  asked: Declared["subgroups"] = [],
  run: {
    readonly config: ExperimentConfig;
    readonly dataHash: string;
    readonly validation: Int32Array;
    readonly where: string;
  },
  { scored, units }: { readonly scored: Scored; readonly units: Int32Array },
): Promise<Subgroups> {
  if (asked.length === 0) return NONE;
  const { config } = run;
  let columns: readonly Column[];
  try {
    const { dataset } = await readGateData(project, config);
    if (dataset.hash !== run.dataHash) return { ...NONE, problem: "the data have changed since the run was trained" };
    columns = [...dataset.frame.columns, ...dataset.extra];
  } catch (error) {
    return { ...NONE, problem: `the data cannot be read: ${messageOf(error)}` };
  }
  const metrics = scored.ranks ? ["top1", "top10", "mrr"] : ["accuracy", "recall_macro", "log_loss"];
  const groups = asked.flatMap((entry) => {
    const { column: name, bands } = typeof entry === "string" ? { column: entry } : entry;
    const column = columns.find((one) => one.name === name);
    if (column === undefined) {
      throw new UserError(`subgroups: the data have no column "${name}"`, {
        where: run.where,
        fix: `Columns: ${columns
          .slice(0, 30)
          .map((one) => one.name)
          .join(", ")}${columns.length > 30 ? ", …" : ""}.`,
      });
    }
    return groupsOf(selectColumnRows(column, run.validation), bands).map(({ label, rows }) => {
      const own = units.filter((_, row) => rows.has(row));
      const part = selectScored(scored, rows);
      // A loss of one or two patients is nearly what the model said of each.
      if (patientsIn(own) < FEWEST)
        return { column: name, label, patients: patientsIn(own), values: metrics.map(() => UNKNOWN) };
      const values = metrics.map((id) => estimate(metricOf(id), part, own, { ...config.bootstrap, seed: 1 }));
      return { column: name, label, patients: patientsIn(own), values };
    });
  });
  return { problem: null, metrics, groups };
}
