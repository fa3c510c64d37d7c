import { Args } from "@oclif/core";
import { type Stopped, stopRunning } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { visible } from "../../cli/text.ts";

export default class ExpStop extends BaseCommand {
  static override summary = "Stop a running sweep, or one trial of it, and wait until it has.";
  static override description =
    `What is finished is kept; \`disease exp resume\` goes on. A second \`disease exp stop\` does not wait for the workers. A single trial is
stopped in a sweep that was started in a terminal, without --no-live; its row says so, and a resumed or repeated sweep runs it again.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e",
    "<%= config.bin %> <%= command.id %> 77b0d2c4 --json",
  ];

  static override args = {
    run: Args.string({
      ignoreStdin: true,
      description: "Run id of the sweep or the trial, or its first digits; the only running sweep when absent",
    }),
  };

  async run(): Promise<Stopped> {
    const { args, flags } = await this.parse(ExpStop);
    const project = this.projectOf(flags);
    const stopped = await this.reading(flags, (store) => stopRunning(project, store, args.run));
    const id = stopped.runId?.slice(0, 8) ?? "";
    if (stopped.kind === "trial") this.log(`stopped trial ${id}: ${visible(stopped.name ?? "")}`);
    else this.log(`stopped sweep ${id}; go on with: disease exp resume ${id}`);
    return stopped;
  }
}
