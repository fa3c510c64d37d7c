import { Args, Flags } from "@oclif/core";
import { listExperiments, listRuns, type RunList } from "../../app.ts";
import { namesIn } from "../../board/columns.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { filterFlag, formatFlags, formatOf } from "../../cli/flags.ts";
import { type Cell, renderTable, type TableColumn } from "../../cli/table.ts";
import { duration, number, visible } from "../../cli/text.ts";

const EXPERIMENTS: readonly TableColumn[] = [
  { key: "name", title: "experiment" },
  { key: "id", title: "id", align: "right" },
  { key: "runs", title: "runs", align: "right" },
  { key: "sweeps", title: "sweeps", align: "right" },
  { key: "failed", title: "failed", align: "right" },
  { key: "last", title: "last run" },
];
const RUNS: readonly TableColumn[] = [
  { key: "run", title: "run" },
  { key: "name", title: "name" },
  { key: "kind", title: "kind" },
  { key: "status", title: "status" },
  { key: "start", title: "started" },
  { key: "seconds", title: "took", align: "right" },
];

export default class ExpLs extends BaseCommand {
  static override summary = "List experiments, or the runs of one.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> quickstart --sort 'metrics.val_f1_macro DESC' --columns metrics.val_f1_macro,params.family",
    "<%= config.bin %> <%= command.id %> quickstart --filter \"attributes.status = 'FAILED'\" --json",
    "<%= config.bin %> <%= command.id %> quickstart --sweeps",
  ];

  static override args = {
    experiment: Args.string({ ignoreStdin: true, description: "Name of an experiment, to list its runs" }),
  };
  static override flags = {
    filter: filterFlag,
    sort: Flags.string({
      description: "MLflow's order, e.g. 'metrics.val_log_loss ASC'; newest first when absent",
      env: "DISEASE_LS_SORT",
    }),
    columns: Flags.string({
      description: "More columns: metrics.NAME, params.NAME, tags.NAME, separated by commas",
      env: "DISEASE_LS_COLUMNS",
      helpValue: "A,B",
    }),
    limit: Flags.integer({ char: "n", description: "Runs at most", env: "DISEASE_LIMIT", min: 1, default: 50 }),
    sweeps: Flags.boolean({ description: "Only the sweeps' parent runs", env: "DISEASE_SWEEPS" }),
    ...formatFlags,
  };

  async run(): Promise<RunList | Awaited<ReturnType<typeof listExperiments>>> {
    const { args, flags } = await this.parse(ExpLs);
    const format = formatOf(flags);
    if (![args.experiment, flags.filter, flags.sort, flags.columns, flags.sweeps].some(Boolean)) {
      const experiments = await this.reading(flags, listExperiments);
      this.log(
        renderTable({ columns: EXPERIMENTS, rows: experiments, show: (key, row) => showTime(key, row) }, format),
      );
      return experiments;
    }
    const extra = namesIn(flags.columns ?? "");
    const list = await this.reading(flags, (store) =>
      listRuns(store, {
        experiment: args.experiment,
        filter: flags.filter,
        orderBy: flags.sort,
        columns: extra,
        limit: flags.limit,
        sweepsOnly: flags.sweeps,
      }),
    );
    const columns = [
      ...RUNS,
      ...extra.map((key) => ({
        key,
        title: key.replace(/^\w+\./, ""),
        align: key.startsWith("metrics.") ? ("right" as const) : undefined,
      })),
    ];
    if (this.jsonEnabled()) return list;
    this.log(renderTable({ columns, rows: list.runs, show: (key, row) => showTime(key, row) }, format));
    if (list.more && format === "table") this.log(`… more: --limit ${flags.limit * 10}`);
    return list;
  }
}

function showTime(key: string, row: Readonly<Record<string, Cell>>): string {
  const value = row[key];
  if (value === null || value === undefined) return "–";
  if (key === "start" || key === "last") return new Date(Number(value)).toISOString().slice(0, 19).replace("T", " ");
  if (key === "seconds") return duration(Number(value));
  if (key === "run") return String(value).slice(0, 8);
  if (key.startsWith("metrics.")) return number(Number(value));
  return visible(String(value));
}
