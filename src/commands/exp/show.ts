import { Args } from "@oclif/core";
import { type RunDetail, runDetail } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { type Cell, renderTable } from "../../cli/table.ts";
import { number, paint, visible } from "../../cli/text.ts";

export default class ExpShow extends BaseCommand {
  static override summary = "Show one run: parameters, metrics with intervals, data, facts and artifacts.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> 3f2a9c1e",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --md",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --json",
  ];

  static override args = {
    run: Args.string({ ignoreStdin: true, description: "Run id, or its first digits", required: true }),
  };
  static override flags = formatFlags;

  async run(): Promise<RunDetail> {
    const { args, flags } = await this.parse(ExpShow);
    const detail = await this.reading(flags, (store) => runDetail(store, args.run));
    const format = formatOf(flags);
    const section = (title: string, text: string): void => {
      if (format === "table") this.log(`\n${paint("strong", title)}`);
      else if (format === "md") this.log(`\n## ${title}\n`);
      this.log(text);
    };
    const pairs = (record: Readonly<Record<string, Cell>>): string =>
      renderTable(
        {
          columns: [
            { key: "key", title: "key" },
            { key: "value", title: "value" },
          ],
          rows: Object.entries(record).map(([key, value]) => ({ key, value })),
        },
        format,
        Number.POSITIVE_INFINITY, // hashes are there to be copied
      );
    const metrics = renderTable(
      {
        columns: [
          { key: "key", title: "metric" },
          { key: "value", title: "value", align: "right" },
          { key: "low", title: "low", align: "right" },
          { key: "high", title: "high", align: "right" },
        ],
        rows: detail.metrics,
        show: (key, row) =>
          key === "key" ? visible(String(row.key)) : row[key] === null ? "" : number(row[key] as number),
      },
      format,
    );
    if (format === "csv") {
      this.log(metrics);
      return detail;
    }
    this.log(format === "md" ? `# ${visible(detail.name)}\n` : paint("strong", visible(detail.name)));
    this.log(
      pairs({
        run: detail.runId,
        experiment: detail.experiment,
        status: detail.status,
        started: new Date(detail.startTime).toISOString(),
        seconds: detail.seconds,
        error: detail.error,
        ...(detail.pruned === null ? {} : { pruned: detail.pruned }),
      }),
    );
    section("Parameters", pairs(detail.params));
    section("Metrics (validation, 95 % bootstrap interval)", metrics);
    section("Data and code", pairs(detail.facts));
    section("Artifacts", detail.artifacts.map((a) => `${visible(a.path)}  ${paint("dim", `${a.size} B`)}`).join("\n"));
    this.log(paint("dim", visible(detail.artifactUri)));
    return detail;
  }
}
