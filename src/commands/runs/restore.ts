import { type RunAct, restoreRuns } from "../../app.ts";
import { trackingFlag } from "../../cli/flags.ts";
import { RunsCommand, runArgs } from "../../cli/runs-command.ts";

export default class RunsRestore extends RunsCommand {
  static override summary = "Restore deleted runs.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> 3f2a9c1e",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e 77b0d2c4 --json",
  ];
  static override strict = false;
  static override args = runArgs;
  static override flags = { tracking: trackingFlag };

  async run(): Promise<RunAct> {
    const { argv, flags } = await this.parse(RunsRestore);
    return this.report(await restoreRuns(this.projectOf(flags), this.notify, argv as string[]));
  }
}
