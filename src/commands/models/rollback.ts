import { Args, Flags } from "@oclif/core";
import { type Act, rollbackModel } from "../../app.ts";
import { ModelsCommand, reasonFlag } from "../../cli/models-command.ts";

export default class ModelsRollback extends ModelsCommand {
  static override summary = "Put the previous champion back, in one step.";
  static override description = "The present champion is archived. The command that takes it back is printed.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> quickstart --reason 'alerts doubled'",
    "<%= config.bin %> <%= command.id %> quickstart --to 2",
  ];
  static override args = {
    model: Args.string({ ignoreStdin: true, description: "NAME", required: true }),
  };
  static override flags = {
    to: Flags.string({
      description: "An earlier champion; the previous one when absent",
      env: "DISEASE_ROLLBACK_TO",
      helpValue: "VERSION",
    }),
    reason: reasonFlag,
  };

  async run(): Promise<Act> {
    const { args, flags } = await this.parse(ModelsRollback);
    return this.report(
      await this.withModels(flags, (bench) => rollbackModel(bench, args.model, flags.to, flags.reason)),
    );
  }
}
