import { Args } from "@oclif/core";
import { type Act, approveModel } from "../../app.ts";
import { ModelsCommand, reasonFlag } from "../../cli/models-command.ts";

export default class ModelsApprove extends ModelsCommand {
  static override summary = "Let a version through that a gate passed and that awaits approval.";
  static override description =
    "It is refused when another champion was promoted since the gate looked, or the model's files have changed.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> quickstart",
    "<%= config.bin %> <%= command.id %> quickstart/3 --reason 'reviewed on 3 May'",
  ];
  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description: "NAME (the version that awaits), NAME@alias or NAME/VERSION",
      required: true,
    }),
  };
  static override flags = { reason: reasonFlag };

  async run(): Promise<Act> {
    const { args, flags } = await this.parse(ModelsApprove);
    return this.report(
      await this.withModels(flags, (bench) => approveModel(this.projectOf(flags), bench, args.model, flags.reason)),
    );
  }
}
