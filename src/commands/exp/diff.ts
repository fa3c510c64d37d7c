import { Args, Flags } from "@oclif/core";
import { type RunDiff, runDiff } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { renderTable } from "../../cli/table.ts";
import { number, visible } from "../../cli/text.ts";

export default class ExpDiff extends BaseCommand {
  static override summary = "Show what differs between two runs: parameters, data, code, metrics.";
  static override description =
    "The difference of metrics is B - A. Whether it is real is another question: see the ≈ marks of `disease exp leaderboard`.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> 3f2a9c1e 77b01d2c",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e 77b01d2c --all --md",
  ];

  static override args = {
    a: Args.string({ ignoreStdin: true, description: "Run id, or its first digits", required: true }),
    b: Args.string({ ignoreStdin: true, description: "Run id, or its first digits", required: true }),
  };
  static override flags = {
    all: Flags.boolean({ description: "Also what is equal", env: "DISEASE_DIFF_ALL" }),
    ...formatFlags,
  };

  async run(): Promise<RunDiff> {
    const { args, flags } = await this.parse(ExpDiff);
    const diff = await this.reading(flags, (store) => runDiff(store, args.a, args.b, flags.all));
    const format = formatOf(flags);
    this.log(
      renderTable(
        {
          columns: [
            { key: "part", title: "" },
            { key: "key", title: "key" },
            { key: "a", title: `A ${diff.a.slice(0, 8)}`, align: "right" },
            { key: "b", title: `B ${diff.b.slice(0, 8)}`, align: "right" },
            { key: "delta", title: "B - A", align: "right" },
          ],
          rows: diff.rows,
          show: (key, row) => {
            const value = row[key];
            if (value === null || value === undefined) return key === "delta" ? "" : "–";
            if (typeof value === "number") return key === "delta" && value > 0 ? `+${number(value)}` : number(value);
            return visible(value === true ? "true" : String(value)).slice(0, 60);
          },
        },
        format,
      ),
    );
    if (diff.rows.length === 0 && format === "table") this.log("nothing differs");
    if (!diff.samePatients) {
      this.notify({ message: "the runs were validated on different patients: their metrics are not comparable" });
    }
    return diff;
  }
}
