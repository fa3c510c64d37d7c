import { Flags } from "@oclif/core";
import type { Collected } from "../../app.ts";
import { LakeCommand } from "../../cli/lake/command.ts";
import { paint, size, visible } from "../../cli/text.ts";

export default class LakeGc extends LakeCommand {
  static override summary = "Remove what killed ingests left in the data lake.";
  static override description =
    `Parts, original files and temporary files that no version and no ingest names, when they are a day old and older than any ingest that is
running. What a version or an ingest names is never removed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dry-run",
    "<%= config.bin %> <%= command.id %> --now",
  ];
  static override flags = {
    "dry-run": Flags.boolean({ description: "Tell, and remove nothing", env: "DISEASE_DRY_RUN" }),
    now: Flags.boolean({ description: "Young ones too; refused while somebody takes files in", env: "DISEASE_NOW" }),
  };

  async run(): Promise<Collected> {
    const { flags } = await this.parse(LakeGc);
    const result = await this.lakeOf(flags).collect({ dryRun: flags["dry-run"], young: flags.now });
    for (const { path, bytes } of result.removed)
      this.log(`${flags["dry-run"] ? "would remove" : "removed"} ${visible(path)}  ${size(bytes)}`);
    this.log(
      `${result.removed.length} removed, ${size(result.bytes)}${flags["dry-run"] ? " (a dry run: nothing was)" : ""}`,
    );
    if (result.young > 0) this.log(paint("dim", `${result.young} younger than a day are left; --now removes them too`));
    return result;
  }
}
