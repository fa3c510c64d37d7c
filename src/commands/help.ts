import { Args, Command, loadHelpClass } from "@oclif/core";

export default class Help extends Command {
  static override summary = "Show what a command does, its flags and examples.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> exp run"];
  static override strict = false;
  static override args = {
    command: Args.string({ description: "The command, word by word; all of them when absent", ignoreStdin: true }),
  };

  async run(): Promise<void> {
    const { argv } = await this.parse(Help);
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config, this.config.pjson.oclif.helpOptions).showHelp(argv as string[]);
  }
}
