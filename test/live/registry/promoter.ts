/**
 * A process that promotes a version, for registry-processes.test.ts: registry-promoter.ts FOLDER MODEL VERSION. It reads the
 * model, prints "ready", waits for a line on standard input, promotes, and prints what came of it as JSON.
 */
import { createInterface } from "node:readline/promises";
import { systemClock } from "../../../src/core/clock.ts";
import { UserError } from "../../../src/core/errors.ts";
import { promote } from "../../../src/registry/promote.ts";
import { readState, versionOf } from "../../../src/registry/state.ts";
import { openEmbeddedRegistry } from "../../../src/stores/embedded/registry.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";

async function main([folder, name, version]: string[]): Promise<void> {
  const store = openEmbeddedStore({ folder: folder! });
  const registry = openEmbeddedRegistry({ folder: folder! });
  const bench = { store, registry, clock: systemClock, who: `process ${process.pid}`, notify: console.error };
  const state = await readState(registry, name!);
  const input = createInterface({ input: process.stdin });
  console.log("ready");
  await input.question("");
  input.close();
  try {
    const chosen = versionOf(state, { name: name!, version });
    const act = await promote(bench, state, chosen, {
      to: "Production",
      gate: null,
      reason: "a test",
      requireApproval: false,
    });
    console.log(JSON.stringify({ result: act.result }));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.log(JSON.stringify({ message: error.message, exitCode: error.exitCode, fix: error.fix }));
  }
  registry.close();
  store.close();
}

await main(process.argv.slice(2));
