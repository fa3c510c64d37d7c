import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as mlflow from "mlflow-js-client";
import { UserError } from "../../core/errors.ts";
import type { LoggedModel, LoggedModels } from "../../core/registry.ts";
import { checkTags } from "../limits.ts";
import { checkLoggedModelName } from "../registry-limits.ts";
import { withoutOurs } from "./convert.ts";
import { guarded } from "./faults.ts";

/** Names the folder of the run whose files are the model's, until they are. */
const FOLDER_TAG = "mlflow.disease.folder";

const LANES = 8;

/** The logged models of a server: `finalize` copies their files from the run's folder to their own place. */
export function createRemoteLoggedModels(client: mlflow.MlflowClient, where: string): LoggedModels {
  const { loggedModels, artifacts, runs } = client;
  const guard = <T>(action: () => Promise<T>): Promise<T> => guarded(where, action);

  async function need(modelId: string): Promise<mlflow.LoggedModel> {
    try {
      return await loggedModels.get(modelId);
    } catch (error) {
      if (!mlflow.isNotFound(error)) throw error;
      throw new UserError(`there is no logged model ${modelId}`, { where });
    }
  }

  /** By way of the disk: models may be large. What an earlier attempt brought is left, so that each one gets further. */
  async function moveFiles({ modelId, sourceRunId, artifactUri, tags }: mlflow.LoggedModel): Promise<void> {
    const owner = { modelId, artifactUri };
    const folder = tags[FOLDER_TAG];
    const passing = await mkdtemp(join(tmpdir(), "disease-model-"));
    try {
      if (folder !== undefined && sourceRunId !== "") {
        const files: { readonly path: string; readonly to: string; readonly size: number | undefined }[] = [];
        for await (const { path, size } of artifacts.walk({ runId: sourceRunId }, folder))
          files.push({ path, size, to: path.slice(folder.length + 1) });
        if (files.length > 0) {
          const there = new Map<string, number | undefined>();
          for await (const { path, size } of artifacts.walk(owner)) there.set(path, size);
          const source = { runId: sourceRunId, artifactUri: (await runs.get(sourceRunId)).info.artifactUri };
          const missing = files.filter(({ to, size }) => size === undefined || there.get(to) !== size);
          await inLanes(missing, async ({ path, to }, i) => {
            const file = join(passing, String(i));
            await artifacts.download(source, path, file);
            await artifacts.upload(owner, to, file);
          });
          return;
        }
      }
      for await (const _ of artifacts.walk(owner)) return; // put there by someone else
      throw new UserError(`logged model ${modelId} has no files`, { where: artifactUri });
    } finally {
      await rm(passing, { recursive: true, force: true });
    }
  }

  return {
    async create({ runId, name, folder, modelType, params, tags = {} }) {
      checkLoggedModelName(name);
      checkTags({ ...params, ...tags }, `logged model ${name}`);
      return guard(async () => {
        const { experimentId } = (await runs.get(runId)).info;
        const all = { ...tags, [FOLDER_TAG]: folder };
        const made = { experimentId, name, modelType, sourceRunId: runId, params, tags: all };
        return modelFrom(await loggedModels.create(made));
      });
    },

    finalize: (modelId, status) =>
      guard(async () => {
        const model = await need(modelId);
        if (status === "FAILED") return modelFrom(await loggedModels.finalize(modelId, "LOGGED_MODEL_UPLOAD_FAILED"));
        await moveFiles(model);
        await loggedModels.finalize(modelId, "LOGGED_MODEL_READY");
        if (model.sourceRunId !== "") await runs.logOutputs(model.sourceRunId, [{ modelId, step: 0 }]);
        return modelFrom(await loggedModels.get(modelId));
      }),

    logMetrics: (modelId, points) =>
      guard(async () => {
        const { sourceRunId } = await need(modelId);
        // MLflow keeps NaN as 0 here, without saying that it is one: such a point is left out
        const metrics = points.filter((point) => !Number.isNaN(point.value)).map((point) => ({ ...point, modelId }));
        await runs.logBatch(sourceRunId, { metrics });
      }),

    async setTags(modelId, tags) {
      checkTags(tags, `logged model ${modelId}`);
      await guard(() => loggedModels.setTags(modelId, tags));
    },

    get: (modelId) =>
      guard(async () => {
        try {
          return modelFrom(await loggedModels.get(modelId));
        } catch (error) {
          if (mlflow.isNotFound(error)) return undefined;
          throw error;
        }
      }),

    ofRun: (runId) =>
      guard(async () => {
        const { experimentId } = (await runs.get(runId)).info;
        const search = {
          experimentIds: [experimentId],
          filter: `source_run_id = '${runId}'`,
          orderBy: [{ field: "creation_timestamp" }],
        };
        const found: LoggedModel[] = [];
        for await (const model of loggedModels.search(search)) found.push(modelFrom(model));
        return found;
      }),
  };
}

/** Several at once: a server may be far. */
async function inLanes<T>(items: readonly T[], action: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await action(items[next]!, next++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function modelFrom(model: mlflow.LoggedModel): LoggedModel {
  const { [FOLDER_TAG]: _, ...tags } = withoutOurs(model.tags);
  const byTime = model.metrics.toSorted((a, b) => a.step - b.step || a.timestamp - b.timestamp || a.value - b.value);
  return {
    modelId: model.modelId,
    experimentId: model.experimentId,
    name: model.name,
    runId: model.sourceRunId === "" ? null : model.sourceRunId,
    artifactLocation: model.artifactUri,
    status:
      model.status === "LOGGED_MODEL_READY"
        ? "READY"
        : model.status === "LOGGED_MODEL_UPLOAD_FAILED"
          ? "FAILED"
          : "PENDING",
    modelType: model.modelType,
    creationTime: model.creationTime,
    params: model.params,
    tags,
    metrics: Object.fromEntries(byTime.map((metric) => [metric.key, metric.value])),
  };
}
