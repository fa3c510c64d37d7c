import { Flags } from "@oclif/core";
import type { Deployed } from "../../app.ts";
import { DeployCommand } from "../../cli/deploy/command.ts";

export default class DeployDocker extends DeployCommand {
  static override summary =
    "Write a Dockerfile that serves a registered model: small, without root, with a health check.";
  static override description =
    `The image runs on a read-only file system. --model-in image copies the model's files in: the image is one version, for good. --model-in registry
asks MLFLOW_TRACKING_URI at start, and follows the alias.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> models:/skin@champion",
    "<%= config.bin %> <%= command.id %> models:/skin/3 --model-in image --image registry.example.org/skin:3 --out build/skin",
  ];
  static override args = DeployCommand.deployArgs;
  static override flags = {
    ...DeployCommand.deployFlags,
    "model-in": Flags.option({ options: ["image", "registry"] as const })({
      description: "Where the container has the model from",
      env: "DISEASE_MODEL_IN",
      default: "registry",
    }),
    "node-image": DeployCommand.nodeImageFlag,
    image: DeployCommand.imageFlag,
  };

  async run(): Promise<Deployed> {
    const { args, flags } = await this.parse(DeployDocker);
    return await this.write(args.model, flags, {
      target: "docker",
      modelIn: flags["model-in"],
      nodeImage: flags["node-image"],
      image: flags.image,
    });
  }
}
