import { Args } from "@oclif/core";
import { findRunning } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { canShowLive, followSweep } from "../../cli/live-sweep.ts";
import { printSweep } from "../../cli/progress.ts";
import { showLive } from "../../tui/show-live.ts";

export default class ExpAttach extends BaseCommand {
  static override summary = "Come back to a sweep that is running: the live view, from its begin.";
  static override description =
    `Several may look at one. Its end and exit code are those of \`disease exp run\`. Without a terminal, or with CI set or TERM=dumb, it
prints a line for each trial. Exit code 2 when nothing is running; what ended last is said.`;
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> 3f2a9c1e"];

  static override args = {
    sweep: Args.string({
      ignoreStdin: true,
      description: "Run id of the sweep, or its first digits; the newest that is running when absent",
    }),
  };

  async run(): Promise<Attached> {
    const { args, flags } = await this.parse(ExpAttach);
    const project = this.projectOf(flags);
    const { live, told } = await this.reading(flags, (store) => findRunning(project, store, args.sweep));
    const json = this.jsonEnabled();
    await followSweep(project, live, {
      ...{ own: false, told },
      show: json || !canShowLive() ? printSweep : showLive,
      ...(json && { print: () => {} }),
    });
    const sweepId = told.findLast((e) => e.type === "planned")?.sweepId ?? null;
    return { sweepId, exitCode: Number(process.exitCode ?? 0) };
  }
}

interface Attached {
  readonly sweepId: string | null;
  /** Of the sweep. */
  readonly exitCode: number;
}
