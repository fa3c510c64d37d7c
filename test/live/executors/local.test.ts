import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test, vi } from "vitest";
import { JobCrashed } from "../../../src/core/executor.ts";
import { crashReason, createLocalExecutor } from "../../../src/executors/local.ts";
import { isAlive } from "../../../src/experiments/process.ts";
import { describeExecutor } from "../../contracts/executor.contract.ts";

const module = join(import.meta.dirname, "..", "..", "support", "echo-worker.ts");
const make = (options = {}) => createLocalExecutor({ module, jobs: 2, threads: 2, grace: 200, ...options });
const signal = new AbortController().signal;

describeExecutor("local", make);

test("a job whose process is killed rejects with the reason, the other job goes on, and the place is filled again", async () => {
  const executor = make();
  const other = executor.run({ kind: "event", payload: null }, { signal });
  const killed = executor.run({ kind: "die", payload: null }, { signal });
  await expect(killed).rejects.toThrow(JobCrashed);
  await expect(killed).rejects.toThrow(/SIGKILL/);
  await other;
  expect(await Promise.all([1, 2, 3].map((payload) => executor.run({ kind: "echo", payload }, { signal })))).toEqual([
    1, 2, 3,
  ]);
  await executor.close();
});

test("a job that runs out of memory says so", async () => {
  const executor = make({ heapMb: 64 });
  await expect(executor.run({ kind: "exhaust", payload: null }, { signal })).rejects.toThrow("out of memory");
  await executor.close();
});

test("a job deaf to the signal is killed after its grace", async () => {
  const executor = make();
  const stop = new AbortController();
  const job = executor.run(
    { kind: "spin", payload: null },
    { signal: stop.signal, onEvent: () => stop.abort(new Error("stop")) },
  );
  await expect(job).rejects.toThrow("stop");
  expect(await executor.run({ kind: "echo", payload: "next" }, { signal })).toBe("next");
  await executor.close();
});

test("a worker is kept for the next job of its affinity, and none is left after close", async () => {
  const executor = make();
  const pid = (affinity: string): Promise<unknown> =>
    executor.run({ kind: "pid", payload: null, affinity }, { signal });
  const [a, b] = await Promise.all([pid("a"), pid("b")]);
  expect([await pid("b"), await pid("a"), await pid("b")]).toEqual([b, a, b]);
  await executor.close();
  expect([a, b].map((p) => isAlive(p as number))).toEqual([false, false]);
});

test("warm starts the processes before the first job comes, no more than there are places or jobs", async () => {
  const executor = make();
  const processes = (): number => process.getActiveResourcesInfo().filter((name) => name === "ProcessWrap").length;
  await vi.waitFor(() => expect(processes()).toBe(0)); // of the tests before
  executor.warm?.(1);
  expect(processes()).toBe(1);
  executor.warm?.(9);
  expect(processes()).toBe(2);
  const pids = await Promise.all([1, 2].map(() => executor.run({ kind: "pid", payload: null }, { signal })));
  expect(new Set(pids).size).toBe(2);
  expect(processes()).toBe(2);
  await executor.close();
  expect(pids.map((pid) => isAlive(pid as number))).toEqual([false, false]);
});

test("a job of a new affinity goes to a process that has none, and each process gets the arguments of its number", async () => {
  const executor = make({ args: (index: number) => [`number ${index}`] });
  executor.warm?.(2);
  const args = (affinity: string): Promise<unknown> =>
    executor.run({ kind: "args", payload: null, affinity }, { signal });
  expect([await args("a"), await args("b"), await args("a"), await args("b")]).toEqual(
    [0, 1, 0, 1].map((index) => [`number ${index}`]),
  );
  await executor.close();
});

test("what a dead process said last is its reason", () => {
  expect(crashReason(1, null, "Error: x\nno such library\n")).toBe("exited with code 1: no such library");
  expect(crashReason(null, "SIGSEGV", "")).toBe("crashed (SIGSEGV)");
  expect(crashReason(134, null, "FATAL ERROR: ... JavaScript heap out of memory\n at x")).toBe("out of memory");
});

test.each(["echo-worker", "dying-worker"])(
  "a busy %s does not outlive its parent, however the parent dies",
  async (name) => {
    const parent = spawn(process.execPath, [join(import.meta.dirname, "..", "..", "support", "orphan-maker.ts"), name]);
    const lines = createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
    const pid = Number((await lines.next()).value);
    expect((await lines.next()).value).toBe("spinning");
    parent.kill("SIGKILL");
    await vi.waitUntil(() => !isAlive(pid), { timeout: 20_000, interval: 100 });
  },
);
