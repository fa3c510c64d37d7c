import { families } from "../../families/index.ts";
import { steps } from "../../preparation/index.ts";

/**
 * Loads families and steps before a trial asks for them, with what `load` makes of an engine's id. What fails here fails again where
 * it is needed, and is told there.
 */
export async function warmUp(ids: readonly string[], load: (engine: string) => Promise<unknown>): Promise<void> {
  for (const id of ids) {
    try {
      const found = await (families[id] ?? steps[id])?.();
      for (const engine of found && "engines" in found ? found.engines : []) await load(engine);
    } catch {}
  }
}
