import { Args } from "@oclif/core";
import { type Packaged, packageRun, pythonLoad, withLocalRegistry } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { visible } from "../../cli/text.ts";

export default class ModelsPackage extends BaseCommand {
  static override summary = "Make the model of a run loadable by anyone with MLflow or ONNX Runtime.";
  static override description =
    `Adds an ONNX file with the preparation in it, MLflow's description, a typical (made-up) patient and the Python packages it
needs to the run's model folder. A sweep does it to its winner, and registering to what is registered. docs/models.md shows how
to load it.`;
  static override examples = ["<%= config.bin %> <%= command.id %> 3f2a9c1e"];

  static override args = {
    run: Args.string({ ignoreStdin: true, description: "Run id, or its first digits", required: true }),
  };

  async run(): Promise<Packaged> {
    const { args, flags } = await this.parse(ModelsPackage);
    const project = this.projectOf(flags);
    const made = await withLocalRegistry(project, this.notify, {}, (bench) => packageRun(bench, args.run));
    this.log(made.isNew ? `packaged, ${made.bytes} bytes: ${made.uri}` : `packaged before: ${made.uri}`);
    this.log(`in Python: ${visible(pythonLoad(project, made.uri))}`);
    return made;
  }
}
