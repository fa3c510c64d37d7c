import type { Deployed } from "../../app.ts";
import { DeployCommand } from "../../cli/deploy/command.ts";

export default class DeployAzureml extends DeployCommand {
  static override summary =
    "Write the files and commands that deploy a registered model on Azure Machine Learning, as an MLflow model.";
  static override description =
    `A managed online endpoint serves it, without disease. The script's --dry-run prints its commands and asks nobody.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> models:/skin@champion",
    "cd deploy/azureml/disease-skin && ./deploy.sh --dry-run",
  ];
  static override args = DeployCommand.deployArgs;
  static override flags = DeployCommand.deployFlags;

  async run(): Promise<Deployed> {
    const { args, flags } = await this.parse(DeployAzureml);
    return await this.write(args.model, flags, { target: "azureml" });
  }
}
