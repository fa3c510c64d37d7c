import { Args, Flags } from "@oclif/core";
import { INPUT_FORMATS, OUTPUT_FORMATS, type PredictResult, predict } from "../app.ts";
import { abstainFlags, abstentionOf } from "../cli/abstain-flags.ts";
import { BaseCommand } from "../cli/base-command.ts";
import { createRowCounter } from "../cli/row-counter.ts";
import { paint, visible } from "../cli/text.ts";
import { ExitCode, UserError } from "../core/errors.ts";

export default class Predict extends BaseCommand {
  static override summary = "Predict the disease of every patient of a file or a stream.";
  static override description =
    `Reads CSV, TSV, Parquet, JSON lines (raw columns, GA4GH phenopackets, FHIR bundles, or {present, excluded, sex, age}), and folders or
.zip archives of phenopackets, a batch at a time; "-" is standard input, answered as rows arrive. One line a patient: the likeliest
disease, its probability with its 95 % interval, and whether the model abstains. A file given with --out is there whole or not at all.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> patients.csv --model models:/skin@champion --out predictions.csv",
    "<%= config.bin %> <%= command.id %> patients.parquet --model runs:/0123abcd/model --proba --explain 3 --out predictions.parquet",
    "tail -f patients.csv | <%= config.bin %> <%= command.id %> - --model models:/skin@champion --out-format ndjson",
    "<%= config.bin %> <%= command.id %> cases.zip --model models:/orphan@champion --proba --out rankings.ndjson --json",
    {
      description: "name a disease only where 95 % of such answers were right on validation",
      command: "<%= config.bin %> <%= command.id %> patients.csv --model models:/skin@champion --abstain-accuracy 0.95",
    },
  ];

  static override args = {
    input: Args.string({
      ignoreStdin: true,
      description: "File, folder, lake://TABLE@vN, or - for standard input",
      required: true,
    }),
  };
  static override flags = {
    model: Flags.string({
      char: "m",
      description: "models:/NAME@ALIAS, models:/NAME/VERSION, runs:/ID/model, the id of a run, or a folder",
      env: "DISEASE_MODEL",
      required: true,
    }),
    out: Flags.string({
      char: "o",
      description: "Write the predictions there; the ending chooses .csv, .ndjson or .parquet",
      env: "DISEASE_OUT",
      helpValue: "FILE",
    }),
    "out-format": Flags.option({
      options: OUTPUT_FORMATS,
      description: "Format of the predictions; by the ending of --out, else csv, when absent",
      env: "DISEASE_OUT_FORMAT",
    })(),
    format: Flags.option({
      options: INPUT_FORMATS,
      description: "Format of the input; told by its content when absent",
      env: "DISEASE_FORMAT",
    })(),
    id: Flags.string({
      description: "Column that names the rows, handed through",
      env: "DISEASE_ID",
      helpValue: "COLUMN",
    }),
    proba: Flags.boolean({
      description: "Write the probability of every class; of a model that ranks, its best diseases",
      env: "DISEASE_PROBA",
    }),
    top: Flags.integer({
      description: "Diseases that --proba lists for a model that ranks",
      env: "DISEASE_TOP",
      min: 1,
      max: 100_000,
      default: 10,
    }),
    explain: Flags.integer({
      description: "Reasons for the likeliest disease of each patient",
      env: "DISEASE_EXPLAIN",
      min: 0,
      max: 1000,
      default: 0,
      helpValue: "N",
    }),
    ...abstainFlags("DISEASE"),
    knowledge: Flags.string({
      description: "Folder with the HPO and its annotations, of models that rank",
      env: "DISEASE_KNOWLEDGE",
      helpValue: "DIR",
    }),
    mapping: Flags.string({
      description:
        "File that says which codes of phenopackets and FHIR bundles are which columns (docs/clinical-api.md)",
      env: "DISEASE_MAPPING",
      helpValue: "FILE.yaml",
    }),
  };

  async run(): Promise<PredictResult> {
    const { args, flags } = await this.parse(Predict);
    if (this.jsonEnabled() && flags.out === undefined) {
      throw new UserError("with --json the summary goes to standard output", {
        where: "--json",
        fix: "Name a file for the predictions: --out FILE.csv",
      });
    }
    const stop = new AbortController();
    const interrupt = (): void => {
      stop.abort(new UserError("interrupted", { exitCode: ExitCode.interrupted }));
      // Who waits for input hears no signal.
      process.stdin.destroy();
    };
    for (const signal of SIGNALS) process.on(signal, interrupt);
    const counter = createRowCounter(process.stderr, flags.out === undefined && process.stdout.isTTY);
    let result: PredictResult;
    try {
      result = await predict(this.projectOf(flags), args.input, {
        ...{ model: flags.model, knowledge: flags.knowledge, mapping: flags.mapping, id: flags.id },
        ...{ format: flags.format, out: flags.out, outFormat: flags["out-format"] },
        ...{ explain: flags.explain, proba: flags.proba, top: flags.top },
        abstain: abstentionOf(flags),
        ...{ stdin: process.stdin, stdout: process.stdout, signal: stop.signal },
        notify: this.notify,
        onProgress: (rows, share) => counter.tell(rows, share),
      });
    } finally {
      counter.close();
      for (const signal of SIGNALS) process.off(signal, interrupt);
    }
    if (flags.out !== undefined) this.log(summary(result));
    return result;
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function summary({ rows, abstained, predicted, out, model }: PredictResult): string {
  const best = Object.entries(predicted)
    .slice(0, 3)
    .map(([name, count]) => `${visible(name)} ${count}`);
  const parts = [
    `${rows} ${rows === 1 ? "patient" : "patients"}`,
    ...best,
    ...(abstained > 0 ? [`abstained ${abstained}`] : []),
  ];
  const name = model.name === null ? model.hash.slice(0, 12) : `${model.name} version ${model.version}`;
  return `${parts.join(", ")} → ${out}  ${paint("dim", `by ${visible(name)}`)}`;
}
