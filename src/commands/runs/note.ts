import { Flags } from "@oclif/core";
import { noteRuns, type RunAct } from "../../app.ts";
import { trackingFlag } from "../../cli/flags.ts";
import { RunsCommand, runArgs } from "../../cli/runs-command.ts";

export default class RunsNote extends RunsCommand {
  static override summary = "Write a note to runs.";
  static override description =
    "MLflow shows it as the run's description (tag mlflow.note.content). It takes the place of the note before; an empty text removes it.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --text 'wrong lab units, see ticket 81'",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --text ''",
  ];
  static override strict = false;
  static override args = runArgs;
  static override flags = {
    text: Flags.string({ description: "What the note says; Markdown", env: "DISEASE_NOTE", required: true }),
    tracking: trackingFlag,
  };

  async run(): Promise<RunAct> {
    const { argv, flags } = await this.parse(RunsNote);
    return this.report(await noteRuns(this.projectOf(flags), this.notify, argv as string[], flags.text));
  }
}
