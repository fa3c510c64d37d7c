import { ExitCode, UserError } from "../../src/core/errors.ts";
import type { TrackingStore } from "../../src/core/store.ts";

/** What happens to one call: it is lost on the way there, its answer is lost, it arrives twice, it is refused, or nothing. */
export type Fault = "lost" | "unanswered" | "twice" | "refused" | undefined;

/** A far side over an unreliable way: `plan` decides about each call, by its method and its number (from 0). */
export function faultyStore(
  store: TrackingStore,
  plan: (method: keyof TrackingStore, count: number) => Fault | Promise<Fault>,
): TrackingStore & { readonly calls: Readonly<Record<string, number>> } {
  const calls: Record<string, number> = {};
  let count = 0;
  const gone = (what: string): UserError => new UserError(what, { exitCode: ExitCode.unreachable });
  const faulty = new Proxy(store, {
    get(target, name: keyof TrackingStore) {
      const value = target[name];
      if (name === "close") return () => {}; // the store is its maker's
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        calls[name] = (calls[name] ?? 0) + 1;
        const fault = await plan(name, count++);
        const call = value as (...args: unknown[]) => Promise<unknown>;
        if (fault === "lost") throw gone("the connection was refused");
        if (fault === "refused") throw new UserError("413 too large");
        const answer = await call.apply(target, args);
        if (fault === "twice") return await call.apply(target, args);
        if (fault === "unanswered") throw gone("the connection was cut");
        return answer;
      };
    },
  });
  return Object.defineProperty(faulty, "calls", { value: calls }) as never;
}
