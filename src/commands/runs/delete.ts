import { Flags } from "@oclif/core";
import { deleteRuns, type RunAct } from "../../app.ts";
import { trackingFlag } from "../../cli/flags.ts";
import { RunsCommand, runArgs } from "../../cli/runs-command.ts";

export default class RunsDelete extends RunsCommand {
  static override summary = "Delete runs, so that they can be restored.";
  static override description =
    `As in MLflow they are hidden, with all their files, until \`mlflow gc\` removes them. Running ones are refused, and those whose
model is in Staging or Production. Without a terminal to ask in, --yes is needed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> 3f2a9c1e 77b0d2c4",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --yes --json",
  ];
  static override strict = false;
  static override args = runArgs;
  static override flags = {
    yes: Flags.boolean({ char: "y", description: "Do not ask", env: "DISEASE_YES" }),
    force: Flags.boolean({ description: "Also runs that are in use", env: "DISEASE_DELETE_FORCE" }),
    tracking: trackingFlag,
  };

  async run(): Promise<RunAct> {
    const { argv, flags } = await this.parse(RunsDelete);
    const runs = argv as string[];
    const what = runs.length === 1 ? `run ${runs[0]}` : `${runs.length} runs`;
    if (!flags.yes) await this.agree(`Delete ${what}?`);
    return this.report(await deleteRuns(this.projectOf(flags), this.notify, runs, flags.force));
  }
}
