import { listGates, listRules, type RuleHelp } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { renderTable } from "../../cli/table.ts";
import { paint, visible } from "../../cli/text.ts";

interface Output {
  readonly gates: Awaited<ReturnType<typeof listGates>>;
  readonly rules: readonly RuleHelp[];
}

export default class GatesLs extends BaseCommand {
  static override summary = "List the gates of the project, and the rules that a gate file may hold.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async run(): Promise<Output> {
    const { flags } = await this.parse(GatesLs);
    const [gates, rules] = await Promise.all([listGates(this.projectOf(flags)), listRules()]);
    this.log(
      renderTable({
        columns: [
          { key: "name", title: "gate" },
          { key: "rules", title: "rules", align: "right" },
          { key: "description", title: "" },
        ],
        rows: gates,
      }),
    );
    for (const rule of rules) {
      this.log(`\n${paint("strong", rule.id)}  ${rule.description}`);
      for (const { name, description, default: fallback } of rule.params) {
        const standard = fallback === null ? "" : paint("dim", ` (${JSON.stringify(fallback)})`);
        this.log(`  ${paint("accent", visible(name))}  ${visible(description)}${standard}`);
      }
    }
    return { gates, rules };
  }
}
