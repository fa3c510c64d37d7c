import { type Pending, trackStatus } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { formatFlags, formatOf, trackingFlag } from "../../cli/flags.ts";
import { type Cell, renderTable } from "../../cli/table.ts";
import { size, visible } from "../../cli/text.ts";

const COLUMNS = [
  { key: "uri", title: "server" },
  { key: "runs", title: "runs", align: "right" },
  { key: "metrics", title: "metrics", align: "right" },
  { key: "artifacts", title: "files", align: "right" },
  { key: "models", title: "models", align: "right" },
  { key: "bytes", title: "size", align: "right" },
  { key: "since", title: "since" },
  { key: "error", title: "last error" },
] as const;

export default class TrackStatus extends BaseCommand {
  static override summary = "Say what has not reached the tracking server yet.";
  static override description =
    "Asks no server: compares the embedded store with what was sent. `disease track sync` sends the rest.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];
  static override flags = { tracking: trackingFlag, ...formatFlags };

  async run(): Promise<readonly Pending[]> {
    const { flags } = await this.parse(TrackStatus);
    const servers = trackStatus(this.projectOf(flags), this.notify);
    const format = formatOf(flags);
    if (servers.length === 0 && format === "table") this.log("no server: all runs are in the embedded store alone");
    else this.log(renderTable({ columns: COLUMNS, rows: servers, show }, format));
    for (const { refused } of format === "table" ? servers : [])
      for (const { runId, problem } of refused) this.log(`refused: run ${runId.slice(0, 8)}: ${visible(problem)}`);
    return servers;
  }
}

function show(key: string, row: Readonly<Record<string, Cell>>): string {
  const value = row[key];
  if (value === null || value === undefined || (row.runs === 0 && key === "error")) return "–";
  if (key === "bytes") return size(Number(value));
  if (key === "since") return new Date(Number(value)).toISOString().slice(0, 19).replace("T", " ");
  return visible(String(value));
}
