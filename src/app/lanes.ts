import { availableParallelism, totalmem } from "node:os";
import { jobsWithin, memoryNeed } from "../experiments/lanes/memory.ts";
import type { Plan } from "../experiments/plan.ts";

/** Bytes that this process may use: the machine's, or its container's. */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

export interface Lanes {
  /** Trials at once. */
  readonly jobs: number;
  /** For each. */
  readonly threads: number;
  /** Heap of each worker in MB, where the memory is limited. */
  readonly heapMb?: number;
  /** Why there are fewer than were asked for. */
  readonly notice?: string;
}

/**
 * How many trials of a plan run at once: as many as asked for, else one a core, and no more than the memory holds. The threads of each
 * follow from that alone, so that a trial has the same in every run with the same options.
 * @throws UserError when the memory does not even hold one
 */
export function lanesOf(plan: Plan, options: { readonly jobs?: number; readonly memory?: number }): Lanes {
  const cores = availableParallelism();
  const asked = options.jobs ?? plan.experiment.config.jobs ?? cores;
  const limit = options.memory ?? machineMemory();
  const need = memoryNeed(plan.dataset);
  const jobs = jobsWithin(limit, need, asked, options.memory === undefined ? plan.dataset.source : "--memory");
  return {
    jobs,
    threads: Math.max(1, Math.floor(cores / asked)),
    ...(options.memory !== undefined && { heapMb: Math.max(128, Math.floor((limit - need.main) / jobs / 1e6)) }),
    ...(jobs < asked && {
      notice: `${jobs} ${jobs === 1 ? "trial" : "trials"} at a time instead of ${asked}: the memory holds no more`,
    }),
  };
}
