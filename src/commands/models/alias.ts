import { Args, Flags } from "@oclif/core";
import { type AliasMove, aliasModel, unaliasModel } from "../../app.ts";
import { ModelsCommand } from "../../cli/models-command.ts";
import { paint, visible } from "../../cli/text.ts";

export default class ModelsAlias extends ModelsCommand {
  static override summary = "Give a version an alias, or take one away.";
  static override description =
    "@champion and @challenger follow the stages and are moved by promote, demote and rollback alone.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> quickstart/3 pilot-ward",
    "<%= config.bin %> <%= command.id %> quickstart pilot-ward --delete",
  ];
  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description: "NAME/VERSION or NAME@alias; NAME to delete",
      required: true,
    }),
    alias: Args.string({ ignoreStdin: true, description: "Letters, digits, _ and -", required: true }),
  };
  static override flags = {
    delete: Flags.boolean({ char: "d", description: "Take the alias away", env: "DISEASE_ALIAS_DELETE" }),
  };

  async run(): Promise<AliasMove> {
    const { args, flags } = await this.parse(ModelsAlias);
    const alias = args.alias.replace(/^@/, "");
    const move = await this.withModels(flags, (bench) =>
      flags.delete ? unaliasModel(bench, args.model, alias) : aliasModel(bench, args.model, alias),
    );
    this.log(
      move.after === null
        ? `@${visible(alias)} is taken away from version ${move.before}`
        : `@${visible(alias)} is version ${move.after} of ${visible(move.model)} now`,
    );
    if (move.undo !== null) this.log(paint("dim", `to undo: ${visible(move.undo)}`));
    return move;
  }
}
