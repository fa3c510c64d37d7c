import { Args, Flags } from "@oclif/core";
import { type BuildResult, buildLearningTable, profileTable, type TableProfile } from "../../app.ts";
import { LakeCommand, lakeMemoryFlag } from "../../cli/lake/command.ts";
import { printTableProfile } from "../../cli/lake/profile-view.ts";
import { paint, visible } from "../../cli/text.ts";

export default class LakeBuild extends LakeCommand {
  static override summary = "Build the learning table that lake/NAME.yaml declares, as its next version.";
  static override description =
    `One row a patient: the label, and what was known before the index date. That nothing later has come in is proved by a second build
from the lake without all that came later, which must give the same bytes. The same declaration over the same versions of the same
tables makes no new version. Experiments take it as data: {path: lake://NAME}, or lake://NAME@v2.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> cardiometabolic",
    "<%= config.bin %> <%= command.id %> cardiometabolic --dry-run",
    "<%= config.bin %> <%= command.id %> lake/cardiometabolic.yaml --html profile.html",
  ];
  static override args = {
    name: Args.string({
      ignoreStdin: true,
      description: "Name of a declaration in lake/, or its file",
      required: true,
    }),
  };
  static override flags = {
    "dry-run": Flags.boolean({ description: "Show the SQL, and build nothing", env: "DISEASE_DRY_RUN" }),
    check: Flags.boolean({
      description: "Build a second time without what came after the index, and compare",
      env: "DISEASE_CHECK",
      default: true,
      allowNo: true,
    }),
    html: Flags.string({
      description: "Write the table's profile as a page",
      env: "DISEASE_HTML",
      helpValue: "FILE",
      exclusive: ["dry-run"],
    }),
    memory: lakeMemoryFlag,
  };

  async run(): Promise<BuildResult & { readonly profile?: TableProfile }> {
    const { args, flags } = await this.parse(LakeBuild);
    const project = this.projectOf(flags);
    const { "dry-run": dryRun, check, html, memory } = flags;
    const result = await this.working("building", ({ signal }) =>
      buildLearningTable(project, args.name, { dryRun, check, memory, signal }, this.notify),
    );
    if (result.address === null) {
      this.log(result.sql.map((statement) => `${statement};`).join("\n\n"));
      return result;
    }
    this.printResult(result);
    const profile = await profileTable(project, result.address, { html }, this.notify);
    printTableProfile(profile, (line) => this.log(line));
    return { ...result, profile };
  }

  private printResult({ address, isNew, excluded, checked, lineage }: BuildResult): void {
    this.log(`${paint("strong", address!)}${isNew ? "" : "  as it was: the same inputs"}`);
    const made = lineage.filter((entry) => entry.startsWith("lake"));
    this.log(`made of ${visible(made.join(", ").replace(/ [0-9a-f]{52}([0-9a-f]{12})/g, " $1"))}`);
    if (checked) this.log("checked: without all that came after the index it is the same to the byte");
    for (const [reason, n] of Object.entries(excluded)) this.log(`left out: ${visible(reason)}, ${n}`);
  }
}
