import type { Notice } from "../core/dataset.ts";
import type { TrackingStore } from "../core/store.ts";
import type { Experiment } from "../experiments/config.ts";
import type { Gate } from "../experiments/gate-file.ts";
import { leaderboard } from "../experiments/leaderboard.ts";
import { type UntilGatePorts, type UntilGateResult, untilGate } from "../experiments/until-gate.ts";
import { evaluateGate } from "./gates.ts";
import type { Project } from "./project.ts";
import { openRegistry } from "./workbench.ts";

export interface RoundsOptions extends Pick<UntilGatePorts, "sweep" | "onRound"> {
  readonly gate: Gate;
  readonly maxRounds: number;
  notify(notice: Pick<Notice, "message">): void;
}

/** Runs an experiment and wider rounds after it until a gate passes; the champion is that of the model named as the experiment. */
export async function runUntilGate(
  project: Project,
  store: TrackingStore,
  experiment: Experiment,
  options: RoundsOptions,
): Promise<UntilGateResult> {
  const { gate, maxRounds, sweep, onRound } = options;
  return untilGate(experiment, maxRounds, {
    gate,
    store,
    sweep,
    onRound,
    board: (trialKeys) => leaderboard(store, { experiment: experiment.name, trialKeys }),
    async judge(runId, part) {
      if (part === "validation") return evaluateGate(project, store, undefined, { runId, gate, part });
      const registry = openRegistry(project, options.notify);
      try {
        return await evaluateGate(project, store, registry, { runId, gate, modelName: experiment.name, part });
      } finally {
        registry.close();
      }
    },
  });
}
