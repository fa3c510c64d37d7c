import { Args, Flags } from "@oclif/core";
import { type Act, promoteModel } from "../../app.ts";
import { ModelsCommand, reasonFlag, runChoice } from "../../cli/models-command.ts";
import { UserError } from "../../core/errors.ts";

export default class ModelsPromote extends ModelsCommand {
  static override summary = "Promote a version through a gate, and say why not.";
  static override description =
    `The version that was in production is archived in the same step; @champion and @challenger follow the stages. The gate looks at
the test patients once, and each look is counted. Exit code 0 promoted (or there already), 3 the gate failed, 4 it is inconclusive,
5 approval is awaited. --review shows the gate's verdicts first: the look is counted once, for the promotion that follows within the
hour rests on it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --from-experiment quickstart --gate clinical --to Production",
    "<%= config.bin %> <%= command.id %> quickstart/3 --to Staging",
    "<%= config.bin %> <%= command.id %> quickstart@challenger --gate clinical --to Production --require-approval --json",
    "<%= config.bin %> <%= command.id %> --run 3f2a9c1e --gate clinical --to Production --review",
    "<%= config.bin %> <%= command.id %> --run 3f2a9c1e --gate clinical --to Production --junit report.xml --markdown report.md",
  ];
  static override args = {
    model: Args.string({ ignoreStdin: true, description: "NAME (its newest version), NAME@alias or NAME/VERSION" }),
  };
  static override flags = {
    "from-experiment": Flags.string({
      description: "Register the best run of an experiment first",
      env: "DISEASE_FROM_EXPERIMENT",
      helpValue: "NAME",
      exclusive: ["run"],
    }),
    run: Flags.string({
      description: "Register a run first: its id, or the first digits",
      env: "DISEASE_RUN",
      helpValue: "RUN",
    }),
    name: Flags.string({
      description: "Name to register under; the experiment's when absent",
      env: "DISEASE_MODEL",
    }),
    gate: Flags.string({
      description: "Gate that judges: a name in experiments/gates/, or a file",
      env: "DISEASE_GATE",
      helpValue: "NAME|FILE",
      exclusive: ["no-gate"],
    }),
    "no-gate": Flags.boolean({
      description: "Promote to Production without a gate; needs --reason",
      env: "DISEASE_NO_GATE",
      dependsOn: ["reason"],
    }),
    reason: reasonFlag,
    to: Flags.option({ options: ["Staging", "Production"] as const })({
      description: "Stage to promote to",
      env: "DISEASE_TO",
      required: true,
    }),
    "require-approval": Flags.boolean({
      description: "Leave it awaiting until `models approve` (exit code 5)",
      env: "DISEASE_REQUIRE_APPROVAL",
    }),
    review: Flags.boolean({
      description: "Register, judge and record the verdicts, but move nothing",
      env: "DISEASE_REVIEW",
      dependsOn: ["gate"],
      exclusive: ["require-approval"],
    }),
    junit: Flags.string({ description: "Write the verdicts as JUnit XML", env: "DISEASE_JUNIT", helpValue: "FILE" }),
    markdown: Flags.string({
      description: "Write a report for a pull-request comment",
      env: "DISEASE_MARKDOWN",
      helpValue: "FILE",
    }),
  };

  async run(): Promise<Act> {
    const { args, flags } = await this.parse(ModelsPromote);
    const chosen = runChoice(flags.run, flags["from-experiment"], flags.name);
    const target = args.model ?? chosen;
    if (target === undefined || (args.model !== undefined && chosen !== undefined)) {
      throw new UserError("which model?", {
        where: "models promote",
        fix: "Name one of: a registered model, --from-experiment NAME, --run RUN.",
      });
    }
    const act = await this.withModels(flags, (bench) =>
      promoteModel(this.projectOf(flags), bench, {
        target,
        to: flags.to,
        gate: flags.gate,
        // a reason alone does not stand for a gate: that must be asked for
        reason: flags.gate === undefined && flags.to === "Production" && !flags["no-gate"] ? undefined : flags.reason,
        requireApproval: flags["require-approval"],
        reviewOnly: flags.review,
        junit: flags.junit,
        markdown: flags.markdown,
      }),
    );
    return this.report(act);
  }
}
