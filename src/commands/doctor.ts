import { Flags } from "@oclif/core";
import { type Diagnosis, diagnose } from "../app.ts";
import { BaseCommand } from "../cli/base-command.ts";
import { type Cell, renderTable } from "../cli/table.ts";
import { paint, visible } from "../cli/text.ts";
import { ExitCode } from "../core/errors.ts";

export default class Doctor extends BaseCommand {
  static override summary =
    "Check what this machine has: Node, native engines, the store; say how to get what is missing.";
  static override description =
    "Exit code 7 when something is missing. --fix fetches missing engines (needs Python 3 with pip).";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --fix",
    "<%= config.bin %> <%= command.id %> --json",
  ];

  static override flags = {
    fix: Flags.boolean({ description: "Fetch the engines that are missing", env: "DISEASE_FIX" }),
  };

  async run(): Promise<readonly Diagnosis[]> {
    const { flags } = await this.parse(Doctor);
    const project = this.projectOf(flags);
    const checks = await diagnose(project, flags.fix);
    const table = {
      columns: [
        { key: "ok", title: "" },
        { key: "what", title: "what" },
        { key: "detail", title: "" },
      ],
      rows: checks.map(({ ok, what, detail }) => ({ ok, what, detail })),
      show: (key: string, row: Readonly<Record<string, Cell>>) =>
        key === "ok" ? (row.ok ? paint("good", "✓") : paint("bad", "✗")) : visible(String(row[key])),
    };
    this.log(renderTable(table, "table", Number.POSITIVE_INFINITY)); // paths are there to be copied
    for (const check of checks.filter((c) => !c.ok))
      this.log(`\n${paint("strong", check.what)}: ${visible(check.fix)}`);
    if (checks.some((c) => !c.ok)) process.exitCode = ExitCode.unreachable;
    return checks;
  }
}
