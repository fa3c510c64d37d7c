/** Shows a sweep that runs in a process of its own, and at its end prints what that has printed. */

import { setTimeout as delay } from "node:timers/promises";
import { type LiveEvent, type LiveSweep, type Project, removeHost } from "../app.ts";
import { ExitCode } from "../core/errors.ts";
import { visible } from "./text.ts";

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
  tellWidth();
  stdout.on("resize", tellWidth);
  const told: LiveEvent[] = [...(options.told ?? [])];
  const unread = [...told];
  const note = (events: readonly LiveEvent[]): readonly LiveEvent[] => {
    told.push(...events);
    return events;
  };
  const watched: LiveSweep = { ...live, news: () => [...unread.splice(0), ...note(live.news())] };
  const stop = (): void => live.send({ type: "stop" });
  const signals = options.own ? (["SIGINT", "SIGTERM"] as const) : [];
  // To the end of this process: a Ctrl-C too many must not end it before it has said how the sweep ended.
  for (const signal of signals) process.on(signal, stop);
  try {
    const isWorking = (e: LiveEvent): boolean => e.type === "started" || e.type === "prepared";
    // What is wrong before that is said as if there were no view.
    while (!told.some(isWorking) && live.running()) {
      await delay(LOOK);
      unread.push(...note(live.news()));
    }
    if (live.running()) {
      const how = await options.show(watched);
      if (how === "detached") {
        const id = told.findLast((e) => e.type === "planned")?.sweepId?.slice(0, 8) ?? "";
        process.stderr.write(
          `the sweep goes on; come back with: disease exp attach ${id}\nstop it with: disease exp stop ${id}\n`,
        );
        return;
      }
      const isStopping = how === "ended" || how === "gone" || signals.some((signal) => signal === how);
      if (!isStopping) return void process.kill(process.pid, how as NodeJS.Signals);
      while (live.running()) await delay(LOOK);
    }
    note(live.news());
    (options.print ?? ((text) => stdout.write(text)))(live.log());
    takeExitCode(told);
    removeHost(project, live.folder);
  } finally {
    stdout.off("resize", tellWidth);
    live.close();
  }
}

/** Of a process that has ended; one that was killed is an interrupted sweep. */
function takeExitCode(told: readonly LiveEvent[]): void {
  const end = told.findLast((e) => e.type === "end");
  if (end) process.exitCode = end.exitCode;
  else {
    process.exitCode = ExitCode.interrupted;
    const sweep = told.findLast((e) => e.type === "planned")?.sweepId;
    const id = sweep ? ` ${sweep.slice(0, 8)}` : "";
    process.stderr.write(
      `error: the process of the sweep is gone; it was killed, or the machine ran out of memory\n  fix: ${visible(`What was finished is kept. Go on with: disease exp resume${id}`)}\n`,
    );
  }
}
