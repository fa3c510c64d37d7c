import { Args } from "@oclif/core";
import { copyModel, type Registered } from "../../app.ts";
import { ModelsCommand } from "../../cli/models-command.ts";
import { paint, visible } from "../../cli/text.ts";

export default class ModelsCopy extends ModelsCommand {
  static override summary = "Register a version again under another name.";
  static override description = "The files are not doubled. The copy begins in stage None, without aliases.";
  static override examples = ["<%= config.bin %> <%= command.id %> quickstart@champion skin-production"];
  static override args = {
    model: Args.string({ ignoreStdin: true, description: "NAME (newest), NAME@alias or NAME/VERSION", required: true }),
    name: Args.string({ ignoreStdin: true, description: "Name of the other registered model", required: true }),
  };

  async run(): Promise<Registered> {
    const { args, flags } = await this.parse(ModelsCopy);
    const made = await this.withModels(flags, (bench) => copyModel(bench, args.model, args.name));
    this.log(paint("good", visible(`${made.source} is version ${made.version} of ${made.name}`)));
    return made;
  }
}
