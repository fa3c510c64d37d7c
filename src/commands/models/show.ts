import { Args } from "@oclif/core";
import { type ModelDetail, showModel } from "../../app.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { ModelsCommand, moment } from "../../cli/models-command.ts";
import { type Cell, renderTable } from "../../cli/table.ts";
import { paint, visible } from "../../cli/text.ts";

export default class ModelsShow extends ModelsCommand {
  static override summary = "Show a registered model and its versions.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> quickstart",
    "<%= config.bin %> <%= command.id %> quickstart@champion --json",
  ];
  static override args = {
    model: Args.string({ ignoreStdin: true, description: "NAME, NAME@alias or NAME/VERSION", required: true }),
  };
  static override flags = formatFlags;

  async run(): Promise<ModelDetail> {
    const { args, flags } = await this.parse(ModelsShow);
    const detail = await this.readingModels(flags, (bench) => showModel(bench, args.model));
    const columns = [
      { key: "version", title: "version", align: "right" as const },
      { key: "stage", title: "stage" },
      { key: "aliases", title: "aliases" },
      { key: "awaiting", title: "awaiting" },
      { key: "trial", title: "trial" },
      { key: "runId", title: "run" },
      { key: "created", title: "registered" },
      { key: "source", title: "source" },
    ];
    const rows = detail.versions.map((v) => ({ ...v, aliases: v.aliases.map((a) => `@${a}`).join(" ") }));
    const show = (key: string, row: Readonly<Record<string, Cell>>): string => {
      if (key === "created") return moment(Number(row.created));
      if (key === "runId") return String(row.runId ?? "–").slice(0, 8);
      return visible(String(row[key] ?? ""));
    };
    const format = formatOf(flags);
    if (format !== "csv")
      this.log(format === "md" ? `# ${visible(detail.name)}\n` : paint("strong", visible(detail.name)));
    if (detail.description !== "" && format !== "csv") this.log(visible(detail.description));
    this.log(renderTable({ columns, rows, show }, format));
    for (const { version, stage, drift } of detail.versions) {
      if (drift === null) continue;
      this.notify({ message: `MLflow says that version ${version} is in ${drift}; by its alias it is in ${stage}.` });
    }
    return detail;
  }
}
