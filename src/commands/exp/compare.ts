import { Args, Flags } from "@oclif/core";
import { type Comparison, compareTrials, MAX_COMPARED } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { renderTable } from "../../cli/table.ts";
import { number, paint, visible } from "../../cli/text.ts";
import { basisText, verdictText } from "../../cli/verdict.ts";
import { UserError } from "../../core/errors.ts";

export default class ExpCompare extends BaseCommand {
  static override summary = "Test which of some configurations really differ, on the same validation patients.";
  static override description =
    `Each pair is tested by a paired bootstrap of the metric and by McNemar's exact test, both corrected for the number of
comparisons (Holm). A run stands for its configuration: all its repeats that the others have too. Who was picked for being
best on these patients is flattered by it; the test split, which only a gate reads, is not read.
Exit code 4 when they were not validated on the same patients.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> 3f2a9c1e 77b01d2c",
    "<%= config.bin %> <%= command.id %> quickstart#1 quickstart#2 quickstart#3 --metric f1_macro --metric log_loss",
    "<%= config.bin %> <%= command.id %> baseline-features new-features --level 0.99 --md",
  ];
  static override strict = false;

  static override args = {
    a: Args.string({
      ignoreStdin: true,
      description: `Run id (or its first digits), experiment (its best), or EXPERIMENT#RANK; 2 to ${MAX_COMPARED} of them`,
      required: true,
    }),
    b: Args.string({ ignoreStdin: true, description: "What it is compared with", required: true }),
  };
  static override flags = {
    metric: Flags.string({
      char: "m",
      description: "Validation metric (repeatable); the first one's rank metric when absent",
      env: "DISEASE_COMPARE_METRIC",
      multiple: true,
      multipleNonGreedy: true,
    }),
    level: Flags.string({ description: "Level of the intervals and verdicts", env: "DISEASE_LEVEL", default: "0.95" }),
    resamples: Flags.integer({
      description: "Draws of the bootstrap",
      env: "DISEASE_RESAMPLES",
      default: 10_000,
      min: 100,
      max: 1_000_000,
    }),
    ...formatFlags,
  };

  async run(): Promise<Comparison> {
    const { argv, flags } = await this.parse(ExpCompare);
    const references = argv as string[];
    const level = Number(flags.level);
    if (!(level > 0.5 && level < 1)) {
      throw new UserError(`--level ${flags.level} is not between 0.5 and 1`, { fix: "Write --level 0.95." });
    }
    if (references.length > MAX_COMPARED) {
      throw new UserError(`${references.length} configurations are more than ${MAX_COMPARED}`, {
        fix: "Compare the few that matter: the more comparisons, the less each can prove.",
      });
    }
    const result = await this.reading(flags, (store) =>
      compareTrials(store, { references, metrics: flags.metric, resamples: flags.resamples, level }),
    );
    const format = formatOf(flags);
    this.log(renderTable(testsTable(result), format));
    if (format === "table") {
      this.log("");
      for (const line of sentences(result)) this.log(line);
    }
    for (const message of result.notices) this.notify({ message });
    return result;
  }
}

function testsTable({ tests, level }: Comparison): Parameters<typeof renderTable>[0] {
  const percent = Number((100 * level).toFixed(2));
  return {
    columns: [
      { key: "a", title: "A" },
      { key: "b", title: "B" },
      { key: "test", title: "test" },
      { key: "difference", title: "B - A", align: "right" },
      { key: "low", title: `${percent} % from`, align: "right" },
      { key: "high", title: "to", align: "right" },
      { key: "pValue", title: "p", align: "right" },
      { key: "corrected", title: "p corrected", align: "right" },
      { key: "better", title: "better" },
    ],
    rows: tests,
    show(key, row) {
      const value = row[key];
      if (key === "better") return value === null ? paint("dim", "≈") : paint("good", String(value));
      if (typeof value === "number") {
        const digits = key === "difference" && row.test === "mcnemar" ? 0 : 4;
        return `${key === "difference" && value > 0 ? "+" : ""}${number(value, digits)}`;
      }
      return value === null || value === undefined ? "" : visible(String(value));
    },
  };
}

/** Who they are, and what the tests say, in words. */
function sentences(comparison: Comparison): readonly string[] {
  const { compared, tests, level } = comparison;
  const head = compared.map(({ label, experiment, name, metrics }) => {
    const values = Object.entries(metrics).map(([id, value]) => `${id} ${number(value)}`);
    return `${paint("strong", label)}  ${visible(experiment)}: ${visible(name)}  (${values.join(", ")})`;
  });
  const verdicts = tests.map((test) => {
    const sign = test.better === null ? paint("dim", "≈") : paint("good", "✓");
    return `${sign} ${verdictText(test, level)}`;
  });
  return [...head, "", `${basisText(comparison)}:`, ...verdicts];
}
