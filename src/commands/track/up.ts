import { ServerCommand } from "../../cli/server-command.ts";

export default class TrackUp extends ServerCommand {
  static override summary = "Start MLflow's own server on the project's store, for this machine alone.";
  static override description =
    `Prints its address; Ctrl-C stops it. MLflow is installed into your cache the first time, after a question (--yes agrees);
DISEASE_MLFLOW names a Python that has it. MLflow brings the store's schema up to its own; disease goes on working with it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --port 8080 --yes",
  ];
  static override flags = ServerCommand.serverFlags;

  async run(): Promise<{ url: string }> {
    const { flags } = await this.parse(TrackUp);
    return await this.serve(this.projectOf(flags), flags);
  }
}
