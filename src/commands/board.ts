import { Args, Flags } from "@oclif/core";
import { type Leaderboard, leaderboard, newestExperiment, openBoard } from "../app.ts";
import { BaseCommand } from "../cli/base-command.ts";
import { filterFlag, sortsFirst, trackingFlag } from "../cli/flags.ts";
import { printLeaderboard } from "../cli/leaderboard-view.ts";
import { paint, visible } from "../cli/text.ts";
import { VALIDATION } from "../core/trial.ts";

export default class BoardCommand extends BaseCommand {
  static override summary =
    "The runs as a live table in the terminal: sort, filter, group, search, look into one, compare several, act.";
  static override description =
    `One experiment is shown as its leaderboard, several with the newest run first. Enter shows all about a run, = compares
the marked ones, a lists what can be done; each act is a command that is printed. Runs of others appear by themselves. ? lists the keys. Without a terminal, or with CI set, TERM=dumb or --json, it prints
the leaderboard once, as disease exp leaderboard does.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> quickstart --sort f1_macro,-took",
    "<%= config.bin %> <%= command.id %> quickstart rare-classes --filter \"params.family = 'xgboost'\" --group-by family",
    "<%= config.bin %> <%= command.id %> --screen registry",
    "<%= config.bin %> <%= command.id %> --view best-of-mine --theme light",
  ];
  static override strict = false;

  static override args = {
    experiment: Args.string({ ignoreStdin: true, description: "Names of experiments; all when absent" }),
  };
  static override flags = {
    filter: filterFlag,
    sort: Flags.string({
      description:
        "Columns to sort by: metrics best first, others from the least, -NAME the other way; newest first when absent",
      env: "DISEASE_SORT",
      helpValue: "A,-B",
    }),
    "group-by": Flags.string({
      description: "Columns whose values make a group, or configuration: repeats together",
      env: "DISEASE_GROUP_BY",
      helpValue: "A,B",
    }),
    view: Flags.string({ description: "Saved view to begin with", env: "DISEASE_VIEW", helpValue: "NAME" }),
    screen: Flags.option({
      description: "Screen to begin with: the table when absent",
      env: "DISEASE_SCREEN",
      options: ["registry"] as const,
    })(),
    theme: Flags.option({
      description: "Colours; by the terminal when absent, none with NO_COLOR",
      env: "DISEASE_THEME",
      options: ["dark", "light", "colour-blind", "none"] as const,
    })(),
    mouse: Flags.boolean({
      description: "Click and wheel; without, the terminal selects text as usual",
      env: "DISEASE_MOUSE",
      default: true,
      allowNo: true,
    }),
    refresh: Flags.string({
      description: "Seconds between looks for changes; 0.5, or 2 of a server, when absent",
      env: "DISEASE_REFRESH",
      helpValue: "SECONDS",
    }),
    tracking: trackingFlag,
  };

  async run(): Promise<readonly Leaderboard[]> {
    const { argv, flags } = await this.parse(BoardCommand, sortsFirst(this.argv));
    const experiments = argv as string[];
    const { env, stdin, stdout } = process;
    if (!stdin.isTTY || !stdout.isTTY || env.CI || env.TERM === "dumb" || this.jsonEnabled()) {
      return await this.printOnce(flags, experiments);
    }
    const project = this.projectOf(flags);
    const { defaultTheme, initialView, runBoard, secondsOf } = await import("../tui/index.ts");
    const board = await openBoard(project, experiments);
    let signal: NodeJS.Signals | null = null;
    try {
      signal = await runBoard(board, {
        stdin,
        stdout,
        theme: flags.theme ?? defaultTheme(env),
        mouse: flags.mouse,
        screen: flags.screen,
        view: initialView(board, flags),
        refreshEvery: secondsOf(flags.refresh) ?? (project.server === undefined ? 0.5 : 2),
      });
    } finally {
      await board.close();
    }
    if (signal !== null) process.kill(process.pid, signal); // nobody listens any more: it ends us as it would have
    return [];
  }

  /** The leaderboards, where there is nobody to press keys. */
  private async printOnce(
    flags: Parameters<BaseCommand["projectOf"]>[0] & { readonly filter?: string; readonly sort?: string },
    experiments: readonly string[],
  ): Promise<readonly Leaderboard[]> {
    const metric = flags.sort?.trim().split(/[\s,]/)[0]?.replace(`metrics.${VALIDATION}`, "");
    const boards = await this.reading(flags, async (store) => {
      const names = experiments.length > 0 ? experiments : [await newestExperiment(store)];
      return await Promise.all(
        names.map((experiment) => leaderboard(store, { experiment, rankMetric: metric, filter: flags.filter })),
      );
    });
    boards.forEach((board, i) => {
      if (boards.length > 1) this.log(paint("strong", visible(experiments[i]!)));
      printLeaderboard(board, {}, (line) => this.log(line));
    });
    return boards;
  }
}
