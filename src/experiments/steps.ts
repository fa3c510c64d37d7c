import type { Step } from "../core/step.ts";
import { steps } from "../preparation/index.ts";

/** A step by its id, which the configuration has checked before. */
export async function loadStep(id: string): Promise<Step> {
  const load = steps[id];
  if (!load) throw new Error(`no preparation step "${id}"`);
  return load();
}
