import type { Deployed } from "../../app.ts";
import { DeployCommand } from "../../cli/deploy/command.ts";

export default class DeploySagemaker extends DeployCommand {
  static override summary = "Write the commands that deploy a registered model on Amazon SageMaker, by MLflow.";
  static override description =
    `MLflow's own container serves it, without disease. The script's --dry-run prints its commands and asks nobody.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> models:/skin@champion",
    "cd deploy/sagemaker/disease-skin && ./deploy.sh --dry-run",
  ];
  static override args = DeployCommand.deployArgs;
  static override flags = DeployCommand.deployFlags;

  async run(): Promise<Deployed> {
    const { args, flags } = await this.parse(DeploySagemaker);
    return await this.write(args.model, flags, { target: "sagemaker" });
  }
}
