import type { Pruner, PrunerOptions, RungContext } from "../../core/search.ts";
import type { CurvePoint, Trial } from "../../core/trial.ts";

export interface Stop {
  /** For people and the run's tag: "rung 2, 27 rounds: worse than 5 of the 6 others there". */
  readonly reason: string;
  /** Of the rung. */
  readonly rounds: number;
  /** Validation log loss at the rung. */
  readonly loss: number;
}

export interface Pruning {
  /** Takes the next points of a running trial's curve, in order. A stop is final; what comes after it is not looked at. */
  look(trial: Trial, points: readonly CurvePoint[]): Stop | undefined;
  /** The trial ran to its own end; with its whole curve, of which `look` may have seen a part. */
  finish(trial: Trial, curve: readonly CurvePoint[]): void;
  /** A trial of before: its rungs count, and it is never stopped. */
  recall(trial: Trial, curve: readonly CurvePoint[], finished: boolean): void;
}

interface Seen {
  /** Loss at each rung passed. */
  readonly rungs: { readonly loss: number; readonly best: number }[];
  best: number;
  finished: boolean;
}

/**
 * Asks a pruner about each rung that a trial comes to. Trials are compared with those of their family and repeat alone: other families learn at
 * another pace, and other repeats have other validation patients.
 */
export function createPruning(pruner: Pruner, options: PrunerOptions): Pruning {
  const groups = new Map<string, Map<string, Seen>>();

  function seenOf(trial: Trial): { readonly group: Map<string, Seen>; readonly seen: Seen } {
    const id = `${trial.family} ${trial.seed} ${trial.fold}`;
    const group = groups.get(id) ?? new Map<string, Seen>();
    groups.set(id, group);
    const seen = group.get(trial.key) ?? { rungs: [], best: Number.POSITIVE_INFINITY, finished: false };
    group.set(trial.key, seen);
    return { group, seen };
  }

  /** Notes the rungs that the points pass, until `at` says that it is enough. */
  function pass(seen: Seen, points: readonly CurvePoint[], at?: (rung: number) => boolean): void {
    for (const { round, validation } of points) {
      if (validation < seen.best) seen.best = validation;
      while (round >= pruner.rung(seen.rungs.length, options)) {
        seen.rungs.push({ loss: validation, best: seen.best });
        if (at?.(seen.rungs.length - 1)) return;
      }
    }
  }

  /** Points that come after the last rung passed: those that `look` has not seen. */
  function rest({ rungs }: Seen, curve: readonly CurvePoint[]): readonly CurvePoint[] {
    const last = rungs.length === 0 ? 0 : pruner.rung(rungs.length - 1, options);
    return curve.filter((point) => point.round > last);
  }

  return {
    look(trial, points) {
      const { group, seen } = seenOf(trial);
      let stop: Stop | undefined;
      pass(seen, points, (rung) => {
        const others: RungContext["others"] = [...group.values()]
          .filter((other) => other !== seen && other.rungs.length > rung)
          .map((other) => ({ loss: other.rungs[rung]!.loss, finished: other.finished }));
        const { loss, best } = seen.rungs[rung]!;
        const why = pruner.verdict({ loss, best, others }, options);
        if (why === undefined) return false;
        const rounds = pruner.rung(rung, options);
        stop = { reason: `rung ${rung + 1}, ${rounds} rounds: ${why}`, rounds, loss };
        return true;
      });
      return stop;
    },
    finish(trial, curve) {
      const { seen } = seenOf(trial);
      pass(seen, rest(seen, curve));
      seen.finished = true;
    },
    recall(trial, curve, finished) {
      const { seen } = seenOf(trial);
      pass(seen, curve);
      seen.finished = finished;
    },
  };
}

/** A trial with its rounds and the seconds that they took. */
export interface Trained {
  readonly family: string;
  readonly rounds: number;
  readonly seconds: number;
}

/**
 * What pruning saved, roughly: had they gone on, pruned trials would have had as many rounds as the finished ones of their family have on
 * average, at the pace they had. Of a family of which none finished nothing is said.
 */
export function savings(
  pruned: readonly Trained[],
  finished: readonly Trained[],
): { readonly rounds: number; readonly seconds: number } {
  let [rounds, seconds] = [0, 0];
  for (const trial of pruned) {
    const whole = finished.filter((f) => f.family === trial.family && f.rounds > 0).map((f) => f.rounds);
    const mean = whole.reduce((a, b) => a + b, 0) / whole.length;
    const spared = Math.max(0, Math.round(mean) - trial.rounds);
    if (!Number.isFinite(spared)) continue;
    rounds += spared;
    seconds += trial.rounds === 0 ? 0 : (spared * trial.seconds) / trial.rounds;
  }
  return { rounds, seconds };
}
