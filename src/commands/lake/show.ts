import { Args } from "@oclif/core";
import { lakeShow, type ShownIngest, type ShownTable } from "../../app.ts";
import { LakeCommand } from "../../cli/lake/command.ts";
import { moment } from "../../cli/models-command.ts";
import { renderTable } from "../../cli/table.ts";
import { paint, size, visible } from "../../cli/text.ts";

export default class LakeShow extends LakeCommand {
  static override summary = "Show a table, one of its versions, or an ingest.";
  static override description =
    "Of a table: its columns, parts, sources, what it was made of, and all versions with what became of the columns. No value of a patient is shown.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> patients",
    "<%= config.bin %> <%= command.id %> patients@v2",
    "<%= config.bin %> <%= command.id %> 17",
  ];
  static override args = {
    what: Args.string({
      ignoreStdin: true,
      description: "TABLE, TABLE@vN, or the number of an ingest",
      required: true,
    }),
  };

  async run(): Promise<ShownTable | ShownIngest> {
    const { args, flags } = await this.parse(LakeShow);
    const shown = await lakeShow(this.lakeOf(flags), args.what);
    if (shown.kind === "ingest") this.printIngest(shown);
    else this.printTable(shown);
    return shown;
  }

  private printTable({ version, history }: ShownTable): void {
    const { table, rows, schema, parts, lineage, hash } = version;
    this.log(paint("strong", `lake://${table}@v${version.version}`));
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    this.log(
      `${rows.toLocaleString("en")} rows, ${schema.length} columns, ${parts.length === 1 ? "1 part" : `${parts.length} parts`}, ${size(bytes)}  ${paint("dim", hash.slice(0, 12))}`,
    );
    this.log(
      `by ${visible(version.who)}, ${moment(version.time)}, ${version.change}, read by ${visible(version.reader)}`,
    );
    if (version.deidentified) this.log("without identities");
    if (version.quarantined > 0) this.log(paint("warn", `${version.quarantined} lines were put aside`));
    if (lineage.length > 0) this.log(`made of ${visible(lineage.join(", "))}`);
    const columns = [
      { key: "name", title: "column" },
      { key: "type", title: "type" },
    ];
    this.log(`\n${renderTable({ columns, rows: schema })}\n`);
    for (const { name, bytes: length, hash: source } of version.sources)
      this.log(`source ${visible(name)}  ${size(length)}  ${paint("dim", source.slice(0, 12))}`);
    this.log("");
    for (const one of history) {
      this.log(
        `v${one.version}  ${moment(one.time)}  ${one.change}  ${one.rows.toLocaleString("en")} rows  ${visible(one.who)}`,
      );
      for (const line of one.diff) this.log(`      ${visible(line)}`);
    }
  }

  private printIngest({ ingest, pending }: ShownIngest): void {
    this.log(paint("strong", `ingest ${Number(ingest.id)}`));
    this.log(`by ${visible(ingest.who)}, ${moment(ingest.time)}, ${ingest.change}`);
    if (pending) this.log(paint("warn", "its tables are not all made yet: the next `disease lake add` finishes it"));
    for (const { name, bytes, reader, quarantined, hash } of ingest.sources) {
      const aside = quarantined > 0 ? paint("warn", `  ${quarantined} put aside`) : "";
      this.log(
        `source ${visible(name)}  ${size(bytes)}  ${visible(reader)}  ${paint("dim", hash.slice(0, 12))}${aside}`,
      );
    }
    for (const { table, rows, parts } of ingest.tables)
      this.log(`table ${table}  ${rows.toLocaleString("en")} rows, ${parts.length} parts`);
    if (ingest.quarantine !== null)
      this.log(`put aside in ${visible(ingest.quarantine)} of the lake (source, line, reason, text)`);
  }
}
