/** What `disease doctor` says of the native libraries. */
import { messageOf, UserError } from "../core/errors.ts";
import type { EngineId } from "../core/family.ts";
import { openLibrary } from "./native.ts";
import { ENGINES } from "./wheels.ts";

export interface EngineStatus {
  readonly id: EngineId;
  readonly title: string;
  readonly version: string;
  /** Families that need it. */
  readonly families: readonly string[];
  readonly available: boolean;
  /** The loaded library. */
  readonly path?: string;
  readonly problem?: string;
  /** One imperative sentence each. */
  readonly fix?: readonly string[];
}

/** Loads each engine to see whether it works here. Never throws. */
export async function engineStatus(): Promise<readonly EngineStatus[]> {
  return Promise.all(
    ENGINES.map(async ({ id, title, version, families }) => {
      const facts = { id, title, version, families };
      try {
        return { ...facts, available: true, path: (await openLibrary(id)).path };
      } catch (error) {
        const { where, fix } = error instanceof UserError ? error : { where: undefined, fix: undefined };
        return { ...facts, available: false, problem: where ?? messageOf(error), fix };
      }
    }),
  );
}
