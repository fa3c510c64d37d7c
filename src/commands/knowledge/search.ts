import { Args, Flags } from "@oclif/core";
import { type KnowledgeFound, searchKnowledge } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { knowledgeFlag, langFlag } from "../../cli/knowledge/flags.ts";
import { renderTable } from "../../cli/table.ts";

export default class KnowledgeSearch extends BaseCommand {
  static override summary = "Find terms and diseases by their names and synonyms, in English and Spanish.";
  static override description =
    "Words count in any order and as far as they are typed; where nothing is so written, with a wrong letter or two.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> arachnodactyly",
    "<%= config.bin %> <%= command.id %> convulsion --lang es",
    "<%= config.bin %> <%= command.id %> marfan --kind disease --limit 5 --json",
  ];
  static override strict = false;
  static override args = {
    text: Args.string({ ignoreStdin: true, description: "Words of a name, or an id", required: true }),
  };
  static override flags = {
    knowledge: knowledgeFlag,
    lang: langFlag,
    kind: Flags.option({
      description: "What is looked for; both when absent",
      env: "DISEASE_KIND",
      options: ["term", "disease"] as const,
    })(),
    limit: Flags.integer({
      char: "n",
      description: "Of each kind at most",
      env: "DISEASE_LIMIT",
      min: 1,
      max: 1000,
      default: 10,
    }),
    ...formatFlags,
  };

  async run(): Promise<readonly KnowledgeFound[]> {
    const { argv, flags } = await this.parse(KnowledgeSearch);
    const { knowledge, lang, kind, limit } = flags;
    const text = argv.join(" ");
    const found = await searchKnowledge(this.projectOf(flags), text, {
      knowledge,
      lang,
      kind,
      limit,
      notify: this.notify,
    });
    const columns = [
      { key: "kind", title: "kind" },
      { key: "id", title: "id" },
      { key: "label", title: "name" },
      { key: "matched", title: "found by" },
    ];
    const rows = found.map((one) => ({ ...one, matched: one.matched === one.label ? "" : one.matched }));
    if (found.length > 0 || flags.csv) this.log(renderTable({ columns, rows }, formatOf(flags)));
    else this.notify({ message: "nothing is so called" });
    return found;
  }
}
