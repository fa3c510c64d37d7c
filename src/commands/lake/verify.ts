import { openToAll, type Verified } from "../../app.ts";
import { LakeCommand } from "../../cli/lake/command.ts";
import { paint, size, visible } from "../../cli/text.ts";
import { ExitCode } from "../../core/errors.ts";

export default class LakeVerify extends LakeCommand {
  static override summary = "See that every file of the data lake is what it was.";
  static override description =
    "Reads every manifest, part and original file and compares their SHA-256. Exit code 3 when something is broken.";
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  async run(): Promise<Verified> {
    const { flags } = await this.parse(LakeVerify);
    const project = this.projectOf(flags);
    const lake = this.lakeOf(flags);
    const result = await this.working("verified", (ears) => lake.verify(ears));
    const { broken, versions, parts, raw, bytes, pending } = result;
    for (const { path, problem } of broken) this.log(`${paint("bad", "✗")} ${visible(path)}: ${visible(problem)}`);
    this.log(`${versions} versions, ${parts} parts, ${raw} original files, ${size(bytes)}`);
    for (const id of pending)
      this.log(paint("warn", `ingest ${Number(id)} is not finished; the next \`disease lake add\` does it`));
    for (const path of openToAll(project))
      this.log(paint("warn", `${visible(path)}: anybody may read it; close it with chmod o=`));
    if (broken.length > 0) process.exitCode = ExitCode.gateFailed;
    else this.log(`${paint("good", "✓")} all whole`);
    return result;
  }
}
