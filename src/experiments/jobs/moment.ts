import type { TrialResult } from "../../core/trial.ts";

/** A point of time of this process. */
export interface Moment {
  /** Milliseconds of the clock. */
  readonly wall: number;
  /** Milliseconds of CPU that the process has used, its native threads included. */
  readonly cpu: number;
}

export function moment(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1000 };
}

/** Seconds, of the clock and of CPU, that a trial spent on each of its parts, the last of which ends now. */
export function timesOf(start: Moment, fitted: Moment, scored: Moment): Pick<TrialResult, "timing" | "cpu"> {
  const [fit, score, report] = [between(start, fitted), between(fitted, scored), between(scored, moment())];
  return {
    timing: { fit: fit.wall, score: score.wall, report: report.wall },
    cpu: { fit: fit.cpu, score: score.cpu, report: report.cpu },
  };
}

/** Seconds between two moments. */
export function between(from: Moment, to: Moment): { readonly wall: number; readonly cpu: number } {
  return { wall: (to.wall - from.wall) / 1000, cpu: (to.cpu - from.cpu) / 1000 };
}
