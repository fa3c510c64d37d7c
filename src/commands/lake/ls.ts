import { type IngestRow, lakeIngests } from "../../app.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { LakeCommand } from "../../cli/lake/command.ts";
import { moment } from "../../cli/models-command.ts";
import { renderTable } from "../../cli/table.ts";
import { size, visible } from "../../cli/text.ts";

export default class LakeLs extends LakeCommand {
  static override summary = "List what was taken into the data lake, the newest first.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --csv"];
  static override flags = { ...formatFlags };

  async run(): Promise<readonly IngestRow[]> {
    const { flags } = await this.parse(LakeLs);
    const ingests = await lakeIngests(this.lakeOf(flags));
    const format = formatOf(flags);
    const rows = ingests.map((row) => ({ ...row, tables: row.tables.join(" ") }));
    if (rows.length === 0 && format === "table") this.log("nothing was taken in yet: disease lake add FILE");
    else
      this.log(
        renderTable(
          {
            columns: [
              { key: "ingest", title: "ingest", align: "right" },
              { key: "time", title: "when (UTC)" },
              { key: "files", title: "files", align: "right" },
              { key: "bytes", title: "size", align: "right" },
              { key: "rows", title: "rows", align: "right" },
              { key: "quarantined", title: "put aside", align: "right" },
              { key: "tables", title: "tables" },
              { key: "who", title: "who" },
            ],
            rows,
            show: (key, row) => {
              if (key === "ingest") return `${Number(row.ingest)}${row.pending ? " (not finished)" : ""}`;
              if (key === "bytes") return size(Number(row.bytes));
              if (key === "time") return moment(Number(row.time));
              return typeof row[key] === "number" ? row[key].toLocaleString("en") : visible(String(row[key]));
            },
          },
          format,
        ),
      );
    return ingests;
  }
}
