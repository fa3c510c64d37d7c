/** Stores for tests of the board. */
import { join } from "node:path";
import type { RunBatch, RunStatus } from "../../src/core/store.ts";
import { Tag } from "../../src/core/trial.ts";
import { connect } from "../../src/stores/embedded/connection.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { insertRun, writeBatch } from "../../src/stores/embedded/write.ts";

export interface BoardRun {
  readonly name: string;
  readonly status?: RunStatus;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

const START = Date.UTC(2026, 2, 1, 12);
const FAMILIES = ["xgboost", "gbm", "random-forest", "logistic", "mlp"] as const;

/** Writes runs into a project's store in one transaction, each started a second after the one before. @returns their ids */
export async function addRuns(root: string, runs: readonly BoardRun[], experiment = "skin"): Promise<string[]> {
  const folder = join(root, "mlruns");
  const store = openEmbeddedStore({ folder });
  const { experimentId, artifactLocation: location } = await store.ensureExperiment(experiment);
  store.close();
  const file = join(folder, "mlflow.db");
  const connection = connect(file, file, 20_000, false);
  const ids: string[] = [];
  connection.transaction(() => {
    runs.forEach(({ name, status = "FINISHED", metrics = {}, params = {}, tags = {} }, i) => {
      const timestamp = START + i * 1000;
      const all = { "mlflow.runName": name, "mlflow.user": "ana", ...tags };
      const runId = insertRun(connection, {
        experimentId,
        location,
        runName: name,
        userId: "ana",
        startTime: timestamp,
        tags: all,
      });
      const points = Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp, step: 0 }));
      const end: RunBatch = status === "RUNNING" ? {} : { status, endTime: timestamp + 1500 };
      writeBatch(connection, runId, { metrics: points, params, ...end });
      ids.push(runId);
    });
  });
  connection.close();
  return ids;
}

/**
 * Trials whose numbers follow from their place, so that a test knows which is the best: of `n` the f1_macro of number i is
 * (i * 37 mod n) / n.
 */
export function trials(n: number): BoardRun[] {
  return Array.from({ length: n }, (_, i) => {
    const family = FAMILIES[i % FAMILIES.length]!;
    const failed = i % 50 === 7;
    return {
      name: `${family}-${i}`,
      status: failed ? ("FAILED" as const) : ("FINISHED" as const),
      tags: {
        [Tag.kind]: "trial",
        [Tag.trialKey]: String(i),
        [Tag.rankMetric]: "f1_macro",
        ...(failed && { [Tag.error]: "out of memory" }),
      },
      metrics: {
        val_f1_macro: ((i * 37) % n) / n,
        val_log_loss: 1 - ((i * 37) % n) / n,
        val_ece: ((i * 11) % 17) / 100,
      },
      params: { family, depth: String(i % 7), eta: String(0.1 * (1 + (i % 3))), seed: String(i % 2) },
    };
  });
}
