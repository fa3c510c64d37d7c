import { Args, Flags } from "@oclif/core";
import { type Look, loadExperiment, startWatch } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { exitCodeOfGate } from "../../cli/gate-view.ts";
import { lookLines } from "../../cli/monitor/look-view.ts";
import { visibleLines } from "../../cli/text.ts";
import { ExitCode } from "../../core/errors.ts";

export default class MonitorWatch extends BaseCommand {
  static override summary = "Look at a model in use each period, raise alarms, and act on them.";
  static override description =
    `Each look makes the report of \`monitor report\`. An alarm is raised when a rule has failed at --raise-after looks in a row and is
over when it has passed at --clear-after looks in a row; what is inconclusive counts as neither. What was seen is kept in
.disease/monitor/, so that --once under cron goes on where it left off.

With --once the exit code is the verdict of the look: 0 pass, 3 a rule fails, 4 inconclusive. Without, it looks until Ctrl-C or
SIGTERM and ends with 0. A webhook, a tag, a sweep or a rollback that fails is told and changes no exit code.

--on-drift runs an experiment once for each drift alarm, registers its winner under the model's name, and lets --gate judge it for
Production. --rollback puts the previous champion back, once, when an alarm of performance is raised. DISEASE_WEBHOOK_SECRET signs what
is sent: X-Disease-Signature is "sha256=" and the HMAC of "TIMESTAMP.BODY".`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> skin --monitor clinical --every 1h",
    "<%= config.bin %> <%= command.id %> skin --monitor clinical --once --json",
    "<%= config.bin %> <%= command.id %> skin --monitor clinical --webhook https://alerts.example.org/disease --tag --keep 90d",
    "<%= config.bin %> <%= command.id %> skin --monitor clinical --on-drift experiments/skin.yaml --gate clinical --rollback",
  ];
  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description: "NAME (its champion), NAME@alias or NAME/VERSION",
      required: true,
    }),
  };
  static override flags = {
    monitor: Flags.string({
      description: "Rules: a file, or its name in experiments/monitors/",
      env: "DISEASE_MONITOR",
      helpValue: "NAME|FILE",
      required: true,
    }),
    window: Flags.string({
      description: "Predictions that a look is about: 7d, 24h, or the last 5000; the file's when absent",
      env: "DISEASE_WINDOW",
    }),
    every: Flags.string({
      description: "Time from look to look",
      env: "DISEASE_EVERY",
      default: "1h",
      helpValue: "TIME",
    }),
    once: Flags.boolean({ description: "Look once; the exit code is the verdict", env: "DISEASE_ONCE" }),
    "raise-after": Flags.integer({
      description: "Looks in a row at which a rule fails before there is an alarm",
      env: "DISEASE_RAISE_AFTER",
      default: 2,
      min: 1,
    }),
    "clear-after": Flags.integer({
      description: "Looks in a row at which it passes before the alarm is over",
      env: "DISEASE_CLEAR_AFTER",
      default: 2,
      min: 1,
    }),
    webhook: Flags.string({ description: "Post alarms there, as JSON", env: "DISEASE_WEBHOOK", helpValue: "URL" }),
    tag: Flags.boolean({
      description: "Say it in tags disease.monitor.* of the version, for MLflow",
      env: "DISEASE_MONITOR_TAG",
    }),
    "on-drift": Flags.string({
      description: "Experiment to run when a drift alarm is raised; needs --gate",
      env: "DISEASE_ON_DRIFT",
      helpValue: "FILE",
    }),
    gate: Flags.string({
      description: "Gate that judges the winner: a name in experiments/gates/, or a file",
      env: "DISEASE_GATE",
      helpValue: "NAME|FILE",
      dependsOn: ["on-drift"],
    }),
    "require-approval": Flags.boolean({
      description: "Leave the winner awaiting until `models approve`",
      env: "DISEASE_REQUIRE_APPROVAL",
      dependsOn: ["on-drift"],
    }),
    rollback: Flags.boolean({
      description: "Put the previous champion back when an alarm of performance is raised",
      env: "DISEASE_ROLLBACK",
    }),
    "cool-down": Flags.string({
      description: "Time without another rollback",
      env: "DISEASE_COOL_DOWN",
      default: "24h",
      helpValue: "TIME",
    }),
    keep: Flags.string({
      description: "Remove predictions that are older, compress those of past days; all are kept when absent",
      env: "DISEASE_KEEP",
      helpValue: "TIME",
    }),
  };

  async run(): Promise<Look | undefined> {
    const { args, flags } = await this.parse(MonitorWatch);
    const project = this.projectOf(flags);
    const onDrift = flags["on-drift"];
    if (onDrift !== undefined) await loadExperiment(project, onDrift); // what is wrong with it is said now, not at night
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    const signals = ["SIGINT", "SIGTERM"] as const;
    for (const signal of signals) process.once(signal, onSignal);
    try {
      const look = await startWatch(
        project,
        {
          model: args.model,
          monitor: flags.monitor,
          window: flags.window,
          every: flags.once ? undefined : flags.every,
          raiseAfter: flags["raise-after"],
          clearAfter: flags["clear-after"],
          webhook: flags.webhook,
          tag: flags.tag,
          onDrift,
          gate: flags.gate,
          requireApproval: flags["require-approval"],
          rollback: flags.rollback,
          coolDown: flags["cool-down"],
          keep: flags.keep,
        },
        {
          signal: stop.signal,
          notify: this.notify,
          onLook: (look) => {
            for (const line of lookLines(look)) this.log(line);
            if (this.jsonEnabled() && !flags.once) process.stdout.write(`${visibleLines(JSON.stringify(look))}\n`);
          },
        },
      );
      if (flags.once && look)
        process.exitCode = stop.signal.aborted ? ExitCode.interrupted : exitCodeOfGate(look.verdict);
      return flags.once ? look : undefined;
    } finally {
      for (const signal of signals) process.off(signal, onSignal);
    }
  }

  /** Without --once each look has been a line of its own. */
  override logJson(json: unknown): void {
    if (json !== undefined) super.logJson(json);
  }
}
