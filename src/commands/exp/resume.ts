import { Args, Flags } from "@oclif/core";
import { parseBytes, planResume } from "../../app.ts";
import {
  jobsFlag,
  liveFlag,
  logModelsFlag,
  memoryFlag,
  profileFlag,
  searchFlags,
  searchOverrides,
  trackingFlag,
} from "../../cli/flags.ts";
import { type Mirrored, SweepCommand, type SweepOutput } from "../../cli/sweep-command.ts";
import { showLive } from "../../tui/show-live.ts";

export default class ExpResume extends SweepCommand {
  static override summary = "Go on with an interrupted sweep: run only what is missing.";
  static override description =
    `Takes the experiment file as it was when the sweep began, and refuses when the data have changed since. A search goes on from
all that it has found; with --trials, --time or --until also one that has ended, when it is named.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --jobs 2",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --trials 100 --time 1h",
  ];

  static override args = {
    sweep: Args.string({
      ignoreStdin: true,
      description: "Run id of the sweep, or its first digits; the newest unfinished one when absent",
    }),
  };
  static override flags = {
    jobs: jobsFlag,
    memory: memoryFlag,
    profile: profileFlag,
    live: liveFlag,
    "take-over": Flags.boolean({
      description: "Also a sweep that seems to be running on another machine: one that is known to be gone",
      env: "DISEASE_TAKE_OVER",
    }),
    ...searchFlags,
    "log-models": logModelsFlag,
    tracking: trackingFlag,
  };

  async run(): Promise<(SweepOutput & Mirrored) | undefined> {
    const { args, flags } = await this.parse(ExpResume);
    const project = this.projectOf(flags);
    if (await this.runLive(project, flags, showLive)) return undefined;
    const memory = flags.memory === undefined ? undefined : parseBytes(flags.memory, "--memory");
    const { sweep, plan } = await this.reading(flags, (store) =>
      planResume(project, store, args.sweep, {
        takeOver: flags["take-over"],
        overrides: searchOverrides(flags),
        memory,
      }),
    );
    return await this.withStore(project, (store) =>
      this.sweep(
        project,
        store,
        plan,
        { jobs: flags.jobs, memory, resume: sweep.runId, profile: flags.profile },
        flags["log-models"],
      ),
    );
  }
}
