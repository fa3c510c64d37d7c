import {
  type Leaderboard,
  lanesOf,
  leaderboard,
  type Mirror,
  metricDirections,
  mirrorOf,
  openHost,
  openStore,
  type Packaged,
  type Pending,
  type Plan,
  type Profile,
  type Project,
  packageBoard,
  pythonLoad,
  run,
  type SweepResult,
  shownAddress,
  startHost,
  storeUri,
  withLocalRegistry,
} from "../app.ts";
import { ExitCode, UserError } from "../core/errors.ts";
import type { TrackingStore } from "../core/store.ts";
import { VALIDATION } from "../core/trial.ts";
import { BaseCommand } from "./base-command.ts";
import type { LogModels } from "./flags.ts";
import { printLeaderboard } from "./leaderboard-view.ts";
import { canShowLive, type FollowOptions, followSweep, reportLook } from "./live-sweep.ts";
import { pendingLines } from "./pending-view.ts";
import { printProfile } from "./profile-view.ts";
import { createProgress } from "./progress.ts";
import { duration, paint, visible } from "./text.ts";

/** Milliseconds. npm and our launcher pass Ctrl-C on to a process that has got it from the terminal already. */
const ECHO = 500;

export interface SweepOptions {
  readonly jobs?: number;
  /** Bytes that may be used. */
  readonly memory?: number;
  readonly force?: boolean;
  readonly resume?: string;
  readonly profile?: boolean;
  /** Processes that have been started for it. */
  readonly workers?: Parameters<typeof run>[3]["workers"];
}

export interface SweepOutput extends SweepResult {
  readonly experiment: string;
  readonly leaderboard: Leaderboard;
  /** Models that Python can load now. */
  readonly packaged: readonly Packaged[];
  /** With --profile. */
  readonly profile?: Profile;
}

/** With a tracking server: what has not reached it. */
export interface Mirrored {
  readonly mirror?: Pending;
}

/** Stops what is no sweep: the plan before it, what follows from it. */
const leave = (): void => process.exit(ExitCode.interrupted);

/** What `exp run` and `exp resume` share: run a plan, show it, print the leaderboard, set the exit code. */
export abstract class SweepCommand extends BaseCommand {
  #mirror: Mirror | undefined;
  /** Where this process runs the sweep for one that shows it. */
  readonly #host = openHost();

  override async init(): Promise<void> {
    await super.init();
    this.#host?.onStop(leave);
  }

  /** Runs this very command in a process that outlives the terminal, and shows it; false where it is to run in this one. */
  protected async runLive(
    project: Project,
    flags: { readonly live: boolean },
    show: FollowOptions["show"],
  ): Promise<boolean> {
    if (this.#host || !flags.live || this.jsonEnabled() || !canShowLive()) return false;
    await followSweep(project, startHost(project, reportLook()), { own: true, show });
    return true;
  }

  /**
   * Does something with the project's store; its sweeps are mirrored meanwhile where the project has a server. What the
   * server does not take is said at the end: exit code 7, unless something of more weight has set one.
   */
  protected async withStore<T extends object>(
    project: Project,
    action: (store: TrackingStore) => Promise<T>,
  ): Promise<T & Mirrored> {
    const store = openStore(project, this.notify);
    try {
      this.#mirror = mirrorOf(project, this.notify);
      if (!this.#mirror) return await action(store);
      this.logToStderr(paint("dim", visible(`mirrored to ${shownAddress(project.server ?? "")}`), process.stderr));
      const output = await action(store);
      const pending = await this.#mirror.finish();
      if (pending.runs > 0) {
        for (const line of pendingLines(pending)) this.logToStderr(line);
        this.logToStderr("nothing is lost; send it with: disease track sync");
        process.exitCode ||= ExitCode.unreachable;
      } else this.log(paint("dim", visible(`mirrored to ${pending.uri}`)));
      return { ...output, mirror: pending };
    } finally {
      this.#mirror?.close();
      store.close();
    }
  }

  protected async sweep(
    project: Project,
    store: TrackingStore,
    plan: Plan,
    options: SweepOptions,
    logModels: LogModels,
  ): Promise<SweepOutput> {
    const { jobs, memory, ...others } = options;
    const lanes = lanesOf(plan, { jobs, memory });
    if (lanes.notice) this.notify({ message: lanes.notice });
    const stop = new AbortController();
    let first = 0;
    const onSignal = (): void => {
      if (stop.signal.aborted) {
        // The second Ctrl-C does not wait for the workers.
        if (performance.now() - first > ECHO) process.exit(ExitCode.interrupted);
        return;
      }
      first = performance.now();
      this.#host?.tell({ type: "stopping" });
      this.logToStderr("\nstopping; what is finished is kept (again to stop at once)");
      stop.abort(new UserError("interrupted", { exitCode: ExitCode.interrupted }));
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, onSignal);
    this.#host?.onStop(onSignal);
    const rankMetric = plan.experiment.config.rank.metric;
    this.#host?.tell({
      type: "sweep",
      experiment: plan.experiment.name,
      rankMetric,
      greaterIsBetter: metricDirections().get(`metrics.${VALIDATION}${rankMetric}`) !== "smaller",
      jobs: lanes.jobs,
    });
    const progress = createProgress({
      stream: process.stderr,
      jobs: lanes.jobs,
      rankMetric,
      now: Date.now,
    });
    let result: Awaited<ReturnType<typeof run>>;
    try {
      result = await run(project, store, plan, {
        ...others,
        lanes,
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === "planned" && event.sweepId !== null) this.#mirror?.add(event.sweepId);
          if (this.#host) this.#host.event(event);
          else if (!this.jsonEnabled()) progress.event(event);
        },
      });
    } finally {
      progress.close();
      for (const signal of signals) process.off(signal, onSignal);
      this.#host?.onStop(leave);
    }
    const board = await leaderboard(store, {
      experiment: plan.experiment.name,
      rankMetric,
      trialKeys: new Set(result.trialKeys),
    });
    const packaged =
      logModels === "none" || result.interrupted
        ? []
        : await withLocalRegistry(project, this.notify, {}, (bench) => packageBoard(bench, board.rows, logModels));
    this.report(project, plan, result, board);
    if (result.profile) printProfile(result.profile, (line) => this.log(line));
    if (packaged[0]) this.log(paint("dim", `in Python:   ${visible(pythonLoad(project, packaged[0].uri))}`));
    process.exitCode = result.interrupted
      ? ExitCode.interrupted
      : result.failed > 0
        ? ExitCode.trialsFailed
        : ExitCode.ok;
    return { experiment: plan.experiment.name, ...result, leaderboard: board, packaged };
  }

  private report(project: Project, plan: Plan, result: SweepResult, board: Leaderboard): void {
    this.log("");
    printLeaderboard(board, { limit: 25 }, (line) => this.log(line));
    if (board.rows.length > 25)
      this.log(paint("dim", `… ${board.rows.length - 25} more: disease exp leaderboard ${plan.experiment.name}`));
    this.log("");
    const parts = [`${result.finished} finished`, `${result.failed} failed`, `${result.reused} kept from before`];
    if (plan.experiment.search.pruning) parts.splice(1, 0, `${result.pruned} pruned`);
    if (result.stopped > 0) parts.push(`${result.stopped} stopped by hand`);
    this.log(`${plan.experiment.name}: ${parts.join(", ")}${result.interrupted ? "; interrupted" : ""}`);
    if (result.end !== null) this.log(`ended: ${visible(result.end)}`);
    const { rounds, seconds } = result.saved;
    if (rounds > 0)
      this.log(`pruning saved about ${rounds.toLocaleString("en")} rounds, ${duration(seconds)} of training`);
    if (result.interrupted) this.log("go on with: disease exp resume");
    else if (result.failed > 0) this.log(`the reasons: disease exp leaderboard ${plan.experiment.name}`);
    const best = board.rows[0];
    if (best?.rank === 1) this.log(`look closer: disease exp show ${best.runs[0]!.slice(0, 8)}`);
    this.log(paint("dim", `in MLflow:   mlflow ui --backend-store-uri ${visible(storeUri(project))}`));
  }
}
