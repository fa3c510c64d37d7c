import { Args, Flags } from "@oclif/core";
import { type AddResult, openDeidentifier } from "../../app.ts";
import { LakeCommand, lakeMemoryFlag } from "../../cli/lake/command.ts";
import { formatFlags, formatOptions } from "../../cli/lake/format-flags.ts";
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
    "<%= config.bin %> <%= command.id %> export.zip --key id --unique",
    "<%= config.bin %> <%= command.id %> labs.xlsx --sheet Results",
    "<%= config.bin %> <%= command.id %> visits.csv --deidentify --id pid --column reason=text --dry-run",
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
    deidentify: Flags.boolean({
      description: "Take identities out: docs/privacy.md says how. With --dry-run, see what becomes of each column",
      env: "DISEASE_DEIDENTIFY",
    }),
    id: Flags.string({
      env: "DISEASE_ID",
      description: "Column of ids; the first one is the patient's",
      dependsOn: ["deidentify"],
      helpValue: "COLUMN",
      multiple: true,
      multipleNonGreedy: true,
    }),
    column: Flags.string({
      env: "DISEASE_COLUMN",
      description: "What a column is: patient, id, date, birth, birth-year, age, postcode, text, drop, keep",
      dependsOn: ["deidentify"],
      helpValue: "NAME=ROLE",
      multiple: true,
      multipleNonGreedy: true,
    }),
    "keep-original": Flags.boolean({
      env: "DISEASE_KEEP_ORIGINAL",
      description: "Keep the original bytes, with all identities, in raw/",
      dependsOn: ["deidentify"],
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
    ...formatFlags,
  };

  async run(): Promise<AddResult> {
    const { argv, flags } = await this.parse(LakeAdd);
    const lake = this.lakeOf(flags);
    const { table, format, replace, "dry-run": dryRun, "keep-original": keepRaw } = flags;
    const transform = flags.deidentify
      ? openDeidentifier(this.projectOf(flags), { ids: flags.id, columns: flags.column })
      : undefined;
    const reading = { table, format, options: formatOptions(flags) };
    const options = { ...reading, replace, dryRun, transform, keepRaw: transform && keepRaw };
    const result = await this.working("read", (ears) => lake.addSource(argv as string[], { ...options, ...ears }));
    for (const [name, columns] of transform?.plans() ?? [])
      for (const { name: column, role } of columns)
        this.log(paint("dim", visible(`${name}.${column}: ${ROLE_TEXTS[role]}`)));
    this.print(result, dryRun);
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

const ROLE_TEXTS = {
  patient: "the patient's id: a pseudonym",
  id: "an id: a pseudonym",
  ids: "ids: pseudonyms",
  date: "moved by the patient's offset",
  birth: "moved by the patient's offset; who is older than 89 is 90",
  "birth-year": "who is older than 89 is 90",
  age: "above 89 it is 90",
  postcode: "three digits",
  text: "scrubbed",
  codings: "codes alone",
  drop: "left out",
  keep: "as it is",
} as const;

const count = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

const names = (all: readonly string[]): string =>
  visible(`${all.slice(0, 5).join(", ")}${all.length > 5 ? ", …" : ""}`);
