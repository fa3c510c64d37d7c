import { Args, Flags } from "@oclif/core";
import { type LakeAnswer, lakeSql } from "../../app.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { LakeCommand, lakeMemoryFlag } from "../../cli/lake/command.ts";
import { renderTable } from "../../cli/table.ts";
import { paint, visible } from "../../cli/text.ts";

export default class LakeSql extends LakeCommand {
  static override summary = "Ask the tables of the data lake by SQL.";
  static override description =
    `One SELECT of DuckDB. Every table is there by its name, in its newest version; "patients@v2" is the second. Nothing else can be read,
and nothing written but --out. It prints patients' values: who may run it is decided by who may read the lake's folder or bucket.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> "SELECT sex, count(*) AS n FROM patients GROUP BY sex"',
    "<%= config.bin %> <%= command.id %> 'SELECT * FROM \"patients@v2\"' --out patients.parquet",
  ];
  static override args = { query: Args.string({ ignoreStdin: true, description: "SELECT …", required: true }) };
  static override flags = {
    ...formatFlags,
    out: Flags.string({ description: "Write the rows there: .parquet or .csv", env: "DISEASE_OUT", helpValue: "FILE" }),
    limit: Flags.integer({
      char: "n",
      description: "Rows to print at most; 0 for all",
      env: "DISEASE_LIMIT",
      min: 0,
      default: 1000,
    }),
    memory: lakeMemoryFlag,
  };

  async run(): Promise<LakeAnswer> {
    const { args, flags } = await this.parse(LakeSql);
    const answer = await lakeSql(this.lakeOf(flags), args.query, { out: flags.out, limit: flags.limit });
    const format = formatOf(flags);
    if (flags.out !== undefined) this.log(`${answer.count.toLocaleString("en")} rows in ${visible(flags.out)}`);
    else {
      const columns = answer.columns.map(({ name }, i) => ({ key: String(i), title: visible(name) }));
      this.log(
        format === "csv"
          ? renderTable(
              { columns: answer.columns.map(({ name }) => ({ key: name, title: name })), rows: answer.rows },
              format,
            )
          : renderTable({ columns, rows: answer.rows.map((row) => Object.values(row)) }, format),
      );
    }
    if (answer.more)
      this.logToStderr(paint("dim", `only the first ${answer.count} rows; --limit 0 prints all`, process.stderr));
    return answer;
  }
}
