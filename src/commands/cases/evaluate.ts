import { Args, Flags } from "@oclif/core";
import { type EvaluationResult, evaluateCases, recordEvaluation } from "../../app.ts";
import { CasesCommand } from "../../cli/cases/command.ts";
import { leavePublicationOutFlag, rankingFlags } from "../../cli/cases/flags.ts";
import { evaluationTable, releaseLine } from "../../cli/cases/view.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { paint } from "../../cli/text.ts";
import { ExitCode } from "../../core/errors.ts";

export default class CasesEvaluate extends CasesCommand {
  static override summary = "Judge a way of ranking by solved cases, in cross-validation over publications.";
  static override description =
    `Every case is ranked by what was learned from other papers. Two settings are always printed together: (a) with all annotations,
and (b) without those that rest on the case's own publication alone, for every disease; a disease known from nothing else is then a
miss. Ties count against us; what is not in the list is a miss. Intervals are 95 %, over publications drawn with replacement.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> phenopackets.zip --knowledge ~/hpo",
    "<%= config.bin %> <%= command.id %> phenopackets.zip --method orphan-cases --folds 4 --group publication --leave-publication-out --rankings b.jsonl",
  ];

  static override args = {
    cases: Args.string({ ignoreStdin: true, description: "Solved phenopackets: a folder or .zip", required: true }),
  };
  static override flags = {
    ...rankingFlags,
    folds: Flags.integer({ description: "Folds", env: "DISEASE_FOLDS", min: 2, max: 255, default: 4 }),
    group: Flags.option({
      description: "What stays together in a fold",
      env: "DISEASE_GROUP",
      options: ["publication"] as const,
      default: "publication" as const,
    })(),
    seed: Flags.integer({ description: "Seed of the folds and intervals", env: "DISEASE_SEED", default: 1 }),
    top: Flags.integer({
      char: "n",
      description: "Diseases a case at most",
      env: "DISEASE_TOP",
      min: 50,
      max: 100_000,
      default: 100,
    }),
    rankings: Flags.string({
      description:
        "Write every case's ranking there, one JSON a line: of (b) with --leave-publication-out, else of (a)",
      env: "DISEASE_RANKINGS",
      helpValue: "FILE",
    }),
    experiment: Flags.string({
      description: "Experiment that gets a run for each setting, with all figures",
      env: "DISEASE_EXPERIMENT",
      helpValue: "NAME",
    }),
    "leave-publication-out": leavePublicationOutFlag,
    ...formatFlags,
  };

  async run(): Promise<EvaluationResult> {
    const { args, flags } = await this.parse(CasesEvaluate);
    const started = Date.now();
    const result = await this.counting("ranked", (ears) =>
      evaluateCases(this.projectOf(flags), args.cases, {
        method: flags.method ?? "orphan-lr",
        knowledge: flags.knowledge,
        candidates: flags.candidates,
        enriched: flags.evidence === "all",
        folds: flags.folds,
        seed: flags.seed,
        top: flags.top,
        rankings:
          flags.rankings === undefined
            ? undefined
            : { file: flags.rankings, leavePublicationOut: flags["leave-publication-out"] },
        ...ears,
      }),
    );
    if (result.problems.length > 0) process.exitCode = ExitCode.trialsFailed;
    if (flags.experiment !== undefined)
      await recordEvaluation(this.projectOf(flags), flags.experiment, result, started, this.notify);
    const format = formatOf(flags);
    this.log(evaluationTable(result, format));
    if (format !== "table") return result;
    this.log("\na: all annotations   b: without what rests on the case's own publication alone");
    const left = result.undiagnosed === 0 ? "" : `, ${result.undiagnosed} cases without a diagnosis left out`;
    this.log(
      `${result.method}, ${result.folds} folds by publication, ${result.candidates} diseases${left}  ${paint("dim", releaseLine(result.knowledge))}`,
    );
    return result;
  }
}
