import type { TrackingStore } from "../../src/core/store.ts";

let clock = 1_700_000_000_000;

export interface SweepShape {
  readonly experiment: string;
  readonly trials?: number;
  /** Points of metrics of each trial. */
  readonly points?: number;
}

/** Records a sweep as ours are: a parent run with a file, trials under it with params, inputs, metrics, a file, an end. */
export async function recordSweep(
  store: TrackingStore,
  { experiment, trials = 3, points = 4 }: SweepShape,
): Promise<{ readonly parent: string; readonly children: readonly string[] }> {
  const { experimentId } = await store.ensureExperiment(experiment);
  const parent = await store.createRun({ experimentId, runName: "sweep", startTime: clock++ });
  await store.writeArtifact(parent.runId, "experiment.yaml", Buffer.from("data: x"));
  const children: string[] = [];
  for (let i = 0; i < trials; i++) {
    const tags = { "mlflow.parentRunId": parent.runId, "disease.kind": "trial" };
    const { runId } = await store.createRun({ experimentId, runName: `trial ${i}`, startTime: clock++, tags });
    children.push(runId);
    await store.write(runId, {
      params: { family: "xgboost", depth: String(i) },
      inputs: [
        { name: "d", digest: "1", sourceType: "local", source: "{}", tags: { "mlflow.data.context": "training" } },
      ],
      metrics: Array.from({ length: points }, (_, step) => ({
        ...{ key: step % 2 ? "a" : "b", value: step % 10 === 9 ? Number.NaN : step / 7 + i },
        ...{ timestamp: step, step },
      })),
    });
    await store.writeArtifact(runId, "config/trial.json", Buffer.from(`{"trial":${i}}`));
    await store.write(runId, { status: i % 3 === 2 ? "FAILED" : "FINISHED", endTime: clock++ });
  }
  await store.write(parent.runId, { status: "FINISHED", endTime: clock++ });
  return { parent: parent.runId, children };
}
