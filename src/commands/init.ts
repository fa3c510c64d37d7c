import { Args } from "@oclif/core";
import { initProject } from "../app.ts";
import { BaseCommand } from "../cli/base-command.ts";
import { visible } from "../cli/text.ts";

export default class Init extends BaseCommand {
  static override summary =
    "Lay out a project in an empty folder: an experiment file with its schema, and places for data and runs.";
  static override description =
    "Existing files are never overwritten. The example runs as it is, on the dermatology patients that ship with disease.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> my-study",
    "cd my-study && <%= config.bin %> exp run experiments/first.yaml",
  ];

  static override args = {
    folder: Args.string({ ignoreStdin: true, description: "Where; the current folder when absent", default: "." }),
  };

  async run(): Promise<{ root: string; created: readonly string[]; kept: readonly string[] }> {
    const { args } = await this.parse(Init);
    const result = initProject(args.folder);
    for (const file of result.created) this.log(`created ${visible(file)}`);
    for (const file of result.kept) this.log(`kept    ${visible(file)} (was there)`);
    this.log(
      `\nnext: ${args.folder === "." ? "" : `cd ${visible(args.folder)} && `}disease exp run experiments/first.yaml`,
    );
    return result;
  }
}
