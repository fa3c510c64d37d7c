import type { Notice } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { TrackingStore } from "../core/store.ts";
import { Tag } from "../core/trial.ts";
import type { Experiment } from "../experiments/config.ts";
import type { Champion } from "../experiments/gate/champion.ts";
import type { Gate } from "../experiments/gate-file.ts";
import { leaderboard } from "../experiments/read/leaderboard.ts";
import { type UntilGatePorts, type UntilGateResult, untilGate } from "../experiments/until-gate.ts";
import { championOf, evaluateGate } from "./gates/gates.ts";
import type { Project } from "./project.ts";
import { withRegistry } from "./workbench.ts";

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
  const { gate, maxRounds, sweep, onRound, notify } = options;
  return untilGate(experiment, maxRounds, {
    gate,
    store,
    sweep,
    onRound,
    board: (trialKeys) => leaderboard(store, { experiment: experiment.name, trialKeys }),
    async judge(runId, part) {
      const champion = part === "test" ? await championHere(project, store, experiment.name, notify) : undefined;
      return evaluateGate(project, store, undefined, { runId, gate, champion, part });
    },
  });
}

/** The champion as the project's own store has it. A server's is everyone's: it is the one that counts, and may not be here. */
async function championHere(
  project: Project,
  store: TrackingStore,
  name: string,
  notify: RoundsOptions["notify"],
): Promise<Champion> {
  try {
    return await withRegistry(project, notify, {}, async (bench) => {
      const champion = await championOf(bench.registry, name);
      if (project.server === undefined || champion === undefined || "problem" in champion) return champion;
      const { tags } = await bench.store.getRun(champion.runId);
      const runId = tags[Tag.mirrorOf] ?? champion.runId;
      const isHere = await store.getRun(runId).then(
        () => true,
        () => false,
      );
      if (isHere) return { runId };
      return { problem: "its run is on the server alone; `disease models promote` compares with it there" };
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: `who it is cannot be read: ${error.message}` };
  }
}
