import { BATCH_LIMITS, isAlreadyExists, isNotFound, MlflowError, type UploadOptions } from "mlflow-js-client";
import { UserError } from "../../core/errors.ts";
import { parseFilter, parseOrder } from "../../core/filter/filter.ts";
import type { Experiment, MetricPoint, RunBatch, RunInfo, TrackingStore } from "../../core/store.ts";
import { checkBatch, checkExperimentName, checkTags } from "../limits.ts";
import { changedParam, deletedRun, noSuchRun, pageSize, usable, userName } from "../rules.ts";
import { openClient, type RemoteOptions } from "./client.ts";
import { experimentFrom, inputOf, runFrom, runInfoFrom, viewOf } from "./convert.ts";
import { guarded } from "./faults.ts";

/**
 * The tracking store of a server, over MLflow's REST API. Nothing is asked before the first call. A flush that needs one
 * request (≤ 1000 entities, ≤ 100 params, ≤ 100 tags, < 1 MB) and is refused leaves nothing behind; a larger one is
 * checked for params that would change before anything of it is sent. Metrics, inputs and the status go in this order, each in
 * requests of its own: a flush that is cut may be there in part, and the same flush again completes it.
 * @throws UserError when the address is wrong or credentials are missing
 */
export function openRemoteStore(options: RemoteOptions): TrackingStore {
  const { client, shown } = openClient(options);
  const guard = <T>(action: () => Promise<T>): Promise<T> => guarded(shown, action);

  async function ofRun<T>(runId: string, action: () => Promise<T>): Promise<T> {
    try {
      return await guard(action);
    } catch (error) {
      if (!(error instanceof UserError) || !isNotFound(error.cause)) throw error;
      throw noSuchRun(shown, runId);
    }
  }

  /** Where active runs keep their files: asked for once, not for each file. */
  const places = new Map<string, string>();
  function placed(info: RunInfo): RunInfo {
    if (info.lifecycleStage === "active") places.set(info.runId, info.artifactUri);
    return info;
  }
  const infoOf = async (runId: string): Promise<RunInfo> => placed(runInfoFrom((await client.runs.get(runId)).info));

  const named = (name: string): Promise<Experiment | undefined> =>
    guard(async () => {
      const found = await client.experiments.getByName(name);
      return found && experimentFrom(found);
    });

  async function checkParams(runId: string, params: Readonly<Record<string, string>>): Promise<void> {
    const known = (await client.runs.get(runId)).params;
    for (const [key, value] of Object.entries(params)) {
      if (Object.hasOwn(known, key) && known[key] !== value) throw changedParam(runId, key, known[key]!, value, shown);
    }
  }

  async function activeRun(runId: string): Promise<RunInfo> {
    const info = await infoOf(runId);
    if (info.lifecycleStage === "active") return info;
    throw deletedRun(shown, runId);
  }

  async function writeData(runId: string, { metrics = [], params = {}, tags = {} }: RunBatch): Promise<void> {
    const count = Object.keys(params).length;
    if (count === 0 && metrics.length === 0 && Object.keys(tags).length === 0) return;
    if (count > BATCH_LIMITS.params || sizeOf(params) > BATCH_LIMITS.bytes / 2) await checkParams(runId, params);
    try {
      await client.runs.logBatch(runId, { metrics, params, tags });
    } catch (error) {
      if (count > 0 && error instanceof MlflowError && error.status === 400) await checkParams(runId, params); // says it better
      throw error;
    }
  }

  function upload(runId: string, path: string, source: string | Uint8Array, options?: UploadOptions): Promise<void> {
    checkNameLengths(path);
    return ofRun(runId, async () => {
      const artifactUri = places.get(runId) ?? (await activeRun(runId)).artifactUri;
      try {
        await client.artifacts.upload({ runId, artifactUri }, path, source, options);
      } catch (error) {
        throw takesNoFiles(error)
          ? new UserError("the server takes no files over MLflow's API", { where: shown, cause: error })
          : error;
      }
    });
  }

  return {
    uri: shown,

    async ensureExperiment(name) {
      checkExperimentName(name);
      const known = await named(name);
      if (known !== undefined) return usable(known, shown);
      return guard(async () => {
        try {
          await client.experiments.create({ name });
        } catch (error) {
          if (!isAlreadyExists(error)) throw error; // else made meanwhile by another process
        }
        return usable(experimentFrom((await client.experiments.getByName(name))!), shown);
      });
    },

    getExperimentByName: named,

    listExperiments: (view) =>
      guard(async () => {
        const found: Experiment[] = [];
        for await (const experiment of client.experiments.search({ view: viewOf(view) })) {
          found.push(experimentFrom(experiment));
        }
        return found;
      }),

    async createRun({ experimentId, runName, startTime, tags = {}, userId = userName() }) {
      // MLflow makes up a name where there is none, and does not take an empty one
      const all = { "mlflow.user": userId, ...tags, ...(runName === "" ? {} : { "mlflow.runName": runName }) };
      checkTags(all, `run ${runName}`);
      const run = { experimentId, runName, startTime, userId, tags: all };
      return guard(async () => placed(runInfoFrom((await client.runs.create(run)).info)));
    },

    async write(runId, batch) {
      checkBatch(batch, `run ${runId}`);
      const { inputs = [], status, endTime } = batch;
      await ofRun(runId, async () => {
        if (Object.values(batch).every((part) => part === undefined)) await activeRun(runId);
        await writeData(runId, batch);
        if (inputs.length > 0) await client.runs.logInputs(runId, { datasets: inputs.map(inputOf) });
        if (status !== undefined || endTime !== undefined) await client.runs.update(runId, { status, endTime });
      });
    },

    deleteTag: (runId, key) =>
      ofRun(runId, async () => {
        try {
          await client.runs.deleteTag(runId, key);
        } catch (error) {
          if (!isNotFound(error)) throw error;
          await client.runs.get(runId); // the run, or only the tag?
        }
      }),

    deleteRun: (runId) => {
      places.delete(runId);
      return ofRun(runId, () => client.runs.delete(runId));
    },
    restoreRun: (runId) => ofRun(runId, () => client.runs.restore(runId)),
    getRun: (runId) => ofRun(runId, async () => runFrom(await client.runs.get(runId))),

    async searchRuns({ experimentIds, filter, orderBy, view, maxResults, pageToken, columns }) {
      // read here too: our errors name the character
      const clauses = parseFilter(filter ?? "");
      parseOrder(orderBy ?? []);
      const search = {
        filter: clauses.length === 0 ? undefined : filter,
        orderBy,
        pageToken,
        view: viewOf(view),
        maxResults: pageSize(maxResults),
      };
      if (experimentIds.length === 0) return { items: [] };
      const page = await guard(() => client.runs.searchPage({ experimentIds, ...search }));
      return { ...page, items: page.items.map((run) => runFrom(run, columns)) };
    },

    metricHistory: (runId, key) =>
      ofRun(runId, async () => {
        const points: MetricPoint[] = [];
        for await (const { value, timestamp, step } of client.metrics.history(runId, key)) {
          points.push({ key, value, timestamp, step });
        }
        return points.sort((a, b) => a.timestamp - b.timestamp || a.step - b.step || a.value - b.value);
      }),

    localArtifacts: async () => undefined,

    listArtifacts: (runId, path) =>
      ofRun(runId, async () => {
        const found = [];
        for await (const { path: at, isDirectory, size = null } of client.artifacts.list({ runId }, path)) {
          found.push({ path: at, isDirectory, size });
        }
        return found.sort((a, b) => (a.path < b.path ? -1 : 1));
      }),

    async readArtifact(runId, path, most) {
      try {
        return await guard(async () => {
          const artifactUri = places.get(runId) ?? (await infoOf(runId)).artifactUri;
          const owner = { runId, artifactUri };
          return most === undefined
            ? client.artifacts.read(owner, path)
            : headOf(await client.artifacts.stream(owner, path), most);
        });
      } catch (error) {
        if (!(error instanceof UserError) || !isNotFound(error.cause)) throw error;
        throw new UserError(`The run has no artifact "${path}"`, {
          where: shown,
          fix: "List the run's artifacts.",
          cause: error,
        });
      }
    },

    writeArtifact: (runId, path, bytes) => upload(runId, path, bytes),
    uploadArtifact: (runId, path, file, onProgress) => upload(runId, path, file, { onProgress: () => onProgress?.() }),

    close: () => client.close(),
  };
}

/** The first bytes of a stream, which is ended then. */
async function headOf(stream: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return new Uint8Array(Buffer.concat(chunks)).subarray(0, most);
}

/** The run was found, so the server is there: such an answer says that it has no place for files (Databricks, Azure ML). */
function takesNoFiles(error: unknown): boolean {
  return error instanceof MlflowError && error.errorCode === undefined && [404, 405].includes(error.status ?? 0);
}

/**
 * A name that is too long for the server's file system would be an internal error there, and look as if the server were ill.
 * @throws UserError
 */
function checkNameLengths(path: string): void {
  if (path.split("/").every((part) => Buffer.byteLength(part) <= 255)) return;
  throw new UserError("The artifact's name is too long", { where: `${path.slice(0, 60)}…`, fix: "Use shorter names." });
}

function sizeOf(params: Readonly<Record<string, string>>): number {
  return Buffer.byteLength(JSON.stringify(params));
}
