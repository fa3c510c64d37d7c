import { Flags } from "@oclif/core";
import { type RunAct, tagRuns } from "../../app.ts";
import { trackingFlag } from "../../cli/flags.ts";
import { RunsCommand, runArgs, tagsOf } from "../../cli/runs-command.ts";

export default class RunsTag extends RunsCommand {
  static override summary = "Set or remove tags of runs.";
  static override description =
    "Of the server's runs where the project has a server, else of its own store's. Tags that begin with disease. or mlflow. are kept by the programs.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --set reviewed=ana",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e 77b0d2c4 --set paper=yes --set figure=2 --unset draft --json",
  ];
  static override strict = false;
  static override args = runArgs;
  static override flags = {
    set: Flags.string({
      description: "Tag to set (repeatable)",
      env: "DISEASE_TAG_SET",
      helpValue: "KEY=VALUE",
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    unset: Flags.string({
      description: "Tag to remove (repeatable)",
      env: "DISEASE_TAG_UNSET",
      helpValue: "KEY",
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    tracking: trackingFlag,
  };

  async run(): Promise<RunAct> {
    const { argv, flags } = await this.parse(RunsTag);
    const tags = tagsOf([flags.set].flat(), [flags.unset].flat());
    return this.report(await tagRuns(this.projectOf(flags), this.notify, argv as string[], tags));
  }
}
