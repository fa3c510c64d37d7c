import { initLake, type LakeInit } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { visible } from "../../cli/text.ts";

export default class LakeInitCommand extends BaseCommand {
  static override summary = "Make the folders of the project's data lake.";
  static override description =
    `The lake is lake/ in the project, or where DISEASE_LAKE or \`lake: {uri: …}\` in disease.yaml says: a folder, or s3://BUCKET/PREFIX.
What is there is kept. The folders are readable by their owner alone.`;
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  async run(): Promise<LakeInit> {
    const { flags } = await this.parse(LakeInitCommand);
    const result = initLake(this.projectOf(flags));
    for (const file of result.created) this.log(`created ${visible(file)}`);
    for (const file of result.kept) this.log(`kept    ${visible(file)} (was there)`);
    this.log("\nnext: disease lake add FILE");
    return result;
  }
}
