import { listModels, type ModelRow } from "../../app.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { ModelsCommand, moment } from "../../cli/models-command.ts";
import { type Cell, renderTable } from "../../cli/table.ts";
import { visible } from "../../cli/text.ts";

export default class ModelsLs extends ModelsCommand {
  static override summary = "List the registered models.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];
  static override flags = formatFlags;

  async run(): Promise<readonly ModelRow[]> {
    const { flags } = await this.parse(ModelsLs);
    const models = await this.readingModels(flags, listModels);
    const columns = [
      { key: "name", title: "model" },
      { key: "versions", title: "versions", align: "right" as const },
      { key: "champion", title: "@champion", align: "right" as const },
      { key: "challenger", title: "@challenger", align: "right" as const },
      { key: "awaiting", title: "awaiting" },
      { key: "updated", title: "changed" },
    ];
    const rows = models.map((m) => ({ ...m, awaiting: m.awaiting.join(" ") }));
    const show = (key: string, row: Readonly<Record<string, Cell>>): string =>
      key === "updated" ? moment(Number(row.updated)) : visible(String(row[key] ?? "–"));
    const format = formatOf(flags);
    this.log(renderTable({ columns, rows, show }, format));
    if (models.length === 0 && format === "table") {
      this.log("none yet; make one: disease models register --from-experiment NAME");
    }
    return models;
  }
}
