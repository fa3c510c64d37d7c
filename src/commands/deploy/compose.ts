import { Flags } from "@oclif/core";
import type { Deployed } from "../../app.ts";
import { DeployCommand } from "../../cli/deploy/command.ts";

export default class DeployCompose extends DeployCommand {
  static override summary = "Write a compose file: the service, an MLflow server and its Postgres, for one machine.";
  static override description =
    `Ports are open to this machine alone, the database's to nobody. The password is a file that you make by the command that is printed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> models:/skin@champion",
    "<%= config.bin %> <%= command.id %> models:/skin@champion --out ops --dry-run",
  ];
  static override args = DeployCommand.deployArgs;
  static override flags = {
    ...DeployCommand.deployFlags,
    "node-image": DeployCommand.nodeImageFlag,
    "python-image": Flags.string({
      description: "Base image of the MLflow server",
      env: "DISEASE_PYTHON_IMAGE",
      helpValue: "NAME:TAG@DIGEST",
      default: "python:3.12-slim-bookworm",
    }),
    "postgres-image": Flags.string({
      description: "Image of the database",
      env: "DISEASE_POSTGRES_IMAGE",
      helpValue: "NAME:TAG@DIGEST",
      default: "postgres:17-bookworm",
    }),
    image: DeployCommand.imageFlag,
  };

  async run(): Promise<Deployed> {
    const { args, flags } = await this.parse(DeployCompose);
    return await this.write(args.model, flags, {
      target: "compose",
      nodeImage: flags["node-image"],
      pythonImage: flags["python-image"],
      postgresImage: flags["postgres-image"],
      image: flags.image,
    });
  }
}
