import { Args, Flags } from "@oclif/core";
import type { AddResult } from "../../app.ts";
import { LakeCommand, lakeMemoryFlag } from "../../cli/lake-command.ts";
import { paint, size, visible } from "../../cli/text.ts";
import { ExitCode } from "../../core/errors.ts";

export default class LakeAdd extends LakeCommand {
  static override summary = "Take files into the data lake, as new versions of their tables.";
  static override description =
    `The original bytes are kept; rows go to Parquet. Files are known by their name and first bytes. Clinical formats name their tables
themselves; other files are a table of their name, or of --table. The same bytes again are passed over. New rows are appended; a new
column is added; when a column is gone or has another type, nothing is taken in and the difference is shown. All tables of one
command come in together or not at all.

Lines that cannot be read are put aside in quarantine/ of the lake, with the reason; the rest goes in, and the exit code is 6.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> patients.csv",
    "<%= config.bin %> <%= command.id %> 'exports/2024-*.csv' --table labs",
    "<%= config.bin %> <%= command.id %> patients.csv --replace --dry-run",
  ];
  static override strict = false;
  static override args = {
    paths: Args.string({ ignoreStdin: true, description: "Files, folders, patterns", required: true }),
  };
  static override flags = {
    table: Flags.string({
      description: "Table to add to; the file's name when absent",
      env: "DISEASE_TABLE",
      helpValue: "NAME",
    }),
    format: Flags.string({
      description: "What the files are; found out when absent",
      env: "DISEASE_FORMAT",
      helpValue: "ID",
    }),
    replace: Flags.boolean({
      description: "In place of the rows that the tables have; older versions stay",
      env: "DISEASE_REPLACE",
    }),
    "dry-run": Flags.boolean({ description: "Read and tell, and take nothing in", env: "DISEASE_DRY_RUN" }),
    jobs: Flags.integer({
      char: "j",
      description: "Threads of DuckDB; one a core when absent",
      env: "DISEASE_JOBS",
      min: 1,
      max: 1024,
    }),
    memory: lakeMemoryFlag,
  };

  async run(): Promise<AddResult> {
    const { argv, flags } = await this.parse(LakeAdd);
    const lake = this.lakeOf(flags);
    const { table, format, replace } = flags;
    const result = await this.working("read", (ears) =>
      lake.addSource(argv as string[], { table, format, replace, dryRun: flags["dry-run"], ...ears }),
    );
    this.print(result, flags["dry-run"]);
    if (result.quarantined > 0) process.exitCode = ExitCode.trialsFailed;
    return result;
  }

  private print({ ingest, tables, files, quarantined }: AddResult, isDry: boolean): void {
    const known = files.filter((file) => file.known);
    if (known.length > 0)
      this.log(
        paint("dim", `${count(known.length, "file")} in the lake already: ${names(known.map(({ name }) => name))}`),
      );
    for (const { table, version, added, rows, newColumns } of tables) {
      const extra = newColumns.length === 0 ? "" : `, new: ${names(newColumns)}`;
      const address = version === null ? table : `lake://${table}@v${version}`;
      this.log(
        `${paint("good", "✓")} ${address}  ${count(added, "row")} came in, ${rows.toLocaleString("en")} in all${visible(extra)}`,
      );
    }
    if (quarantined > 0) {
      const from = files.filter((file) => file.quarantined > 0).map((file) => `${file.name} (${file.quarantined})`);
      const see = ingest === null ? "" : `; see them: disease lake show ${Number(ingest)}`;
      this.log(paint("warn", `${count(quarantined, "line")} put aside: ${names(from)}${see}`));
    }
    const came = files.filter((file) => !file.known && file.reader !== null);
    const bytes = came.reduce((sum, file) => sum + file.bytes, 0);
    if (isDry) this.log("nothing was taken in: this was a dry run");
    else if (ingest === null) this.log("nothing new");
    else this.log(paint("dim", `ingest ${Number(ingest)}: ${count(came.length, "file")}, ${size(bytes)}`));
  }
}

const count = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

const names = (all: readonly string[]): string =>
  visible(`${all.slice(0, 5).join(", ")}${all.length > 5 ? ", …" : ""}`);
