import { openBrowser, shownAddress } from "../app.ts";
import { trackingFlag } from "../cli/flags.ts";
import { ServerCommand } from "../cli/server-command.ts";
import { visible } from "../cli/text.ts";

export default class Ui extends ServerCommand {
  static override summary = "Open MLflow's pages of this project: the server's, or those of a server started for it.";
  static override description =
    "With a tracking server it opens that one. Otherwise it does what `disease track up` does, and opens its page. Without a display the address is printed.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --port 8080"];
  static override flags = { ...ServerCommand.serverFlags, tracking: trackingFlag };

  async run(): Promise<{ url: string }> {
    const { flags } = await this.parse(Ui);
    const project = this.projectOf(flags);
    const { server } = project;
    if (server === undefined || !/^https?:/.test(server)) return await this.serve(project, flags, openBrowser);
    const url = shownAddress(server);
    this.log(visible(url));
    openBrowser(url);
    return { url };
  }
}
