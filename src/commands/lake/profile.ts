import { Args, Flags } from "@oclif/core";
import { profileTable, type TableProfile } from "../../app.ts";
import { LakeCommand } from "../../cli/lake/command.ts";
import { printTableProfile } from "../../cli/lake/profile-view.ts";

export default class LakeProfile extends LakeCommand {
  static override summary =
    "Profile a learning table: missing values, ranges, levels, and drift since another version.";
  static override description =
    "By class too. Nothing in it is one patient's: what fewer than five patients have is pooled with the rest.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> cardiometabolic",
    "<%= config.bin %> <%= command.id %> lake://cardiometabolic@v3 --against 1 --html profile.html",
  ];
  static override args = {
    table: Args.string({ ignoreStdin: true, description: "TABLE, lake://TABLE or lake://TABLE@vN", required: true }),
  };
  static override flags = {
    target: Flags.string({
      description: "Column of the classes; the declaration's when absent",
      env: "DISEASE_TARGET",
      helpValue: "COLUMN",
    }),
    against: Flags.integer({
      description: "Version that drift is measured from; the one before when absent",
      env: "DISEASE_AGAINST",
      min: 1,
      helpValue: "N",
    }),
    html: Flags.string({ description: "Write a page with charts", env: "DISEASE_HTML", helpValue: "FILE" }),
  };

  async run(): Promise<TableProfile> {
    const { args, flags } = await this.parse(LakeProfile);
    const { target, against, html } = flags;
    const profile = await profileTable(this.projectOf(flags), args.table, { target, against, html }, this.notify);
    printTableProfile(profile, (line) => this.log(line));
    return profile;
  }
}
