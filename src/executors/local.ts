import { type ChildProcess, fork } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import { type Executor, type Job, JobCrashed, type JobOptions } from "../core/executor.ts";
import type { WorkerMessage } from "./protocol.ts";
import { reviveError } from "./protocol.ts";

export interface LocalExecutorOptions {
  /** The worker's module: it calls `serveJobs`. */
  readonly module: string;
  /** Processes at most. */
  readonly jobs: number;
  /** Cores that the jobs may use together; each process gets its share as OMP_NUM_THREADS. */
  readonly threads: number;
  /** Heap of one worker in MB; the system's default when absent. */
  readonly heapMb?: number;
  /** Arguments of the process with this number: what it may load before its first job. */
  readonly args?: (index: number) => readonly string[];
  /** Milliseconds that an aborted job gets to stop by itself before its process is killed. */
  readonly grace?: number;
}

interface Worker {
  readonly index: number;
  readonly child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  readonly affinities: Set<string>;
  /** Whether it has had a job. */
  used: boolean;
  stderr: string;
  current?: { resolve(value: unknown): void; reject(error: unknown): void; onEvent?(event: unknown): void };
}

/**
 * Runs jobs in child processes that are forked as they are needed, or all by `warm`, and kept for the next job. A process that dies takes
 * only its own job with it, and a fresh one replaces it.
 */
export function createLocalExecutor(options: LocalExecutorOptions): Executor {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const waiting: ((worker: Worker) => void)[] = [];
  let closed = false;
  let started = 0;

  function start(): Worker {
    const compiled = getCompileCacheDir();
    const threads = String(Math.max(1, Math.floor(options.threads / options.jobs)));
    const index = started++;
    const child = fork(options.module, options.args?.(index) ?? [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: options.heapMb ? [`--max-old-space-size=${options.heapMb}`] : [],
      env: {
        ...process.env,
        // As in this process: code that was compiled once is read back.
        ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }),
        OMP_WAIT_POLICY: "passive",
        OMP_NUM_THREADS: threads,
        OPENBLAS_NUM_THREADS: threads,
      },
    });
    const { promise: exited, resolve: exit } = Promise.withResolvers<void>();
    const worker: Worker = { index, child, exited, affinities: new Set(), used: false, stderr: "" };
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      worker.stderr = (worker.stderr + text).slice(-4000);
    });
    child.on("message", (message: WorkerMessage) => {
      const job = worker.current;
      if (!job) return;
      if (message.type === "event") return job.onEvent?.(message.event);
      if (message.type === "error") job.reject(reviveError(message.error));
      else job.resolve(message.value);
    });
    const gone = (reason: string): void => {
      all.delete(worker);
      const at = idle.indexOf(worker);
      if (at >= 0) idle.splice(at, 1);
      worker.current?.reject(new JobCrashed(reason));
      exit();
    };
    child.on("error", (error) => gone(`the worker could not be started: ${error.message}`));
    // Not "close": it does not come when this side has disconnected.
    child.once("exit", async (code, signal) => {
      await finished(child.stderr!).catch(() => {});
      gone(crashReason(code, signal, worker.stderr));
    });
    all.add(worker);
    return worker;
  }

  function take(affinity?: string): Promise<Worker> {
    const near = affinity === undefined ? -1 : idle.findIndex((w) => w.affinities.has(affinity));
    const first = idle.filter((w) => w.affinities.size === 0).sort((a, b) => a.index - b.index)[0];
    const [worker] = idle.splice(near >= 0 || !first ? near : idle.indexOf(first), 1); // of -1 the last one
    if (worker) return Promise.resolve(worker);
    if (all.size < options.jobs) return Promise.resolve(start());
    return new Promise((resolve) => waiting.push(resolve));
  }

  function give(worker: Worker): void {
    const next = waiting.shift();
    const usable = all.has(worker) ? worker : undefined;
    if (next) next(usable ?? start());
    else if (usable && !closed) idle.push(usable);
    else usable?.child.disconnect();
  }

  async function run(job: Job, { signal, onEvent }: JobOptions): Promise<unknown> {
    signal.throwIfAborted();
    const worker = await take(job.affinity);
    worker.used = true;
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      if (worker.child.connected) worker.child.send({ type: "abort" }, () => {});
      timer = setTimeout(() => worker.child.kill("SIGKILL"), options.grace ?? 2000);
    };
    try {
      return await new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        worker.current = { resolve, reject, onEvent };
        if (job.affinity !== undefined) worker.affinities.add(job.affinity);
        signal.addEventListener("abort", abort, { once: true });
        worker.child.send({ type: "run", kind: job.kind, payload: job.payload }, (error) => {
          if (error) reject(new JobCrashed(`the worker could not be reached: ${error.message}`));
        });
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      worker.current = undefined;
      give(worker);
    }
  }

  return {
    id: "local",
    capacity: options.jobs,
    run,
    warm(most) {
      while (all.size < Math.min(most, options.jobs)) idle.push(start());
    },
    async close() {
      closed = true;
      const exits = [...all].map((w) => w.exited);
      for (const { child, used, current } of all) {
        if (!used)
          child.kill("SIGKILL"); // it need not end loading first
        else if (!current && child.connected) child.disconnect();
      }
      const timer = setTimeout(() => {
        for (const worker of all) worker.child.kill("SIGKILL");
      }, options.grace ?? 2000);
      await Promise.all(exits);
      clearTimeout(timer);
    },
  };
}

/** Why a process died, in words: what it last said, or the signal with its usual cause. */
export function crashReason(code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  if (/heap out of memory|Array buffer allocation failed|std::bad_alloc|Cannot allocate memory/i.test(stderr)) {
    return "out of memory";
  }
  if (signal === "SIGKILL") return "killed (SIGKILL): most often the system ran out of memory";
  const said = stderr.trim().split("\n").at(-1);
  const how = signal ? `crashed (${signal})` : `exited with code ${code}`;
  return said ? `${how}: ${said}` : how;
}
