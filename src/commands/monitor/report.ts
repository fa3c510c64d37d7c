import { Args, Flags } from "@oclif/core";
import { monitorMarkdown, monitorReport } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { exitCodeOfGate } from "../../cli/gate-view.ts";
import { printMonitor } from "../../cli/monitor/report-view.ts";
import type { MonitorReport as Report } from "../../core/monitoring/monitor.ts";

export default class MonitorReport extends BaseCommand {
  static override summary =
    "Compare a model's predictions with what it was trained on, and with what became of the patients.";
  static override description =
    `Drift of each feature (PSI, KS, chi-square; corrected for their number), of missing values and of the answers; performance and
calibration of the patients whose outcome is known (disease monitor feedback). With --monitor rules judge it: exit code 3 when one
fails, 4 when one is inconclusive. What cannot be compared is never a pass.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> skin",
    "<%= config.bin %> <%= command.id %> models:/skin@champion --monitor quickstart --window 7d --html report.html",
    "<%= config.bin %> <%= command.id %> skin --window 5000 --baseline window --json",
  ];

  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description: "NAME (its champion, else its newest version), models:/…, or runs:/ID/model",
      required: true,
    }),
  };
  static override flags = {
    monitor: Flags.string({
      char: "m",
      description: "Rules: a file, or its name in experiments/monitors/",
      env: "DISEASE_MONITOR",
      helpValue: "NAME|FILE",
    }),
    window: Flags.string({
      char: "w",
      description:
        "Predictions that are looked at: 7d, 24h, 2w, or the last so many; the monitor's, else 7d, when absent",
      env: "DISEASE_WINDOW",
      helpValue: "TIME|N",
    }),
    baseline: Flags.option({
      description: "Hold them against the training patients, or against the window before",
      env: "DISEASE_BASELINE",
      options: ["profile", "window"] as const,
    })(),
    html: Flags.string({ description: "Write a page with charts", env: "DISEASE_HTML", helpValue: "FILE" }),
    markdown: Flags.string({ description: "Write a Markdown report", env: "DISEASE_MARKDOWN", helpValue: "FILE" }),
    md: Flags.boolean({ description: "Print Markdown", env: "DISEASE_MD", exclusive: ["json"] }),
    all: Flags.boolean({ description: "Print all features, not only those that changed most", env: "DISEASE_ALL" }),
  };

  async run(): Promise<Report> {
    const { args, flags } = await this.parse(MonitorReport);
    const { monitor, window, baseline, html, markdown } = flags;
    const request = { address: args.model, monitor, window, baseline, html, markdown };
    const report = await monitorReport(this.projectOf(flags), request, this.notify);
    if (flags.md) this.log(monitorMarkdown(report).trimEnd());
    else printMonitor(report, flags.all, (line) => this.log(line));
    if (report.verdict !== null) process.exitCode = exitCodeOfGate(report.verdict);
    return report;
  }
}
