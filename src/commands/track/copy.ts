import { Args, Flags } from "@oclif/core";
import { copyStore, shownAddress } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { size, visible } from "../../cli/text.ts";

export default class TrackCopy extends BaseCommand {
  static override summary = "Copy experiments from one tracking store to another.";
  static override description =
    `Addresses are sqlite:///PATH/mlflow.db (four slashes for an absolute path) or those of a server. Runs come with params, tags,
inputs, the whole history of their metrics, files, nesting, logged models and the registered versions made of them; deleted
ones stay behind. A copy that was cut goes on where it was, and a second one copies only what is new. Credentials are taken from
the environment.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> sqlite:///mlruns/mlflow.db http://tracking.example.org:5000",
    "<%= config.bin %> <%= command.id %> http://old.example.org sqlite:////data/mlruns/mlflow.db --experiment quickstart",
  ];
  static override args = {
    from: Args.string({ ignoreStdin: true, description: "Address of the store to read", required: true }),
    to: Args.string({ ignoreStdin: true, description: "Address of the store to write", required: true }),
  };
  static override flags = {
    experiment: Flags.string({
      char: "e",
      description: "Only this experiment (repeatable)",
      env: "DISEASE_EXPERIMENT",
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): ReturnType<typeof copyStore> {
    const { args, flags } = await this.parse(TrackCopy);
    let runs = 0;
    const result = await copyStore(args.from, args.to, {
      experiments: flags.experiment === undefined ? undefined : [flags.experiment].flat(),
      notify: this.notify,
      onRun: () => {
        if (++runs % 100 === 0) this.logToStderr(`${runs} runs …`);
      },
    });
    const { experiments, copied, kept, metrics, artifacts, bytes, versions } = result;
    this.log(
      `${copied} runs of ${experiments} experiments copied to ${visible(shownAddress(args.to))} (${metrics} metrics, ${artifacts} files, ${size(bytes)}), ${kept} there already; ${versions} model versions`,
    );
    return result;
  }
}
