import { availableParallelism, totalmem } from "node:os";
import type { Experiment } from "../experiments/config.ts";
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

/** Trials at once that are asked for, else one a core. */
export function askedJobs({ config }: Experiment, jobs?: number): number {
  return jobs ?? config.jobs ?? availableParallelism();
}

/** Threads of each of so many trials at once. */
export function threadsOf(asked: number): number {
  return Math.max(1, Math.floor(availableParallelism() / asked));
}

/**
 * How many trials of a plan run at once: as many as asked for, else one a core, and no more than the memory holds. The threads of each
 * follow from that alone, so that a trial has the same in every run with the same options.
 * @throws UserError when the memory does not even hold one
 */
export function lanesOf(plan: Plan, options: { readonly jobs?: number; readonly memory?: number }): Lanes {
  const asked = askedJobs(plan.experiment, options.jobs);
  const limit = options.memory ?? machineMemory();
  const need = memoryNeed(plan.dataset);
  const jobs = jobsWithin(limit, need, asked, options.memory === undefined ? plan.dataset.source : "--memory");
  return {
    jobs,
    threads: threadsOf(asked),
    ...(options.memory !== undefined && { heapMb: Math.max(128, Math.floor((limit - need.main) / jobs / 1e6)) }),
    ...(jobs < asked && {
      notice: `${jobs} ${jobs === 1 ? "trial" : "trials"} at a time instead of ${asked}: the memory holds no more`,
    }),
  };
}
