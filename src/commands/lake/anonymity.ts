import { Args, Flags } from "@oclif/core";
import { type Anonymity, lakeAnonymity } from "../../app.ts";
import { LakeCommand } from "../../cli/lake/command.ts";
import { paint, visible } from "../../cli/text.ts";
import { ExitCode } from "../../core/errors.ts";

const list = (text: string): string[] => text.split(",").map((name) => name.trim());

export default class LakeAnonymity extends LakeCommand {
  static override summary = "See how well a table hides whose its rows are: k-anonymity and l-diversity.";
  static override description =
    `Rows that are equal in all quasi-identifiers (what others may know: age, sex, place) are a class; k is the size of the smallest one, l the
fewest values of the sensitive column in one. Counts alone are printed. Exit code 3 when k is below --k.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> patients",
    "<%= config.bin %> <%= command.id %> diabetes@v2 --quasi age,sex,postcode3 --sensitive disease --k 10",
  ];
  static override args = { table: Args.string({ ignoreStdin: true, description: "NAME or NAME@vN", required: true }) };
  static override flags = {
    quasi: Flags.string({
      env: "DISEASE_QUASI",
      description: "Columns; those of known names when absent",
      helpValue: "A,B",
    }),
    sensitive: Flags.string({
      env: "DISEASE_SENSITIVE",
      description: "Column that must not be told by the others",
      helpValue: "COLUMN",
    }),
    k: Flags.integer({ env: "DISEASE_K", description: "Rows that a class must have", default: 5, min: 2 }),
  };

  async run(): Promise<Anonymity> {
    const { args, flags } = await this.parse(LakeAnonymity);
    const { quasi, sensitive, k } = flags;
    const options = { k, sensitive, quasi: quasi === undefined ? undefined : list(quasi) };
    const result = await lakeAnonymity(this.projectOf(flags), args.table, options, this.notify);
    const { address, rows, classes, smallest, classesBelow, rowsAtRisk, without, diversity } = result;
    const isLow = rows > 0 && smallest < k;
    this.log(visible(`${address}: ${rows} rows, ${classes} classes by ${result.quasi.join(", ")}`));
    this.log(
      `${isLow ? paint("bad", "✗") : paint("good", "✓")} k = ${smallest}, asked: ${k}; ${rowsAtRisk} rows at risk in ${classesBelow} classes`,
    );
    for (const [name, left] of Object.entries(without).sort(([, a], [, b]) => a - b))
      this.log(visible(`  without ${name}: ${left} rows at risk`));
    if (diversity !== null)
      this.log(
        visible(
          `l = ${diversity.smallest} of ${diversity.column}; ${diversity.rowsOfOne} rows are in classes with one value`,
        ),
      );
    if (isLow) process.exitCode = ExitCode.gateFailed;
    return result;
  }
}
