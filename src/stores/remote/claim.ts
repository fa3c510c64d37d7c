import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { MlflowClient } from "mlflow-js-client";
import { UserError } from "../../core/errors.ts";

const PREFIX = "disease.claim.";
/** Milliseconds after which a claim is that of a process which died. A change takes a dozen requests. */
const STALE = 60_000;
/** Milliseconds to wait for others. */
const PATIENCE = 30_000;

/**
 * Does something with a registered model that no other of us does at the same time, on a server without transactions: each writes
 * a claim (a tag of the model with a name of its own), and only then looks; who sees another's claim takes its own back and
 * tries again later. Of two, the second to write sees the first, so that never both go on.
 * @throws UserError when others are at it all the time
 */
export async function exclusively<T>(
  { registeredModels }: Pick<MlflowClient, "registeredModels">,
  name: string,
  action: () => Promise<T>,
): Promise<T> {
  const own = `${PREFIX}${randomUUID()}`;
  const end = performance.now() + PATIENCE;
  for (let wait = 200; performance.now() < end; wait = Math.min(2 * wait, 3000)) {
    await registeredModels.setTag(name, own, String(Date.now()));
    try {
      const model = await registeredModels.get(name);
      const others = Object.entries(model?.tags ?? {}).filter(([key]) => key.startsWith(PREFIX) && key !== own);
      const dead = others.filter(([, since]) => !(Math.abs(Date.now() - Number(since)) < STALE));
      for (const [key] of dead) await registeredModels.deleteTag(name, key).catch(() => {});
      if (others.length === dead.length) return await action();
    } finally {
      await registeredModels.deleteTag(name, own).catch(() => {}); // it grows stale
    }
    await delay(wait * (0.5 + Math.random()));
  }
  throw new UserError(`someone else is changing model "${name}" all the time; nothing of this change was made`, {
    fix: "Try again in a minute.",
  });
}
