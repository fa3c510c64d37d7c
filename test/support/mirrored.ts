import type { Run, TrackingStore } from "../../src/core/store.ts";

const EVERYTHING = { metrics: "all", params: "all", tags: "all" } as const;

/**
 * Everything that a store holds of an experiment, in words that do not depend on the store: by the id of the run that each is
 * a copy of. What is there a second time is "… doubled by …".
 */
export async function contentOf(store: TrackingStore, experimentName: string): Promise<Record<string, unknown>> {
  const experiment = await store.getExperimentByName(experimentName);
  if (!experiment) return {};
  const runs: Run[] = [];
  let pageToken: string | undefined;
  do {
    const page = await store.searchRuns({
      experimentIds: [experiment.experimentId],
      orderBy: ["attributes.start_time ASC"],
      view: "all",
      columns: EVERYTHING,
      pageToken,
    });
    runs.push(...page.items);
    pageToken = page.nextPageToken;
  } while (pageToken);
  const identity = (run: Run): string => run.tags["disease.run_id"] ?? run.info.runId;
  const names = new Map(runs.map((run) => [run.info.runId, identity(run)]));
  const content: Record<string, unknown> = {};
  runs.sort((a, b) => a.info.lifecycleStage.localeCompare(b.info.lifecycleStage)); // of doubles, what is active counts
  for (const run of runs) {
    const { runId, runName, status, startTime, endTime, lifecycleStage } = run.info;
    const { "disease.run_id": _, "mlflow.jsClient.requestId": __, "mlflow.parentRunId": parent, ...tags } = run.tags;
    const histories: Record<string, unknown> = {};
    for (const key of Object.keys(run.metrics).sort()) histories[key] = await store.metricHistory(runId, key);
    const name = identity(run) in content ? `${identity(run)} doubled by ${runId}` : identity(run);
    content[name] = {
      ...{ runName, status, startTime, endTime, lifecycleStage, tags, params: run.params, inputs: run.inputs },
      parent: parent === undefined ? undefined : (names.get(parent) ?? parent),
      histories,
      files: lifecycleStage === "deleted" ? {} : await filesOf(store, runId),
    };
  }
  return content;
}

async function filesOf(store: TrackingStore, runId: string, path?: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await store.listArtifacts(runId, path)) {
    if (entry.isDirectory) Object.assign(files, await filesOf(store, runId, entry.path));
    else
      files[entry.path] = Buffer.from(await store.readArtifact(runId, entry.path))
        .toString("base64")
        .slice(0, 2000);
  }
  return files;
}
