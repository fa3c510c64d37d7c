import { Args, Flags } from "@oclif/core";
import {
  type GateEvaluation,
  loadExperiment,
  loadGate,
  parseBytes,
  plan,
  type Round,
  runUntilGate,
  startWorkers,
} from "../../app.ts";
import {
  jobsFlag,
  liveFlag,
  logModelsFlag,
  maxTrialsFlag,
  memoryFlag,
  overridesOf,
  profileFlag,
  searchFlags,
  searchOverrides,
  setFlag,
  trackingFlag,
} from "../../cli/flags.ts";
import { exitCodeOfGate, printGate, printRound } from "../../cli/gate-view.ts";
import { type Mirrored, SweepCommand, type SweepOutput } from "../../cli/sweep-command.ts";
import { ExitCode, UserError } from "../../core/errors.ts";
import { showLive } from "../../tui/show-live.ts";

export default class ExpRun extends SweepCommand {
  static override summary = "Run the trials of an experiment file and print the leaderboard.";
  static override description =
    `In a terminal the sweep is shown live, and goes on without it: q leaves it, \`disease exp attach\` comes back. With CI set,
TERM=dumb, --json, --no-live or output that goes elsewhere it prints lines instead.

Trials that are finished already are kept and skipped; --force runs them again. Ctrl-C stops cleanly and keeps what is
finished; \`disease exp resume\` goes on. Exit code 6 when a trial failed, 130 when interrupted, 7 when a tracking server did not
take all of it (\`disease track sync\` sends the rest).

A file may hold ranges and a search instead of a grid (docs/search.md): --strategy, --trials, --time and --until set how points are
chosen and when it ends.

With --until-gate, wider rounds follow (other preparations, class weights, a search around what did best) until the gate's rules
pass on validation, no better model could make them pass, or the rounds are spent; then the gate looks at the test patients, once
(exit code 3 or 4; 6 when it passes but a trial failed).`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> experiments/quickstart.yaml",
    "<%= config.bin %> <%= command.id %> quickstart --set families.xgboost.max_depth=4,6 --set seeds=1,2,3",
    "<%= config.bin %> <%= command.id %> quickstart --jobs 4 --json > result.json",
    "<%= config.bin %> <%= command.id %> search --strategy tpe --trials 50 --time 30m --until 'f1_macro>=0.97'",
    "<%= config.bin %> <%= command.id %> quickstart --until-gate clinical --max-rounds 4",
  ];

  static override args = {
    file: Args.string({
      ignoreStdin: true,
      description: "Experiment file, or its name in experiments/",
      required: true,
    }),
  };
  static override flags = {
    set: setFlag,
    jobs: jobsFlag,
    memory: memoryFlag,
    profile: profileFlag,
    live: liveFlag,
    force: Flags.boolean({ description: "Run trials again that are finished already", env: "DISEASE_FORCE" }),
    "max-trials": maxTrialsFlag,
    ...searchFlags,
    "log-models": logModelsFlag,
    tracking: trackingFlag,
    "until-gate": Flags.string({
      description: "Go on with wider rounds until this gate passes: a file, or its name in experiments/gates/",
      env: "DISEASE_UNTIL_GATE",
      helpValue: "NAME|FILE",
    }),
    "max-rounds": Flags.integer({
      description: "Rounds at most, with --until-gate (3 when absent)",
      env: "DISEASE_MAX_ROUNDS",
      min: 1,
      max: 100,
    }),
  };

  async run(): Promise<RunOutput | undefined> {
    const { args, flags } = await this.parse(ExpRun);
    const project = this.projectOf(flags);
    if (await this.runLive(project, flags, showLive)) return undefined;
    const first = await loadExperiment(project, args.file, [...overridesOf(flags.set), ...searchOverrides(flags)]);
    const until = flags["until-gate"];
    const gate = until === undefined ? undefined : await loadGate(project, until);
    if (!gate && flags["max-rounds"] !== undefined) {
      throw new UserError("--max-rounds without a gate to reach", {
        where: "--max-rounds",
        fix: "Add --until-gate NAME.",
      });
    }
    const memory = flags.memory === undefined ? undefined : parseBytes(flags.memory, "--memory");
    const workers = startWorkers(first, { jobs: flags.jobs, memory });
    try {
      // Before the store is opened: what is wrong with the data leaves no empty store behind.
      const limits = { maxTrials: flags["max-trials"], memory };
      const firstPlan = await plan(project, first, limits);
      for (const notice of [...firstPlan.dataset.notices, ...firstPlan.splits[0]!.report.notices]) this.notify(notice);
      return await this.withStore(project, async (store) => {
        let output: SweepOutput | undefined;
        const sweep = async (experiment: typeof first): Promise<SweepOutput> => {
          const planned = experiment === first ? firstPlan : await plan(project, experiment, limits);
          const { jobs, force, profile } = flags;
          const options = { jobs, memory, force, profile, workers: experiment === first ? workers : undefined };
          output = await this.sweep(project, store, planned, options, flags["log-models"]);
          return output;
        };
        if (!gate) {
          await sweep(first);
          return output!;
        }
        const result = await runUntilGate(project, store, first, {
          gate,
          maxRounds: flags["max-rounds"] ?? 3,
          sweep,
          onRound: (round) => printRound(round, (line) => this.log(line)),
          notify: this.notify,
        });
        if (result.gate) {
          printGate(result.gate, (line) => this.log(line));
          // The last sweep has set its own; what failed in any round counts after the gate's word.
          const failed = result.rounds.reduce((sum, round) => sum + round.failed, 0);
          process.exitCode = exitCodeOfGate(result.gate.verdict) || (failed > 0 ? ExitCode.trialsFailed : ExitCode.ok);
          if (failed > 0) this.log(`failed trials: ${failed}; the reasons: disease exp leaderboard ${first.name}`);
        }
        return { ...output!, rounds: result.rounds, gate: result.gate };
      });
    } finally {
      await workers?.close();
    }
  }
}

/** With --until-gate: the last round's sweep, all rounds, and what the gate said of the best on test. */
interface RunOutput extends SweepOutput, Mirrored {
  readonly rounds?: readonly Round[];
  readonly gate?: GateEvaluation | null;
}
