import { Args, Flags } from "@oclif/core";
import { type Registered, registerModel, shellWord } from "../../app.ts";
import { ModelsCommand, reasonFlag, runChoice } from "../../cli/models-command.ts";
import { paint, visible } from "../../cli/text.ts";
import { UserError } from "../../core/errors.ts";

export default class ModelsRegister extends ModelsCommand {
  static override summary = "Register the model of a run as a new version.";
  static override description =
    "A run that is registered under the name already is not registered twice. The registered model is made with its first version.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --from-experiment quickstart",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --name skin",
  ];
  static override args = {
    run: Args.string({ ignoreStdin: true, description: "Run id, or its first digits" }),
  };
  static override flags = {
    "from-experiment": Flags.string({
      description: "The best run of an experiment, by its leaderboard",
      env: "DISEASE_FROM_EXPERIMENT",
      helpValue: "NAME",
    }),
    name: Flags.string({ description: "Name of the model; the experiment's when absent", env: "DISEASE_MODEL" }),
    reason: reasonFlag,
  };

  async run(): Promise<Registered> {
    const { args, flags } = await this.parse(ModelsRegister);
    const experiment = flags["from-experiment"];
    const choice = runChoice(args.run, experiment, flags.name);
    if (!choice || (args.run !== undefined && experiment !== undefined)) {
      throw new UserError("which run?", { where: "models register", fix: "Name a run, or --from-experiment NAME." });
    }
    const made = await this.withModels(flags, (bench) =>
      registerModel(this.projectOf(flags), bench, choice, flags.reason),
    );
    const what = visible(`version ${made.version} of ${made.name}`);
    this.log(made.isNew ? paint("good", `registered ${what}`) : `the run is ${what} already`);
    this.log(
      paint("dim", `next: disease models promote ${visible(shellWord(`${made.name}/${made.version}`))} --to Staging`),
    );
    return made;
  }
}
