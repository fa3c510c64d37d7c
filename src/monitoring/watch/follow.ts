import { type Alarm, type FollowUp, raisedAlarms, type WatchState } from "./state.ts";

/** Entries that the state keeps of what was done. */
const KEPT = 50;

/**
 * Drift alarms that no sweep has answered yet; none while one runs. One sweep answers all that are on.
 * @param isRunning whether the process that a sweep names lives
 */
export function unanswered(state: WatchState, isRunning: (process: string) => boolean): readonly Alarm[] {
  if (state.sweeps.some(({ process }) => process !== null && isRunning(process))) return [];
  const answered = new Set(state.sweeps.flatMap(({ alarms }) => alarms));
  return raisedAlarms(state).filter(({ topic, raised }) => topic === "drift" && !answered.has(raised.id));
}

export function sweepStarted(
  state: WatchState,
  alarms: readonly Alarm[],
  sweep: Pick<FollowUp, "file" | "started" | "process">,
): WatchState {
  const ids = alarms.flatMap(({ raised }) => (raised === null ? [] : [raised.id]));
  const own: FollowUp = { ...sweep, alarms: ids, ended: null, result: null };
  return { ...state, sweeps: [...state.sweeps, own].slice(-KEPT) };
}

/** Marks the sweep of a process as ended. */
export function sweepEnded(state: WatchState, process: string, ended: number, result: string): WatchState {
  const sweeps = state.sweeps.map((sweep) =>
    sweep.process === process ? { ...sweep, process: null, ended, result } : sweep,
  );
  return { ...state, sweeps };
}

/** Marks sweeps whose process has gone without a word. */
export function reapSweeps(state: WatchState, isRunning: (process: string) => boolean, now: number): WatchState {
  const gone = state.sweeps.flatMap(({ process }) => (process === null || isRunning(process) ? [] : [process]));
  const result = "the watch ended before its sweep did; `disease exp resume` goes on with it";
  return gone.reduce((after, process) => sweepEnded(after, process, now, result), state);
}

/**
 * The performance alarm for which the champion is to be taken back: each is asked once, and none within the cool-down of the last
 * rollback that was done.
 */
export function rollbackDue(state: WatchState, now: number, coolDown: number): Alarm | undefined {
  const last = state.rollbacks.findLast(({ to }) => to !== null);
  if (last !== undefined && now - last.at < coolDown) return undefined;
  const asked = new Set(state.rollbacks.map(({ alarm }) => alarm));
  return raisedAlarms(state).find(({ topic, raised }) => topic === "performance" && !asked.has(raised.id));
}

export function rollbackDone(state: WatchState, rollback: WatchState["rollbacks"][number]): WatchState {
  return { ...state, rollbacks: [...state.rollbacks, rollback].slice(-KEPT) };
}
