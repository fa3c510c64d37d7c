import { lakeTables, type TableRow } from "../../app.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { LakeCommand } from "../../cli/lake/command.ts";
import { moment } from "../../cli/models-command.ts";
import { renderTable } from "../../cli/table.ts";
import { size } from "../../cli/text.ts";

export default class LakeTables extends LakeCommand {
  static override summary = "List the tables of the data lake with their newest versions.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];
  static override flags = { ...formatFlags };

  async run(): Promise<readonly TableRow[]> {
    const { flags } = await this.parse(LakeTables);
    const rows = await lakeTables(this.lakeOf(flags));
    const format = formatOf(flags);
    if (rows.length === 0 && format === "table") this.log("no tables yet: disease lake add FILE");
    else
      this.log(
        renderTable(
          {
            columns: [
              { key: "table", title: "table" },
              { key: "version", title: "version", align: "right" },
              { key: "rows", title: "rows", align: "right" },
              { key: "columns", title: "columns", align: "right" },
              { key: "bytes", title: "size", align: "right" },
              { key: "time", title: "when (UTC)" },
              { key: "change", title: "by" },
            ],
            rows,
            show: (key, row) =>
              key === "bytes"
                ? size(Number(row.bytes))
                : key === "time"
                  ? moment(Number(row.time))
                  : key === "version"
                    ? `v${row.version}`
                    : typeof row[key] === "number"
                      ? row[key].toLocaleString("en")
                      : String(row[key]),
          },
          format,
        ),
      );
    return rows;
  }
}
