import { Args, Flags } from "@oclif/core";
import { loadExperiment, plan } from "../../app.ts";
import { logModelsFlag, maxTrialsFlag, overridesOf, setFlag } from "../../cli/flags.ts";
import { SweepCommand, type SweepOutput } from "../../cli/sweep-command.ts";

export default class ExpRun extends SweepCommand {
  static override summary = "Run the trials of an experiment file and print the leaderboard.";
  static override description =
    `Trials that are finished already are kept and skipped; --force runs them again. Ctrl-C stops cleanly and keeps what is
finished; \`disease exp resume\` goes on. Exit code 6 when a trial failed, 130 when interrupted.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> experiments/quickstart.yaml",
    "<%= config.bin %> <%= command.id %> quickstart --set families.xgboost.max_depth=4,6 --set seeds=1,2,3",
    "<%= config.bin %> <%= command.id %> quickstart --jobs 4 --json > result.json",
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
    jobs: Flags.integer({
      char: "j",
      description: "Trials at once; one a core when absent",
      env: "DISEASE_JOBS",
      min: 1,
      max: 1024,
    }),
    force: Flags.boolean({ description: "Run trials again that are finished already", env: "DISEASE_FORCE" }),
    "max-trials": maxTrialsFlag,
    "log-models": logModelsFlag,
  };

  async run(): Promise<SweepOutput> {
    const { args, flags } = await this.parse(ExpRun);
    const project = this.projectOf(flags);
    const experiment = await loadExperiment(project, args.file, overridesOf(flags.set));
    const planned = await plan(project, experiment, { maxTrials: flags["max-trials"] });
    for (const notice of [...planned.dataset.notices, ...planned.splits[0]!.report.notices]) this.notify(notice);
    const store = this.open(project);
    try {
      return await this.sweep(project, store, planned, { jobs: flags.jobs, force: flags.force }, flags["log-models"]);
    } finally {
      store.close();
    }
  }
}
