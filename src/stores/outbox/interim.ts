import { connect, isNotFound, MlflowError } from "mlflow-js-client";
import { ExitCode, UserError } from "../../core/errors.ts";
import type { Experiment, Run, RunInfo, TrackingStore } from "../../core/store.ts";

/** Until src/stores/remote is there. */
export function openInterim(uri: string): TrackingStore {
  const client = connect({ uri });
  const guard = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof MlflowError)) throw error;
      const own =
        error.kind === "api" && (error.status ?? 500) < 500 && ![401, 403, 408, 429].includes(error.status ?? 0);
      throw new UserError(error.message, { exitCode: own ? ExitCode.usage : ExitCode.unreachable, cause: error });
    }
  };
  const infoOf = (info: Awaited<ReturnType<typeof client.runs.get>>["info"]): RunInfo => ({
    ...info,
    endTime: info.endTime ?? null,
  });
  const runOf = (run: Awaited<ReturnType<typeof client.runs.get>>): Run => ({
    info: infoOf(run.info),
    params: run.params,
    tags: run.tags,
    metrics: Object.fromEntries(run.metrics.map((m) => [m.key, m.value])),
    inputs: run.inputs.datasets.map(({ dataset, tags }) => ({ ...dataset, tags })),
  });
  return {
    uri,
    ensureExperiment: (name) =>
      guard(async () => {
        const known = await client.experiments.getByName(name);
        if (known) return known as Experiment;
        return (await client.experiments.get(await client.experiments.create({ name }))) as Experiment;
      }),
    getExperimentByName: (name) => guard(() => client.experiments.getByName(name)) as Promise<Experiment | undefined>,
    listExperiments: () =>
      guard(async () => {
        const all: Experiment[] = [];
        for await (const e of client.experiments.search()) all.push(e);
        return all;
      }),
    createRun: (run) => guard(async () => infoOf((await client.runs.create(run)).info)),
    write: (runId, batch) =>
      guard(async () => {
        const { metrics, params, tags, inputs, status, endTime } = batch;
        if (metrics || params || tags) await client.runs.logBatch(runId, { metrics, params, tags });
        if (inputs) {
          const datasets = inputs.map(({ tags, ...dataset }) => ({ dataset, tags }));
          await client.runs.logInputs(runId, { datasets });
        }
        if (status) await client.runs.update(runId, { status, endTime });
      }),
    deleteTag: (runId, key) => guard(() => client.runs.deleteTag(runId, key)),
    deleteRun: (runId) => guard(() => client.runs.delete(runId)),
    restoreRun: (runId) => guard(() => client.runs.restore(runId)),
    getRun: (runId) => guard(async () => runOf(await client.runs.get(runId))),
    searchRuns: (s) =>
      guard(async () => {
        const view = s.view === "all" ? "ALL" : s.view === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY";
        const page = await client.runs.searchPage({ ...s, view });
        return { items: page.items.map(runOf), nextPageToken: page.nextPageToken };
      }),
    metricHistory: (runId, key) =>
      guard(async () => {
        const all = [];
        for await (const { key: k, value, timestamp, step } of client.metrics.history(runId, key))
          all.push({ key: k, value, timestamp, step });
        return all;
      }),
    localArtifacts: async () => undefined,
    listArtifacts: (runId, path) =>
      guard(async () => {
        const all = [];
        for await (const f of client.artifacts.list({ runId }, path))
          all.push({ path: f.path, isDirectory: f.isDirectory, size: f.size ?? null });
        return all.sort((a, b) => (a.path < b.path ? -1 : 1));
      }),
    readArtifact: (runId, path) =>
      guard(async () => {
        try {
          return await client.artifacts.read({ runId }, path);
        } catch (error) {
          if (isNotFound(error)) throw new UserError(`The run has no artifact "${path}"`);
          throw error;
        }
      }),
    writeArtifact: (runId, path, bytes) => guard(() => client.artifacts.upload({ runId }, path, bytes)),
    uploadArtifact: (runId, path, file, onProgress) =>
      guard(() => client.artifacts.upload({ runId }, path, file, { onProgress: () => onProgress?.() })),
    close: () => client.close(),
  };
}
