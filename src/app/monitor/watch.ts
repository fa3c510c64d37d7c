import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import type { Verdict } from "../../core/gate.ts";
import type { MonitorReport } from "../../core/monitoring/monitor.ts";
import { isSameProcess, ownProcess } from "../../experiments/process.ts";
import { tidyPredictions } from "../../lake/predictions/tidy.ts";
import {
  reapSweeps,
  rollbackDone,
  rollbackDue,
  sweepEnded,
  sweepStarted,
  unanswered,
} from "../../monitoring/watch/follow.ts";
import { type Alarm, type AlarmEvent, type Hysteresis, observe, raisedAlarms } from "../../monitoring/watch/state.ts";
import type { Project } from "../project.ts";
import { withRegistry } from "../workbench.ts";
import { deliver, tagVersion, type Webhook } from "./alarms.ts";
import { predictionsFolder } from "./folder.ts";
import { type OnDrift, sweepAndPromote, takeBack } from "./follow.ts";
import { openState, type StateFile } from "./state-file.ts";

export interface WatchSettings extends Hysteresis {
  /** Registered name. */
  readonly model: string;
  /** Milliseconds from look to look; undefined looks once. */
  readonly every: number | undefined;
  readonly webhook: Webhook | undefined;
  /** Whether the version's tags in the registry say what the monitor says. */
  readonly tag: boolean;
  readonly onDrift: OnDrift | undefined;
  /** Milliseconds without another rollback; undefined takes nothing back. */
  readonly rollback: { readonly coolDown: number } | undefined;
  /** Milliseconds for which predictions are kept; undefined keeps all. */
  readonly keep: number | undefined;
}

export interface WatchPorts {
  /** Looks at the model's predictions. */
  report(): Promise<MonitorReport>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onLook(look: Look): void;
  notify(notice: { readonly message: string }): void;
}

/** What one look found, and what was done about it. */
export interface Look {
  readonly type: "look";
  readonly model: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of all rules, at this look. */
  readonly verdict: Verdict;
  readonly predictions: number;
  readonly labelled: number;
  readonly rules: MonitorReport["rules"];
  /** Raised or cleared by this look. */
  readonly events: readonly AlarmEvent[];
  /** On after this look. */
  readonly alarms: readonly Pick<Alarm, "rule" | "topic" | "message" | "raised">[];
  readonly webhook: { readonly sent: number; readonly waiting: number; readonly problem: string | null } | null;
  readonly rollback: { readonly from: string; readonly to: string | null; readonly problem: string | null } | null;
  /** What a sweep that this look began has led to; "running" where it goes on beside. */
  readonly sweep: { readonly file: string; readonly result: string } | null;
}

/**
 * Looks at a model in use, once or each period, and raises and clears alarms. What is done besides (webhook, tags, sweep, rollback)
 * never ends the watch: what goes wrong with it is told.
 * @returns the last look; undefined where there was none
 * @throws UserError when another process watches the model; of a watch that looks once, whatever keeps it from looking
 */
export async function watchModel(
  project: Project,
  settings: WatchSettings,
  ports: WatchPorts,
): Promise<Look | undefined> {
  const { clock, signal, notify } = ports;
  using file = openState(project, settings.model, notify);
  file.update((state) => reapSweeps(state, isSameProcess, clock.now()));
  const sweeps: Promise<void>[] = [];
  let last: Look | undefined;
  for (;;) {
    const begun = clock.now();
    try {
      last = await lookOnce(project, settings, ports, file, sweeps);
      ports.onLook(last);
    } catch (error) {
      if (settings.every === undefined || !(error instanceof UserError)) throw error;
      notify({ message: `this look failed: ${error.message}` });
    }
    if (settings.every === undefined || signal.aborted) break;
    const pause = Math.max(0, begun + settings.every - clock.now());
    await delay(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
  }
  await Promise.all(sweeps);
  return last;
}

async function lookOnce(
  project: Project,
  settings: WatchSettings,
  ports: WatchPorts,
  file: StateFile,
  sweeps: Promise<void>[],
): Promise<Look> {
  const { clock, notify } = ports;
  const { model, webhook } = settings;
  const report = await ports.report();
  const { version, verdict } = report;
  if (version === null || verdict === null) {
    throw new UserError(
      version === null ? "only a registered model can be watched" : "there are no rules to watch by",
      {
        where: report.address,
        fix:
          version === null
            ? "Register it: disease models register."
            : "Name a file of experiments/monitors/: --monitor NAME.",
      },
    );
  }
  const at = clock.now();
  const seen = observe(file.state, { version, at, findings: report.rules }, settings);
  const { events } = seen;
  file.update(() => ({ ...seen.state, unsent: webhook ? [...seen.state.unsent, ...events].slice(-MOST_UNSENT) : [] }));
  if (settings.tag) {
    await tell(notify, "the version's tags could not be written", () =>
      withRegistry(project, notify, {}, ({ registry }) => tagVersion(registry, file.state, verdict)),
    );
  }
  const delivery = webhook && (await deliver(webhook, file.state.unsent));
  if (delivery) file.update((state) => ({ ...state, unsent: [...delivery.waiting] }));
  if (delivery?.problem) {
    const { length } = delivery.waiting;
    notify({
      message: `${delivery.problem}${length > 0 ? `; ${length} alarm ${length === 1 ? "event is" : "events are"} sent at the next look` : ""}`,
    });
  }
  const rollback = await rollBack(project, settings, ports, file, version);
  const sweep = await followUp(project, settings, ports, file, sweeps);
  if (settings.keep !== undefined) await tidy(project, settings.keep, report, ports);
  return {
    type: "look",
    ...{ model, version, at, verdict, events },
    predictions: report.window.predictions,
    labelled: report.labels.known,
    rules: report.rules,
    alarms: raisedAlarms(file.state).map(({ rule, topic, message, raised }) => ({ rule, topic, message, raised })),
    webhook: delivery ? { sent: delivery.sent, waiting: delivery.waiting.length, problem: delivery.problem } : null,
    rollback,
    sweep,
  };
}

/** Events that wait for a webhook, at most. */
const MOST_UNSENT = 1000;

async function rollBack(
  project: Project,
  { model, rollback }: WatchSettings,
  { clock, notify }: WatchPorts,
  file: StateFile,
  version: string,
): Promise<Look["rollback"]> {
  const alarm = rollback && rollbackDue(file.state, clock.now(), rollback.coolDown);
  if (!alarm?.raised) return null;
  const done = await takeBack(project, model, version, alarm, notify);
  if (done === undefined) return null;
  const entry = { at: clock.now(), alarm: alarm.raised.id, from: version, ...done };
  file.update((state) => rollbackDone(state, entry));
  return { from: version, ...done };
}

/** Begins the sweep that a drift alarm asks for; a watch that looks once waits for its end. */
async function followUp(
  project: Project,
  { model, onDrift, every }: WatchSettings,
  { clock, signal, notify }: WatchPorts,
  file: StateFile,
  sweeps: Promise<void>[],
): Promise<Look["sweep"]> {
  const alarms = onDrift ? unanswered(file.state, isSameProcess) : [];
  if (!onDrift || alarms.length === 0) return null;
  const process = ownProcess();
  file.update((state) => sweepStarted(state, alarms, { file: onDrift.file, started: clock.now(), process }));
  const running = sweepAndPromote(project, model, onDrift, alarms, signal, notify).then((result) => {
    file.update((state) => sweepEnded(state, process, clock.now(), result));
    return result;
  });
  if (every === undefined) return { file: onDrift.file, result: await running };
  sweeps.push(running.then((result) => notify({ message: `the sweep of ${onDrift.file} has ended: ${result}` })));
  return { file: onDrift.file, result: "running" };
}

async function tidy(
  project: Project,
  keep: number,
  { name, runId }: MonitorReport,
  { clock, notify }: WatchPorts,
): Promise<void> {
  const folder = predictionsFolder(project, { name, runId, hash: "" });
  await tell(notify, "old predictions could not be removed", async () => {
    const { removed } = await tidyPredictions(folder, { keep, now: clock.now() });
    if (removed.length > 0) notify({ message: `predictions up to ${removed.at(-1)} were removed` });
  });
}

async function tell(notify: WatchPorts["notify"], what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    notify({ message: `${what}: ${(error as Error).message}` });
  }
}
