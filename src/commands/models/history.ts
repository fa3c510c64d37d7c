import { Args } from "@oclif/core";
import { modelHistory, type Trail } from "../../app.ts";
import { changesOf } from "../../cli/audit-text.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { ModelsCommand } from "../../cli/models-command.ts";
import { renderTable } from "../../cli/table.ts";
import { paint, visible } from "../../cli/text.ts";
import { ExitCode } from "../../core/errors.ts";

export default class ModelsHistory extends ModelsCommand {
  static override summary = "Show who did what to a model, when and why, and whether the record is whole.";
  static override description =
    `Each record holds the hash of the one before, and a copy of it is in the run's artifacts (audit/). Exit code 3 when a record was
changed, is missing, or differs from its copy.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> quickstart",
    "<%= config.bin %> <%= command.id %> quickstart --json",
  ];
  static override args = {
    model: Args.string({ ignoreStdin: true, description: "NAME", required: true }),
  };
  static override flags = formatFlags;

  async run(): Promise<Trail> {
    const { args, flags } = await this.parse(ModelsHistory);
    const trail = await this.readingModels(flags, (bench) => modelHistory(bench, args.model));
    const columns = [
      { key: "sequence", title: "#", align: "right" as const },
      { key: "when", title: "when" },
      { key: "who", title: "who" },
      { key: "act", title: "act" },
      { key: "version", title: "version", align: "right" as const },
      { key: "changes", title: "changes" },
      { key: "gate", title: "gate" },
      { key: "reason", title: "reason" },
    ];
    const rows = trail.records.map((r) => ({
      ...r,
      when: r.when.slice(0, 19).replace("T", " "),
      changes: changesOf(r),
      gate: r.gate === null ? null : `${r.gate.gate}: ${r.gate.verdict}`,
    }));
    this.log(renderTable({ columns, rows }, formatOf(flags)));
    for (const problem of trail.problems) this.logToStderr(paint("bad", visible(problem), process.stderr));
    if (trail.problems.length > 0) process.exitCode = ExitCode.gateFailed;
    return trail;
  }
}
