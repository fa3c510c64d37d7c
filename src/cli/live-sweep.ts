/** Shows a sweep that runs in a process of its own, and at its end prints what that has printed. */

import { setTimeout as delay } from "node:timers/promises";
import { type LiveEvent, type LiveSweep, type Project, removeHost } from "../app.ts";
import { ExitCode } from "../core/errors.ts";

/** Whether somebody sits before a terminal in which the view can be. */
export function canShowLive(): boolean {
  const { env, stdin, stdout, stderr } = process;
  return Boolean(stdin.isTTY && stdout.isTTY && stderr.isTTY) && !env.CI && env.TERM !== "dumb";
}

/** What the process needs of the environment so that its report has this terminal's colours. */
export function reportLook(): NodeJS.ProcessEnv {
  const depth = process.stdout.getColorDepth();
  return depth > 1 ? { FORCE_COLOR: depth >= 24 ? "3" : depth >= 8 ? "2" : "1" } : {};
}

export interface FollowOptions {
  /** Whether it was started here: then Ctrl-C before the view and SIGTERM are meant for it, as if it ran in this process. */
  readonly own: boolean;
  /** What has been read of it. */
  readonly told?: readonly LiveEvent[];
  /** Shows it until it has ended, its process is gone, or it is left, by a signal or otherwise. */
  show(live: LiveSweep): Promise<"ended" | "gone" | "detached" | NodeJS.Signals>;
  /** Takes what the sweep's process has printed; standard output when absent. */
  print?(text: string): void;
}

/** Milliseconds between looks while there is nothing to show. */
const LOOK = 50;

/** Follows a sweep until it ends or is left. Sets the exit code: that of the sweep, 0 where it was left to go on. */
export async function followSweep(project: Project, live: LiveSweep, options: FollowOptions): Promise<void> {
  const { stdout } = process;
  const tellWidth = (): void => live.send({ type: "columns", columns: stdout.columns || 80 });
  if (stdout.isTTY) tellWidth();
  stdout.on("resize", tellWidth);
  let sweepId = "";
  let end: Extract<LiveEvent, { type: "end" }> | undefined;
  let works = false;
  const note = (events: readonly LiveEvent[]): readonly LiveEvent[] => {
    for (const event of events) {
      if (event.type === "planned") sweepId = event.sweepId?.slice(0, 8) ?? "";
      else if (event.type === "end") end = event;
      else if (event.type === "started" || event.type === "prepared") works = true;
    }
    return events;
  };
  const unread = [...note(options.told ?? [])];
  const watched: LiveSweep = { ...live, news: () => [...unread.splice(0), ...note(live.news())] };
  const stop = (): void => live.send({ type: "stop" });
  const signals = options.own ? (["SIGINT", "SIGTERM"] as const) : [];
  // To the end of this process: a Ctrl-C too many must not end it before it has said how the sweep ended.
  for (const signal of signals) process.on(signal, stop);
  try {
    // What is wrong before that is said as if there were no view.
    while (!works && live.running()) {
      await delay(LOOK);
      unread.push(...note(live.news()));
    }
    if (live.running()) {
      const how = await options.show(watched);
      if (how === "detached") {
        process.stderr.write(
          `the sweep goes on; come back with: disease exp attach ${sweepId}\nstop it with: disease exp stop ${sweepId}\n`,
        );
        return;
      }
      const isStopping = how === "ended" || how === "gone" || signals.some((signal) => signal === how);
      if (!isStopping) return void process.kill(process.pid, how as NodeJS.Signals);
      while (live.running()) await delay(LOOK);
    }
    note(live.news());
    (options.print ?? ((text) => stdout.write(text)))(live.log());
    if (!end) process.stderr.write(goneText(sweepId));
    process.exitCode = end ? end.exitCode : ExitCode.interrupted;
    removeHost(project, live.folder);
  } finally {
    stdout.off("resize", tellWidth);
    live.close();
  }
}

/** What is said of a sweep whose process ended without a word. */
function goneText(sweepId: string): string {
  return `error: the process of the sweep is gone; it was killed, or the machine ran out of memory
  fix: What was finished is kept. Go on with: disease exp resume ${sweepId}
`;
}
