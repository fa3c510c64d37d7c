import { Args } from "@oclif/core";
import { explainCase } from "../../app.ts";
import { CasesCommand } from "../../cli/cases/command.ts";
import { leavePublicationOutFlag, rankingFlags } from "../../cli/cases/flags.ts";
import { printExplanation, releaseLine } from "../../cli/cases/view.ts";
import { paint } from "../../cli/text.ts";

export default class CasesExplain extends CasesCommand {
  static override summary = "Say why a disease has its place for a case.";
  static override description =
    "What each term of the case says for or against the disease: how much more frequent it is in it than in all diseases.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> patient.json OMIM:154700",
    '<%= config.bin %> <%= command.id %> patient.json "marfan syndrome" --knowledge ~/hpo --json',
  ];

  static override args = {
    case: Args.string({ ignoreStdin: true, description: "Phenopacket", required: true }),
    disease: Args.string({ ignoreStdin: true, description: "Id, or a part of the name", required: true }),
  };
  static override flags = { ...rankingFlags, "leave-publication-out": leavePublicationOutFlag };

  async run(): Promise<Awaited<ReturnType<typeof explainCase>>> {
    const { args, flags } = await this.parse(CasesExplain);
    const result = await this.counting("ranked", (ears) =>
      explainCase(this.projectOf(flags), args.case, args.disease, {
        method: flags.method ?? "orphan-lr",
        knowledge: flags.knowledge,
        candidates: flags.candidates,
        enriched: flags.evidence === "all",
        leavePublicationOut: flags["leave-publication-out"],
        ...ears,
      }),
    );
    printExplanation(result, (line) => this.log(line));
    this.log(paint("dim", releaseLine(result.knowledge)));
    return result;
  }
}
