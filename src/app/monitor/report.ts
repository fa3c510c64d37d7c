/** Reports on models in use: their predictions against what they were trained on, and against what became of the patients. */
import { systemClock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import type { MonitorReport } from "../../core/monitoring/monitor.ts";
import type { MonitoringProfile } from "../../core/monitoring/profile.ts";
import type { PredictionRecord } from "../../core/serving/serving.ts";
import { writeFileAt } from "../../experiments/files.ts";
import { findRun } from "../../experiments/read/browse.ts";
import { type Outcomes, outcomeOf, readOutcomes } from "../../lake/predictions/feedback.ts";
import { readPredictions } from "../../lake/predictions/read.ts";
import { parseWindow, WINDOW_HELP, type WindowSpec } from "../../monitoring/monitor-file.ts";
import { makeReport } from "../../monitoring/report.ts";
import { createWindow, type Window } from "../../monitoring/window.ts";
import { parseRef, readState, versionOf } from "../../registry/state.ts";
import { monitorHtml, monitorMarkdown } from "../../reports/monitor/page.ts";
import type { Project } from "../project.ts";
import { withRegistry } from "../workbench.ts";
import { loadMonitor } from "./file.ts";
import { predictionsFolder } from "./folder.ts";
import { readProfile } from "./profile.ts";

export interface MonitorRequest {
  /** NAME (its champion, else its newest version), models:/…, runs:/ID/model, or the id of a run. */
  readonly address: string;
  /** A file, or its name in experiments/monitors/. */
  readonly monitor?: string;
  /** Goes before the file's: "7d", "5000". */
  readonly window?: string;
  readonly baseline?: "profile" | "window";
  /** Where the HTML page and the Markdown text go, from the current folder. */
  readonly html?: string;
  readonly markdown?: string;
  /** Milliseconds since the epoch, at which a window of time ends; now when absent. */
  readonly now?: number;
}

type Notify = (notice: { readonly message: string }) => void;

/**
 * Compares the predictions of a window with the model's profile, joins what became of the patients, and judges both by the rules of
 * a monitor.
 * @throws UserError when there is no such model or monitor, or (exit code 4) the model has no profile
 */
export async function monitorReport(project: Project, request: MonitorRequest, notify: Notify): Promise<MonitorReport> {
  const monitor = request.monitor === undefined ? null : await loadMonitor(project, request.monitor);
  const asked = String(request.window ?? monitor?.window ?? "7d");
  const spec = parseWindow(asked);
  if (spec === undefined)
    throw new UserError(`"${asked}" is no window`, { where: "--window", fix: `Write ${WINDOW_HELP}.` });
  const target = await findTarget(project, request.address, notify);
  const { profile, ...about } = target;
  const folder = predictionsFolder(project, { ...about, hash: "" });
  const now = request.now ?? systemClock.now();
  const baseline = request.baseline ?? monitor?.baseline ?? "profile";
  const read = await readWindows(folder, target, { spec, now, before: baseline === "window" });
  const report = makeReport({
    about: { ...about, address: request.address, made: now },
    ...{ profile, monitor, asked, others: read.others, unreadable: read.unreadable },
    window: read.window,
    before: read.before?.counts() ?? null,
  });
  writeReports(report, request);
  return report;
}

function writeReports(report: MonitorReport, { html, markdown }: MonitorRequest): void {
  if (html !== undefined) writeFileAt(html, monitorHtml(report));
  if (markdown !== undefined) writeFileAt(markdown, monitorMarkdown(report));
}

interface Target {
  readonly name: string | null;
  readonly version: string | null;
  readonly runId: string;
  readonly profile: MonitoringProfile;
}

async function findTarget(project: Project, address: string, notify: Notify): Promise<Target> {
  const run = /^(?:runs:\/)?([0-9a-f]{32})(?:\/model\/?)?$/.exec(address)?.[1];
  return withRegistry(project, notify, { readOnly: true }, async ({ registry, store }) => {
    if (run !== undefined) {
      const { runId } = (await findRun(store, run)).info;
      return { name: null, version: null, runId, profile: await readProfile(store, runId) };
    }
    const ref = parseRef(address);
    const state = await readState(registry, ref.name);
    const isNamed = ref.version !== undefined || ref.alias !== undefined;
    const { name, version, runId } = isNamed ? versionOf(state, ref) : (state.champion ?? versionOf(state, ref));
    if (runId === null)
      throw new UserError("the version belongs to no run", { where: `version ${version} of model ${name}` });
    return { name, version, runId, profile: await readProfile(store, runId) };
  });
}

interface Windows {
  readonly window: Window;
  readonly before: Window | null;
  /** Predictions in the window by other versions of the name. */
  readonly others: number;
  readonly unreadable: number;
}

async function readWindows(
  folder: string,
  target: Target,
  { spec, now, before }: { readonly spec: WindowSpec; readonly now: number; readonly before: boolean },
): Promise<Windows> {
  const outcomes = await readOutcomes(folder);
  let [others, unreadable] = [0, 0];
  const onSkipped = (_: string, lines: number): void => {
    unreadable += lines;
  };
  const isOwn = ({ model }: PredictionRecord): boolean => target.version === null || model.version === target.version;
  const window = createWindow(target.profile);
  const earlier = before ? createWindow(target.profile) : null;
  if ("last" in spec) {
    const wanted = (before ? 2 : 1) * spec.last;
    let kept: PredictionRecord[] = [];
    for await (const record of readPredictions(folder, { until: now, onSkipped })) {
      if (isOwn(record)) kept.push(record);
      if (kept.length >= 4 * wanted) kept = newest(kept, wanted);
    }
    kept = newest(kept, wanted);
    addAll(window, kept.slice(-spec.last), outcomes);
    if (earlier) addAll(earlier, kept.slice(0, -spec.last), outcomes);
    return { window, before: earlier, others, unreadable };
  }
  const since = now - spec.milliseconds;
  const from = before ? since - spec.milliseconds : since;
  for await (const record of readPredictions(folder, { since: from, until: now, onSkipped })) {
    if (!isOwn(record)) others += record.time >= since ? 1 : 0;
    else addAll(record.time >= since ? window : earlier!, [record], outcomes);
  }
  return { window, before: earlier, others, unreadable };
}

const newest = (records: readonly PredictionRecord[], count: number): PredictionRecord[] =>
  records.toSorted((a, b) => a.time - b.time).slice(-count);

function addAll(window: Window, records: readonly PredictionRecord[], outcomes: Outcomes): void {
  for (const record of records) window.add(record, outcomeOf(outcomes, record)?.outcome);
}
