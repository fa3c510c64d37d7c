import { Flags } from "@oclif/core";
import { type Pending, syncServer } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { trackingFlag } from "../../cli/flags.ts";
import { pendingLines, pendingText } from "../../cli/pending-view.ts";
import { paint, visible } from "../../cli/text.ts";
import { ExitCode } from "../../core/errors.ts";

export default class TrackSync extends BaseCommand {
  static override summary = "Send to the tracking server what it lacks.";
  static override description =
    `Sends the sweeps that ran with a server, and what was changed in them since; --all also those that ran without. May be
stopped and run again at any time: nothing is sent twice. Exit code 7 when something is left.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --all --tracking http://tracking.example.org:5000",
  ];
  static override flags = {
    tracking: trackingFlag,
    all: Flags.boolean({ description: "Also sweeps that ran without a server", env: "DISEASE_SYNC_ALL" }),
  };

  async run(): Promise<Pending> {
    const { flags } = await this.parse(TrackSync);
    const project = this.projectOf(flags);
    let last = "";
    const pending = await syncServer(project, {
      all: flags.all,
      notify: this.notify,
      onRound: (left) => {
        const text = pendingText(left);
        const why = left.error === null ? "" : `; ${visible(left.error)}`;
        if (text !== last && left.runs > 0) this.logToStderr(paint("dim", `left: ${text}${why}`, process.stderr));
        last = text;
      },
    });
    if (pending.runs === 0) this.log(paint("good", `everything is at ${visible(pending.uri)}`));
    else {
      for (const line of pendingLines(pending)) this.log(line);
      process.exitCode = ExitCode.unreachable;
    }
    return pending;
  }
}
