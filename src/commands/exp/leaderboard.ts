import { Args, Flags } from "@oclif/core";
import {
  type Asked,
  type Board,
  isMetric,
  type Leaderboard,
  leaderboard,
  newestExperiment,
  openBoard,
  saveView,
  type ViewedLeaderboard,
  viewLeaderboard,
} from "../../app.ts";
import { namesIn } from "../../board/columns.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { columnsFlag, filterFlag, formatFlags, formatOf, sortsFirst } from "../../cli/flags.ts";
import { groupTable, isOwnColumn, leaderboardTable, printLeaderboard } from "../../cli/leaderboard-view.ts";
import { renderTable } from "../../cli/table.ts";
import { paint, visible, visibleLines } from "../../cli/text.ts";
import { watch } from "../../cli/watch.ts";
import type { TrackingStore } from "../../core/store.ts";

export default class ExpLeaderboard extends BaseCommand {
  static override summary = "Rank the trials of an experiment by a validation metric.";
  static override description =
    `One row a configuration: repeats over seeds are its mean ± standard deviation. Rows that a paired bootstrap on the same
validation patients cannot tell from the best are marked ≈. The test split is not read.

Filters, sorts, groups, columns and saved views are those of \`disease board\`.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> quickstart --sort log_loss --columns name,log_loss,ece,params.C",
    "<%= config.bin %> <%= command.id %> quickstart --filter \"params.family = 'xgboost' and metrics.val_accuracy > 0.9\" --md",
    "<%= config.bin %> <%= command.id %> quickstart --sort f1_macro,-fit_seconds --differing --save-view mine",
    "<%= config.bin %> <%= command.id %> quickstart --group-by family",
    "<%= config.bin %> <%= command.id %> quickstart --view mine --watch",
  ];

  static override args = {
    experiment: Args.string({ ignoreStdin: true, description: "Name of the experiment; the newest when absent" }),
  };
  static override flags = {
    sort: Flags.string({
      description:
        "Validation metric to rank by, the experiment's own when absent; or several columns: metrics best first, others from the least, -NAME the other way",
      env: "DISEASE_SORT",
      helpValue: "A,-B",
    }),
    filter: filterFlag,
    columns: columnsFlag,
    differing: Flags.boolean({
      description: "Only columns in which the rows differ, and all params that do",
      env: "DISEASE_DIFFERING",
    }),
    "group-by": Flags.string({
      description: "One row for each value of these columns, e.g. family: mean ± sd over the runs that finished",
      env: "DISEASE_GROUP_BY",
      helpValue: "A,B",
    }),
    view: Flags.string({
      description: "Saved view of this project to begin with; other flags win",
      env: "DISEASE_VIEW",
      helpValue: "NAME",
    }),
    "save-view": Flags.string({
      description: "Save filter, sort, groups and columns under this name, for here and for the board",
      env: "DISEASE_SAVE_VIEW",
      helpValue: "NAME",
    }),
    watch: Flags.boolean({
      char: "w",
      description: "Print again whenever something changed, until Ctrl-C; with --json one line each time",
      env: "DISEASE_WATCH",
    }),
    limit: Flags.integer({ char: "n", description: "Rows at most", env: "DISEASE_LIMIT", min: 1 }),
    all: Flags.boolean({
      description: "Also trials on other data than the newest, or by an older version of disease",
      env: "DISEASE_ALL",
    }),
    ...formatFlags,
  };

  private watching = false;

  async run(): Promise<ViewedLeaderboard["board"]> {
    const { args, flags } = await this.parse(ExpLeaderboard, sortsFirst(this.argv));
    return await this.reading(flags, async (store) => {
      const experiment = args.experiment ?? (await newestExperiment(store));
      const plain = this.isPlain(flags);
      if (plain && !flags.watch) return this.print(await this.simple(store, experiment, flags), flags);
      const board = await openBoard({ ...this.projectOf(flags), server: undefined }, [experiment]);
      try {
        await board.feed.load(board.table, new AbortController().signal);
        if (flags["save-view"] !== undefined) saveView(board, asked(experiment, flags), flags["save-view"]);
        const look = (): Promise<ViewedLeaderboard> =>
          plain || board.table.rows === 0
            ? this.simple(store, experiment, flags)
            : viewLeaderboard(store, board, asked(experiment, flags));
        return flags.watch ? await this.watch(board, look, flags) : this.print(await look(), flags);
      } finally {
        await board.close();
      }
    });
  }

  /** Whether the leaderboard by itself has all that is asked. */
  private isPlain(flags: Given): boolean {
    const { sort, columns = "", view } = flags;
    const others = [view, flags["save-view"], flags["group-by"]].filter((flag) => flag !== undefined);
    return others.length === 0 && (sort === undefined || isMetric(sort)) && namesIn(columns).every(isOwnColumn);
  }

  private async simple(store: TrackingStore, experiment: string, flags: Given): Promise<ViewedLeaderboard> {
    const { sort: rankMetric, filter, all, differing = false } = flags;
    const board = await leaderboard(store, { experiment, rankMetric, filter, all });
    return { board, keys: undefined, extra: new Map(), differing };
  }

  private async watch(board: Board, look: () => Promise<ViewedLeaderboard>, flags: Given): Promise<Leaderboard> {
    this.watching = true;
    let seen = board.table.version;
    let last = await look(); // what is wrong with the flags is told before anything is shown
    let isNew = true;
    await watch({
      changed: async () => {
        await board.feed.refresh(board.table);
        const moved = board.table.version !== seen;
        seen = board.table.version;
        return moved;
      },
      lines: async () => {
        if (!isNew) last = await look();
        isNew = false;
        return this.jsonEnabled() ? [visibleLines(JSON.stringify(last.board))] : this.linesOf(last, flags);
      },
    });
    return last.board;
  }

  private print(viewed: ViewedLeaderboard, flags: Given): ViewedLeaderboard["board"] {
    for (const line of this.linesOf(viewed, flags)) this.log(line);
    return viewed.board;
  }

  private linesOf({ board, ...view }: ViewedLeaderboard, flags: Given): readonly string[] {
    const lines: string[] = [];
    const log = (line: string): number => lines.push(line);
    const format = formatOf(flags);
    const options = { ...view, columns: flags.columns, limit: flags.limit };
    if (board.groups) log(renderTable(groupTable(board), format));
    else if (format !== "table") log(renderTable(leaderboardTable(board, options), format));
    else {
      printLeaderboard(board, options, log);
      for (const row of board.rows.filter((r) => r.error !== null))
        log(`${paint("bad", "✗")} ${visible(row.name)}: ${visible(row.error!)}`);
    }
    return lines;
  }

  /** Each look was printed already. */
  override logJson(json: unknown): void {
    if (!this.watching) super.logJson(json);
  }
}

function asked(experiment: string, flags: Given): Asked {
  const { view, sort, filter, columns, differing, all } = flags;
  return { experiment, view, sort, filter, columns, differing, all, groupBy: flags["group-by"] };
}

type Given = Awaited<ReturnType<ExpLeaderboard["parse"]>>["flags"] &
  Partial<Record<"sort" | "filter" | "columns" | "group-by" | "view" | "save-view", string>> & {
    readonly differing?: boolean;
    readonly all?: boolean;
    readonly limit?: number;
    readonly csv?: boolean;
    readonly md?: boolean;
  };
