import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { Executor } from "../../src/core/executor.ts";

/** What every executor does with the jobs of test/support/echo-worker.ts. */
export function describeExecutor(name: string, make: () => Executor): void {
  const using = async (body: (executor: Executor) => Promise<void>): Promise<void> => {
    const executor = make();
    try {
      await body(executor);
    } finally {
      await executor.close();
    }
  };
  const signal = new AbortController().signal;

  test(`${name}: a job's value comes back, typed arrays and non-ASCII text whole`, () =>
    using(async (executor) => {
      const payload = { x: new Float64Array([1, Number.NaN]), text: "fiebre ñ" };
      expect(await executor.run({ kind: "echo", payload }, { signal })).toEqual(payload);
    }));

  test(`${name}: many jobs at once all come back`, () =>
    using(async (executor) => {
      const values = await Promise.all(
        Array.from({ length: 20 }, (_, i) => executor.run({ kind: "echo", payload: i }, { signal })),
      );
      expect(values).toEqual(Array.from({ length: 20 }, (_, i) => i));
    }));

  test(`${name}: events arrive before the value`, () =>
    using(async (executor) => {
      const events: unknown[] = [];
      await executor.run({ kind: "event", payload: null }, { signal, onEvent: (e) => events.push(e) });
      expect(events).toEqual([{ round: 1 }]);
    }));

  test(`${name}: an error of the user's world keeps its advice`, () =>
    using(async (executor) => {
      const error = await executor.run({ kind: "refuse", payload: null }, { signal }).catch((e) => e);
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({ message: "no such column", where: "x.csv", fix: ["name another"], exitCode: 2 });
    }));

  test(`${name}: an aborted job rejects with the reason, and the next one runs`, () =>
    using(async (executor) => {
      const stop = new AbortController();
      const job = executor.run(
        { kind: "wait", payload: null },
        { signal: stop.signal, onEvent: () => stop.abort(new Error("stop")) },
      );
      await expect(job).rejects.toThrow("stop");
      expect(await executor.run({ kind: "echo", payload: 1 }, { signal })).toBe(1);
    }));

  test(`${name}: a signal aborted beforehand runs nothing`, () =>
    using(async (executor) => {
      await expect(
        executor.run({ kind: "echo", payload: 1 }, { signal: AbortSignal.abort(new Error("stop")) }),
      ).rejects.toThrow("stop");
    }));
}
