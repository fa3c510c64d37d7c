import { UserError } from "../core/errors.ts";
import type { RankingMethod } from "./method.ts";

const METHODS: Readonly<Record<string, () => Promise<RankingMethod>>> = {
  "orphan-lr": async () => (await import("./methods/orphan-lr.ts")).method,
  "orphan-cases": async () => (await import("./methods/orphan-cases.ts")).method,
  orphan: async () => (await import("./methods/orphan.ts")).method,
};

/** Ids, the simplest first. */
export const methodIds: readonly string[] = Object.keys(METHODS);

/** @throws UserError when there is no such method */
export async function loadMethod(id: string): Promise<RankingMethod> {
  const load = METHODS[id];
  if (load === undefined)
    throw new UserError(`there is no method ${id}`, { where: "--method", fix: `Methods are ${methodIds.join(", ")}.` });
  return load();
}
