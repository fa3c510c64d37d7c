import { join } from "node:path";
import { connect } from "../../src/stores/embedded/connection.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";

const START = 1_700_000_000_000;
const FAMILIES = ["xgboost", "gbm", "random-forest", "logistic", "mlp"];
/** With eight attributes they make 40 columns. */
const METRICS = [
  ...["f1_macro", "recall_macro", "recall_orphan", "mse", "ece", "accuracy", "log_loss", "roc_auc_ovr"],
  ...["brier", "f1_weighted", "top3_accuracy", "balanced_accuracy"],
].map((id) => `val_${id}`);
const TIMES = ["fit_seconds", "score_seconds", "features", "rounds"];
const PARAMS = ["preparation", "class_weight", "seed", "depth", "eta", "subsample", "lambda"];
const TAGS = ["disease.config_key", "disease.trial_key", "disease.seed", "disease.rank_metric", "disease.data_hash"];

/**
 * Fills the store of a mlruns folder with trials of an experiment, 40 columns each, 100 to a sweep, by SQL: 100,000 take
 * half a minute.
 * @returns the ids of the trials that go on: one of each sweep of the last ten
 */
export async function makeBoardRuns(folder: string, runs: number): Promise<readonly string[]> {
  const store = openEmbeddedStore({ folder });
  const { experimentId, artifactLocation } = await store.ensureExperiment("bench");
  store.close();
  const file = join(folder, "mlflow.db");
  const connection = connect(file, file, 20_000, false);
  const sweeps = Math.ceil(runs / 100);
  const going = (i: string): string => `(${i} % 100 = 99 AND ${i} >= ${Math.max(0, runs - 1000)})`;
  connection.script(`
    PRAGMA synchronous = OFF;
    BEGIN;
    CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < ${runs - 1}) SELECT i FROM c;
    ${["metric", "param", "tag"].map((name) => `CREATE TEMP TABLE ${name}_keys (k INTEGER PRIMARY KEY, name TEXT);`).join("\n")}
    ${keys("metric_keys", [...METRICS, ...TIMES])} ${keys("param_keys", PARAMS)} ${keys("tag_keys", TAGS)}
    INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
      source_version, lifecycle_stage, artifact_uri, experiment_id)
    SELECT 'f' || printf('%031x', i), 'sweep ' || i, 'UNKNOWN', '', '', 'bench', 'FINISHED', ${START} + i * 100000,
      ${START} + i * 100000 + 99000, '', 'active', '${artifactLocation}/s' || i, ${experimentId} FROM n WHERE i < ${sweeps};
    INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
      source_version, lifecycle_stage, artifact_uri, experiment_id)
    SELECT printf('%032x', i), ${family} || ' depth=' || (i % 9) || ' · seed ' || i, 'UNKNOWN', '', '', 'bench',
      CASE WHEN ${going("i")} THEN 'RUNNING' WHEN i % 50 = 0 THEN 'FAILED' ELSE 'FINISHED' END, ${START} + i * 1000,
      CASE WHEN ${going("i")} THEN NULL ELSE ${START} + i * 1000 + 300 + i % 700 END, '', 'active',
      '${artifactLocation}/' || i, ${experimentId} FROM n;
    INSERT INTO latest_metrics ("key", value, timestamp, step, is_nan, run_uuid)
    SELECT m.name, ${noise("m.k")}, ${START} + i * 1000, 0, 0, printf('%032x', i) FROM n CROSS JOIN metric_keys m;
    INSERT INTO metrics ("key", value, timestamp, step, is_nan, run_uuid) SELECT "key", value, timestamp, step, is_nan, run_uuid FROM latest_metrics;
    INSERT INTO params ("key", value, run_uuid)
    SELECT p.name, CASE p.k WHEN 0 THEN 'trees' WHEN 4 THEN round(${noise("1")}, 2) ELSE i % (3 + p.k) END, printf('%032x', i) FROM n CROSS JOIN param_keys p;
    INSERT INTO params ("key", value, run_uuid) SELECT 'family', ${family}, printf('%032x', i) FROM n;
    INSERT INTO tags ("key", value, run_uuid)
    SELECT t.name, CASE t.k WHEN 0 THEN printf('%064x', i / 5) WHEN 1 THEN printf('%064x', i) WHEN 2 THEN i % 5
      WHEN 3 THEN 'f1_macro' ELSE 'one' END, printf('%032x', i) FROM n CROSS JOIN tag_keys t;
    INSERT INTO tags ("key", value, run_uuid) SELECT 'mlflow.parentRunId', 'f' || printf('%031x', i / 100), printf('%032x', i) FROM n;
    COMMIT;
  `);
  const ids = connection.all("SELECT run_uuid FROM runs WHERE status = 'RUNNING'").map(([id]) => String(id));
  connection.close();
  return ids;
}

const family = `CASE i % 5 ${FAMILIES.map((name, i) => `WHEN ${i} THEN '${name}'`).join(" ")} END`;
/** A number in [0, 1) that looks random. */
const noise = (k: string): string => `((i * 7919 + ${k} * 104729 + (i * i) % 99991) % 1000003) / 1000003.0`;

function keys(table: string, names: readonly string[]): string {
  return `INSERT INTO ${table} VALUES ${names.map((name, k) => `(${k}, '${name}')`).join(", ")};`;
}
