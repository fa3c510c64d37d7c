import { join } from "node:path";
import { createRng } from "../../src/core/rng.ts";
import { connect } from "../../src/stores/embedded/connection.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { insertRun, writeBatch } from "../../src/stores/embedded/write.ts";

const START = 1_700_000_000_000;
const FAMILIES = ["xgboost", "gbm", "random-forest", "logistic", "mlp"];
const SCORES = ["f1_macro", "f1_weighted", "accuracy", "balanced_accuracy", "log_loss", "brier", "roc_auc", "ece"];

/**
 * Fills the store of a mlruns folder with an experiment of `runs` trials under one sweep, each with a dozen metrics, nine
 * params and eight tags, in one transaction so that 10,000 take seconds.
 * @returns the experiment's id
 */
export async function makeRuns(folder: string, runs: number, name = "bench"): Promise<string> {
  const store = openEmbeddedStore({ folder });
  const { experimentId, artifactLocation: location } = await store.ensureExperiment(name);
  const sweep = await store.createRun({ experimentId, runName: "sweep", startTime: START });
  await store.write(sweep.runId, { status: "FINISHED", endTime: START + runs * 1000 });
  store.close();

  const file = join(folder, "mlflow.db");
  const connection = connect(file, file, 20_000, false);
  const rng = createRng(1);
  connection.transaction(() => {
    for (let i = 0; i < runs; i++) {
      const timestamp = START + i * 1000;
      const family = FAMILIES[i % FAMILIES.length]!;
      const metric = (key: string) => ({ key, value: rng.next(), timestamp, step: 0 });
      const runName = `${family}-${i}`;
      const tags = { "mlflow.runName": runName, "mlflow.user": "bench", "mlflow.parentRunId": sweep.runId };
      const runId = insertRun(connection, {
        experimentId,
        location,
        runName,
        userId: "bench",
        startTime: timestamp,
        tags,
      });
      const counted = (keys: string[], modulus: number) =>
        Object.fromEntries(keys.map((k) => [k, String(i % modulus)]));
      writeBatch(connection, runId, {
        metrics: [...SCORES.map((s) => `val_${s}`), "fit_seconds", "predict_seconds", "rows", "features"].map(metric),
        params: {
          ...{ family, preparation: "impute+scale", seed: String(i % 10) },
          ...counted(["depth", "eta", "rounds", "subsample", "lambda", "alpha"], 7),
        },
        tags: counted(["disease.key", "disease.data", "disease.split", "disease.commit", "disease.machine"], 1000),
        status: i % 50 === 0 ? "FAILED" : "FINISHED",
        endTime: timestamp + 500,
      });
    }
  });
  connection.close();
  return experimentId;
}
