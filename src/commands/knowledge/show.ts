import { Args, Flags } from "@oclif/core";
import { type Shown, showKnowledge } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { knowledgeFlag } from "../../cli/knowledge/flags.ts";
import { knowledgeView } from "../../cli/knowledge/view.ts";
import { visible } from "../../cli/text.ts";

export default class KnowledgeShow extends BaseCommand {
  static override summary = "Show what is known of a disease or a term.";
  static override description =
    `Of a disease: its patients' phenotypes with frequencies and papers, prevalence, inheritance, genes, and the ids that it has in OMIM, Orphanet, ICD and
others. Of a term: names, definition, what is more general and more special, and how many diseases have it. By id, or by the whole name in English or
Spanish.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> ORPHA:558",
    "<%= config.bin %> <%= command.id %> OMIM:154700 --md",
    "<%= config.bin %> <%= command.id %> HP:0001166 --json",
    '<%= config.bin %> <%= command.id %> "Marfan syndrome"',
  ];
  static override args = {
    id: Args.string({
      ignoreStdin: true,
      description: "ORPHA:558, OMIM:154700, HP:0001166, or a name",
      required: true,
    }),
  };
  static override flags = {
    knowledge: knowledgeFlag,
    limit: Flags.integer({
      char: "n",
      description: "Phenotypes at most; 0: all",
      env: "DISEASE_LIMIT",
      min: 0,
      default: 40,
    }),
    md: Flags.boolean({ description: "Print Markdown", env: "DISEASE_MD", exclusive: ["json"] }),
  };

  async run(): Promise<Shown> {
    const { args, flags } = await this.parse(KnowledgeShow);
    const { knowledge, limit, md } = flags;
    const shown = await showKnowledge(this.projectOf(flags), args.id, { knowledge, notify: this.notify });
    this.log(knowledgeView(shown, { markdown: md, limit: limit === 0 ? Number.POSITIVE_INFINITY : limit }));
    for (const notice of shown.notices) this.notify({ message: visible(notice) });
    return shown;
  }
}
