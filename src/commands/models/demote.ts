import { Args, Flags } from "@oclif/core";
import { type Act, demoteModel, isChampion, modelNameOf } from "../../app.ts";
import { confirmFlag, ModelsCommand, reasonFlag } from "../../cli/models-command.ts";

export default class ModelsDemote extends ModelsCommand {
  static override summary = "Take a version out of Staging, or withdraw the champion.";
  static override description =
    "A model whose champion is withdrawn has none until the next promotion or rollback; that must be confirmed by its name.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> quickstart@challenger",
    "<%= config.bin %> <%= command.id %> quickstart@champion --confirm quickstart --reason 'wrong lab units'",
  ];
  static override args = {
    model: Args.string({ ignoreStdin: true, description: "NAME/VERSION or NAME@alias", required: true }),
  };
  static override flags = {
    to: Flags.option({ options: ["None", "Staging", "Archived"] as const })({
      description: "Stage to put it in",
      env: "DISEASE_DEMOTE_TO",
      default: "Archived",
    }),
    confirm: confirmFlag,
    reason: reasonFlag,
  };

  async run(): Promise<Act> {
    const { args, flags } = await this.parse(ModelsDemote);
    const act = await this.withModels(flags, async (bench) => {
      if (await isChampion(bench, args.model)) {
        const name = modelNameOf(args.model);
        await this.confirm(`this leaves ${name} without a champion`, name, flags.confirm);
      }
      return demoteModel(bench, args.model, flags.to, flags.reason);
    });
    return this.report(act);
  }
}
