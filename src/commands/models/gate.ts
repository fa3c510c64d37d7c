import { Args, Flags } from "@oclif/core";
import { type GateEvaluation, judgeRun, loadGate } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { exitCodeOfGate, printGate } from "../../cli/gate-view.ts";

export default class ModelsGate extends BaseCommand {
  static override summary = "Judge a run by a gate on the test patients, and promote nothing.";
  static override description =
    `The gate is the only reader of the test split. Each look is counted, since the more often one chooses by the same patients
the more they flatter; --rehearse judges on validation and looks at no test patient. Exit code 3 when a rule fails, 4 when one is
inconclusive.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --gate quickstart",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --gate clinical --model skin --junit report.xml --markdown report.md",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --gate clinical --rehearse",
  ];

  static override args = {
    run: Args.string({ ignoreStdin: true, description: "Run id of a trial, or its first digits", required: true }),
  };
  static override flags = {
    gate: Flags.string({
      description: "Gate file, or its name in experiments/gates/",
      env: "DISEASE_GATE",
      helpValue: "NAME|FILE",
      required: true,
    }),
    model: Flags.string({
      description:
        "Registered model whose champion the run is compared with; the one named as the experiment when absent",
      env: "DISEASE_MODEL",
      helpValue: "NAME",
    }),
    rehearse: Flags.boolean({
      description: "Judge on validation; counts as no look",
      env: "DISEASE_REHEARSE",
    }),
    junit: Flags.string({ description: "Write a JUnit XML report", env: "DISEASE_JUNIT", helpValue: "FILE" }),
    markdown: Flags.string({ description: "Write a Markdown report", env: "DISEASE_MARKDOWN", helpValue: "FILE" }),
  };

  async run(): Promise<GateEvaluation> {
    const { args, flags } = await this.parse(ModelsGate);
    const project = this.projectOf(flags);
    const outcome = await judgeRun(project, this.notify, {
      runId: args.run,
      gate: await loadGate(project, flags.gate),
      modelName: flags.model,
      part: flags.rehearse ? "validation" : "test",
      junit: flags.junit,
      markdown: flags.markdown,
    });
    printGate(outcome, (line) => this.log(line));
    process.exitCode = exitCodeOfGate(outcome.verdict);
    return outcome;
  }
}
