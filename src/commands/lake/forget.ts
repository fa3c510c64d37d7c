import { Args, Flags } from "@oclif/core";
import { type ForgetResult, forgetPatient } from "../../app.ts";
import { LakeCommand } from "../../cli/lake/command.ts";
import { paint, visible } from "../../cli/text.ts";

export default class LakeForget extends LakeCommand {
  static override summary =
    "Take a patient out of every version of every table, and say which models have seen the patient.";
  static override description =
    `Rows go from all versions, whose addresses stay; original files with the patient are removed (of bulk NDJSON the patient's lines), as
are lines that were put aside, predictions and their outcomes. A file that held the patient is refused from then on. forgotten.ndjson of
the lake records it without the patient's id. Killed in the middle, the same command ends it. Models are told, not changed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> P-1024 --dry-run",
    "<%= config.bin %> <%= command.id %> P-1024 --reason 'withdrew consent'",
  ];
  static override args = {
    patient: Args.string({ ignoreStdin: true, description: "The patient's id", required: true }),
  };
  static override flags = {
    "key-is-hash": Flags.boolean({
      env: "DISEASE_KEY_IS_HASH",
      description: "PATIENT is the hash that logs and forgotten.ndjson have",
    }),
    reason: Flags.string({
      env: "DISEASE_REASON",
      description: "For the record; no patient's data",
      helpValue: "TEXT",
    }),
    "dry-run": Flags.boolean({ description: "Tell what would go", env: "DISEASE_DRY_RUN" }),
  };

  async run(): Promise<ForgetResult> {
    const { args, flags } = await this.parse(LakeForget);
    const { "key-is-hash": isHash, reason, "dry-run": dryRun } = flags;
    const result = await forgetPatient(
      this.projectOf(flags),
      { patient: args.patient, isHash, reason, dryRun },
      this.notify,
    );
    const { rows, tables, versions, removed, rewritten, quarantined, predictions, unchecked, models } = result;
    const perTable = Object.entries(tables).map(([table, n]) => `${table} ${n}`);
    this.log(`${rows} rows${perTable.length > 0 ? ` (${perTable.join(", ")})` : ""} in ${versions.length} versions`);
    this.log(
      `${removed.length} original files removed, ${Object.keys(rewritten).length} rewritten; ${quarantined} lines put aside`,
    );
    this.log(`${predictions} lines of predictions and outcomes`);
    if (unchecked.length > 0)
      this.log(paint("warn", `not looked at, for no column says whose a row is: ${unchecked.join(", ")}`));
    if (models.length === 0) this.log("no model has seen the patient");
    for (const { run, name, data, registered } of models) {
      const known = registered.map((one) => `${one.name} v${one.version} (${[one.stage, ...one.aliases].join(", ")})`);
      this.log(
        paint(
          "warn",
          visible(
            `run ${name} (${run.slice(0, 8)}) was trained on ${data}${known.length > 0 ? `: ${known.join(", ")}` : ""}`,
          ),
        ),
      );
    }
    this.log(dryRun ? "nothing was changed: this was a dry run" : `${paint("good", "✓")} forgotten`);
    return result;
  }
}
