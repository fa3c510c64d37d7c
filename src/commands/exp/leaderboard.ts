import { Args, Flags } from "@oclif/core";
import { type Leaderboard, leaderboard, newestExperiment } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { columnsFlag, formatFlags, formatOf } from "../../cli/flags.ts";
import { leaderboardTable, printLeaderboard } from "../../cli/leaderboard-view.ts";
import { renderTable } from "../../cli/table.ts";
import { paint, visible } from "../../cli/text.ts";

export default class ExpLeaderboard extends BaseCommand {
  static override summary = "Rank the trials of an experiment by a validation metric.";
  static override description =
    `One row a configuration: repeats over seeds are its mean ± standard deviation. Rows that a paired bootstrap on the same
validation patients cannot tell from the best are marked ≈. The test split is not read.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> quickstart --sort log_loss --columns name,log_loss,ece,params.C",
    "<%= config.bin %> <%= command.id %> quickstart --filter \"params.family = 'xgboost' and metrics.val_accuracy > 0.9\" --md",
  ];

  static override args = {
    experiment: Args.string({ ignoreStdin: true, description: "Name of the experiment; the newest when absent" }),
  };
  static override flags = {
    sort: Flags.string({
      description: "Validation metric to rank by; the experiment's own when absent",
      env: "DISEASE_SORT",
      helpValue: "METRIC",
    }),
    filter: Flags.string({
      char: "f",
      description: "Only runs that match, in MLflow's filter language",
      env: "DISEASE_FILTER",
    }),
    columns: columnsFlag,
    limit: Flags.integer({ char: "n", description: "Rows at most", env: "DISEASE_LIMIT", min: 1 }),
    all: Flags.boolean({
      description: "Also trials on other data than the newest, or by an older version of disease",
      env: "DISEASE_ALL",
    }),
    ...formatFlags,
  };

  async run(): Promise<Leaderboard> {
    const { args, flags } = await this.parse(ExpLeaderboard);
    const board = await this.reading(flags, async (store) =>
      leaderboard(store, {
        experiment: args.experiment ?? (await newestExperiment(store)),
        rankMetric: flags.sort,
        filter: flags.filter,
        all: flags.all,
      }),
    );
    const format = formatOf(flags);
    const view = { columns: flags.columns, limit: flags.limit };
    if (format !== "table") {
      this.log(renderTable(leaderboardTable(board, view), format));
      return board;
    }
    printLeaderboard(board, view, (line) => this.log(line));
    for (const row of board.rows.filter((r) => r.error !== null))
      this.log(`${paint("bad", "✗")} ${visible(row.name)}: ${visible(row.error!)}`);
    return board;
  }
}
