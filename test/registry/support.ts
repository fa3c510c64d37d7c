import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { GateOutcome, Verdict } from "../../src/core/gate.ts";
import { Tag } from "../../src/core/trial.ts";
import { modelHash, readState, type Workbench } from "../../src/registry/state.ts";
import { openEmbeddedRegistry } from "../../src/stores/embedded/registry.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { temporaryFolder } from "../stores/support.ts";

const START = 1_700_000_000_000;

export interface TestBench extends Workbench {
  readonly folder: string;
  /** What was notified. */
  readonly notices: readonly string[];
}

/** A workbench on a store of its own, with a clock that goes on by a second each time it is looked at. */
export function openBench(folder = join(temporaryFolder(), "mlruns"), who = "ana@clinic"): TestBench {
  const store = openEmbeddedStore({ folder });
  const registry = openEmbeddedRegistry({ folder });
  onTestFinished(() => {
    registry.close();
    store.close();
  });
  const notices: string[] = [];
  let now = START;
  const clock = { now: () => (now += 1000) };
  return { folder, store, registry, clock, who, notices, notify: (message) => notices.push(message) };
}

/** A finished run with model files; those given, by path, or a few bytes that stand for some. */
export async function finishedRun(
  { store }: Pick<Workbench, "store">,
  runName = "gbm",
  artifacts?: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const { experimentId } = await store.ensureExperiment("skin");
  const tags = { [Tag.kind]: "trial", [Tag.dataHash]: "d".repeat(64) };
  const { runId } = await store.createRun({ experimentId, runName, startTime: START, tags });
  const made = artifacts ?? {
    "model/model.json": new TextEncoder().encode(`{"run":"${runId}"}`),
    "model/family/trees.bin": Uint8Array.of(1, 2, 3),
  };
  for (const [path, bytes] of Object.entries(made)) await store.writeArtifact(runId, path, bytes);
  const metrics = [{ key: "val_f1_macro", value: 0.9, timestamp: START, step: 0 }];
  await store.write(runId, { metrics, params: { family: "gbm" }, status: "FINISHED", endTime: START + 1 });
  return runId;
}

/** What a gate would say of a run, compared with the champion of now. */
export async function gateSays(
  bench: Workbench,
  name: string,
  runId: string,
  verdict: Verdict = "pass",
): Promise<GateOutcome> {
  const { champion } = await readState(bench.registry, name);
  return {
    gate: "clinical",
    gateHash: "c".repeat(64),
    verdict,
    rules: [
      {
        rule: "metric f1_macro ≥ 0.9",
        verdict,
        value: 0.93,
        low: 0.9,
        high: 0.95,
        n: 300,
        message: "f1_macro is 0.93.",
      },
    ],
    runId,
    championRunId: champion?.runId ?? null,
    looks: 1,
    dataHash: "d".repeat(64),
    modelHash: (await modelHash(bench.store, runId))!,
  };
}
