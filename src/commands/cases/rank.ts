import { Args, Flags } from "@oclif/core";
import { type RankResult, rankCases } from "../../app.ts";
import { CasesCommand } from "../../cli/cases/command.ts";
import { leavePublicationOutFlag, rankingFlags } from "../../cli/cases/flags.ts";
import { printAnswer, releaseLine } from "../../cli/cases/view.ts";
import { paint } from "../../cli/text.ts";
import { ExitCode } from "../../core/errors.ts";

export default class CasesRank extends CasesCommand {
  static override summary = "Rank the rare diseases that could explain a case's symptoms.";
  static override description =
    `A case is a GA4GH phenopacket (v2 or v1): one .json, a folder or a .zip of them. Terms that are not known are told, with the
nearest known one, and the case is ranked by the others. Not a diagnosis: a list of what to think of.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> patient.json --knowledge ~/hpo",
    "<%= config.bin %> <%= command.id %> cases.zip --top 50 --out rankings.jsonl",
    "<%= config.bin %> <%= command.id %> cases/ --train solved.zip --json",
    "<%= config.bin %> <%= command.id %> patient.json --model models:/orphan@champion",
  ];

  static override args = {
    cases: Args.string({ ignoreStdin: true, description: "Phenopacket, folder or .zip", required: true }),
  };
  static override flags = {
    ...rankingFlags,
    train: Flags.string({
      description: "Solved cases to learn from; the method is then orphan-cases when --method is absent",
      env: "DISEASE_TRAIN",
      helpValue: "CASES",
    }),
    model: Flags.string({
      description:
        "Trained ranker in place of --method and --train: its file, the id of its run (a trial's, or of `cases train`), or a registered one",
      env: "DISEASE_MODEL",
      helpValue: "FILE|RUN|models:/NAME@champion",
      exclusive: ["train", "method"],
    }),
    top: Flags.integer({
      char: "n",
      description: "Diseases a case at most",
      env: "DISEASE_TOP",
      min: 1,
      max: 100_000,
      default: 50,
    }),
    out: Flags.string({
      char: "o",
      description: "Write the rankings there, one JSON a line, in place of printing them",
      env: "DISEASE_OUT",
      helpValue: "FILE",
    }),
    "leave-publication-out": leavePublicationOutFlag,
  };

  async run(): Promise<RankResult> {
    const { args, flags } = await this.parse(CasesRank);
    const result = await this.counting("ranked", (ears) =>
      rankCases(this.projectOf(flags), args.cases, {
        method: flags.method ?? (flags.train === undefined ? "orphan-lr" : "orphan-cases"),
        knowledge: flags.knowledge,
        candidates: flags.candidates,
        enriched: flags.evidence === "all",
        leavePublicationOut: flags["leave-publication-out"],
        train: flags.train,
        model: flags.model,
        top: flags.top,
        explained: Math.min(flags.top, 10),
        out: flags.out,
        ...ears,
      }),
    );
    for (const answer of result.answers) {
      printAnswer(answer, (line) => this.log(line));
      this.log();
    }
    const where = flags.out === undefined ? "" : ` → ${flags.out}`;
    const cases = `${result.cases} ${result.cases === 1 ? "case" : "cases"}`;
    this.log(
      `${cases} among ${result.candidates} diseases by ${result.method}${where}  ${paint("dim", releaseLine(result.knowledge))}`,
    );
    if (result.problems.length > 0) process.exitCode = ExitCode.trialsFailed;
    return result;
  }
}
