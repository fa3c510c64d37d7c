import { z } from "zod";
import type { Column } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { GateContext, GateRule, RuleVerdict } from "../core/gate.ts";
import {
  boundsText,
  estimate,
  judge,
  judgeParam,
  metricOf,
  metricParam,
  oneOf,
  patientsIn,
  verdictOf,
} from "./_judge.ts";
import { selectScored } from "./_rows.ts";

/** A column with more values than this is no grouping. */
const MOST_GROUPS = 50;

const Params = z
  .strictObject({
    column: z.string().min(1).describe("Column of the data, a feature or an extra one: sex, age, centre"),
    bands: z
      .array(z.number())
      .min(1)
      .optional()
      .describe("For a numeric column: where a band ends and the next begins, e.g. [18, 65] for < 18, 18 … 65, ≥ 65"),
    metric: metricParam.default("recall_macro"),
    min: z.number().optional().describe("Floor in the worst subgroup"),
    max: z.number().optional().describe("Ceiling in the worst subgroup"),
    judge: judgeParam,
    min_n: z.int().min(2).default(20).describe("Patients that a subgroup needs to be judged"),
    small: z
      .enum(["inconclusive", "note"])
      .default("inconclusive")
      .describe("Subgroups with fewer patients: inconclusive, or only named in the message"),
  })
  .refine(...oneOf("min", "max"));
type Params = z.infer<typeof Params>;

export const rule: GateRule<Params> = {
  id: "subgroup",
  title: "Worst subgroup",
  description:
    "A floor or a ceiling on a metric in the worst subgroup by a column: no group of patients is left behind",
  params: Params,
  rankings: true,
  evaluate(context, params) {
    const { candidate, units, bootstrap } = context;
    const { column, min_n: minN } = params;
    const metric = metricOf(params.metric);
    const name = `subgroup ${column} ${metric.id} ${boundsText(params)}`;
    const groups = groupsOf(columnOf(context, column), params.bands).map(({ label, rows }) => {
      const own = units.filter((_, row) => rows.has(row));
      return { label, rows, own, n: patientsIn(own) };
    });
    const small = groups.filter(({ n }) => n < minN);
    const verdicts = groups
      .filter(({ n }) => n >= minN)
      .map(({ label, rows, own }) => {
        const found = estimate(metric, selectScored(candidate.scored, rows), own, bootstrap);
        return judge(name, `${metric.id} of ${column} ${label}`, found, { ...params, minN });
      });
    const named = small.map(({ label, n }) => `${label} (${n})`).join(", ");
    const note = small.length === 0 ? "" : `Fewer than ${minN} patients: ${column} ${named}`;
    if (verdicts.length === 0)
      return [verdictOf(name, "inconclusive", {}, `No subgroup can be judged. ${note}.`, "patients")];
    const worst = verdicts.reduce((a, b) => (isWorse(b, a, params) ? b : a));
    if (small.length === 0) return [worst];
    if (params.small === "note") return [{ ...worst, message: `${worst.message} ${note}.` }];
    return [worst, verdictOf(`${name}, small`, "inconclusive", {}, `${note}.`, "patients")];
  },
};

const RANK = { fail: 0, inconclusive: 1, pass: 2 } as const;

/** A worse verdict; of equal ones, that with the value nearer to the bound or beyond it. */
function isWorse(a: RuleVerdict, b: RuleVerdict, { min }: Params): boolean {
  if (a.verdict !== b.verdict) return RANK[a.verdict] < RANK[b.verdict];
  if (a.value === null || b.value === null) return a.value === null && b.value !== null;
  return min !== undefined ? a.value < b.value : a.value > b.value;
}

function columnOf({ columns }: GateContext, name: string): Column {
  const found = columns.find((c) => c.name === name);
  if (found) return found;
  throw new UserError(`subgroup: the data have no column "${name}"`, {
    fix: [
      `Columns: ${columns
        .slice(0, 30)
        .map((c) => c.name)
        .join(", ")}${columns.length > 30 ? ", …" : ""}.`,
      "A column that the model must not see is kept for reports by `role: extra`.",
    ],
  });
}

export interface Group {
  readonly label: string;
  readonly rows: ReadonlySet<number>;
}

/** The rows of each value or band that occurs; those without a value are a group of their own. */
export function groupsOf(column: Column, bands?: readonly number[]): Group[] {
  const labelOf = labeller(column, bands);
  const groups = new Map<string, Set<number>>();
  const rows = column.kind === "categorical" ? column.codes.length : (column as { values: Float64Array }).values.length;
  for (let row = 0; row < rows; row++) {
    const label = labelOf(row);
    const own = groups.get(label) ?? new Set<number>();
    groups.set(label, own.add(row));
  }
  if (groups.size > MOST_GROUPS) {
    throw new UserError(`subgroup: column "${column.name}" has ${groups.size} different values`, {
      fix: "Name a column of few values.",
    });
  }
  return [...groups].map(([label, rows]) => ({ label, rows })).sort((a, b) => (a.label < b.label ? -1 : 1));
}

function labeller(column: Column, bands?: readonly number[]): (row: number) => string {
  const refuse = (what: string, fix: string): never => {
    throw new UserError(`subgroup: column "${column.name}" is ${column.kind}${what}`, { fix });
  };
  switch (column.kind) {
    case "categorical":
      if (bands) refuse(", and only numbers have bands", "Leave `bands` out.");
      return (row) => column.levels[column.codes[row]] ?? "missing";
    case "boolean":
      if (bands) refuse(", and only numbers have bands", "Leave `bands` out.");
      return (row) => (Number.isNaN(column.values[row]) ? "missing" : column.values[row] === 1 ? "yes" : "no");
    case "numeric": {
      if (!bands) return refuse("", "Give `bands`, e.g. bands: [18, 65].");
      const ends = [...bands].sort((a, b) => a - b);
      return (row) => {
        const value = column.values[row];
        if (Number.isNaN(value)) return "missing";
        const at = ends.findIndex((end) => value < end);
        if (at === 0) return `< ${ends[0]}`;
        return at < 0 ? `≥ ${ends.at(-1)}` : `${ends[at - 1]} … ${ends[at]}`;
      };
    }
    case "multilabel":
      return refuse(", and its groups would overlap", "Name a column with one value a patient.");
  }
}
