import { api, type Backend } from "./backend.ts";
import { type Batch, batchBodies, metricJson } from "./batch.ts";
import { pairs, runFrom, runInfoFrom } from "./convert.ts";
import { MlflowError } from "./errors.ts";
import { type CreateOptions, createOnce, REQUEST_TAG } from "./http/create.ts";
import { type Call, type CallOptions, endpointOf } from "./http/http.ts";
import { mayRetry, pause, pauseAfter } from "./http/retry.ts";
import { type JsonObject, objectOf } from "./json.ts";
import { everyItem, pageFrom } from "./paging.ts";
import type {
  DatasetInput,
  Metric,
  ModelOutput,
  Page,
  Run,
  RunInfo,
  RunStatus,
  SearchOptions,
  Tags,
  ViewType,
} from "./types.ts";

export interface CreateRun extends CreateOptions {
  readonly experimentId: string;
  readonly runName?: string;
  readonly userId?: string;
  readonly startTime?: number;
  readonly tags?: Tags;
}

export interface UpdateRun {
  readonly status?: RunStatus;
  readonly endTime?: number;
  readonly runName?: string;
}

export interface SearchRuns extends SearchOptions {
  readonly experimentIds: readonly string[];
  readonly view?: ViewType;
}

export interface RunsApi {
  create(run: CreateRun, options?: CallOptions): Promise<Run>;
  get(runId: string, options?: CallOptions): Promise<Run>;
  update(runId: string, update: UpdateRun, options?: CallOptions): Promise<RunInfo>;
  delete(runId: string, options?: CallOptions): Promise<void>;
  restore(runId: string, options?: CallOptions): Promise<void>;
  logMetric(runId: string, metric: Metric, options?: CallOptions): Promise<void>;
  logParam(runId: string, key: string, value: string, options?: CallOptions): Promise<void>;
  /**
   * Writes any number of metrics, params and tags in as few calls as MLflow's limits allow, one after the other. The server
   * makes no transaction over them: after an error, some may have been written, and the same call again completes it.
   */
  logBatch(runId: string, batch: Batch, options?: CallOptions): Promise<void>;
  logInputs(
    runId: string,
    inputs: { readonly datasets?: readonly DatasetInput[]; readonly modelIds?: readonly string[] },
    options?: CallOptions,
  ): Promise<void>;
  /** Names the logged models that the run made. One that is named already is left alone. */
  logOutputs(runId: string, models: readonly ModelOutput[], options?: CallOptions): Promise<void>;
  /** MLflow 2's way to tell of a model: appends the JSON of an MLmodel to a tag of the run. */
  logModel(runId: string, mlmodel: JsonObject, options?: CallOptions): Promise<void>;
  setTag(runId: string, key: string, value: string, options?: CallOptions): Promise<void>;
  deleteTag(runId: string, key: string, options?: CallOptions): Promise<void>;
  search(search: SearchRuns, options?: CallOptions): AsyncGenerator<Run, void, undefined>;
  searchPage(search: SearchRuns, options?: CallOptions): Promise<Page<Run>>;
}

export function runsApi({ http, traits }: Backend): RunsApi {
  const post = (endpoint: string, json: JsonObject, rest: Partial<Call> = {}): Promise<JsonObject> =>
    http.json({ method: "POST", path: api(`runs/${endpoint}`), json, ...rest });
  const metricsRepeat = traits.metricsAreSets ? "same" : "once";

  const self: RunsApi = {
    async create({ experimentId, runName, userId, startTime = Date.now(), tags = {}, requestId }, options) {
      return createOnce(
        http,
        {
          call: (tag) => ({
            method: "POST",
            path: api("runs/create"),
            json: {
              experiment_id: experimentId,
              run_name: runName,
              user_id: userId,
              start_time: startTime,
              tags: pairs({ ...tags, ...tag }),
            },
            ...options,
          }),
          parse: (json) => runFrom(objectOf(json.run)),
          find: async (id) => {
            const filter = `tags.\`${REQUEST_TAG}\` = '${quotable(id)}'`;
            const search = {
              experimentIds: [experimentId],
              filter,
              view: "ALL",
              orderBy: ["attributes.start_time"],
            } as const;
            const found: Run[] = [];
            for await (const run of self.search(search, options)) if (run.tags[REQUEST_TAG] === id) found.push(run);
            return found;
          },
          discard: (twin) => self.delete(twin.info.runId, options),
        },
        { requestId },
      );
    },

    async get(runId, options) {
      const json = await http.json({ method: "GET", path: api("runs/get"), query: { run_id: runId }, ...options });
      return runFrom(objectOf(json.run));
    },

    async update(runId, { status, endTime, runName }, options) {
      const json = await post("update", { run_id: runId, status, end_time: endTime, run_name: runName }, options);
      return runInfoFrom(objectOf(json.run_info));
    },

    async delete(runId, options) {
      await post("delete", { run_id: runId }, { settledBy: ["RESOURCE_DOES_NOT_EXIST"], ...options });
    },

    async restore(runId, options) {
      await post("restore", { run_id: runId }, options);
    },

    async logMetric(runId, metric, options) {
      await post("log-metric", { run_id: runId, ...metricJson(metric) }, { repeat: metricsRepeat, ...options });
    },

    async logParam(runId, key, value, options) {
      await post("log-parameter", { run_id: runId, key, value }, options);
    },

    async logBatch(runId, batch, options) {
      for (const body of batchBodies(runId, batch)) {
        const repeat = (body.metrics as readonly unknown[]).length === 0 ? "same" : metricsRepeat;
        await post("log-batch", body, { repeat, ...options });
      }
    },

    async logInputs(runId, { datasets = [], modelIds = [] }, options) {
      const json = {
        run_id: runId,
        datasets: datasets.map(datasetJson),
        models: modelIds.map((id) => ({ model_id: id })),
      };
      await post("log-inputs", json, options);
    },

    async logOutputs(runId, models, options) {
      let left = models;
      for (let attempt = 1; left.length > 0; attempt++) {
        const json = { run_id: runId, models: left.map(({ modelId, step }) => ({ model_id: modelId, step })) };
        const call: Call = { method: "POST", path: api("runs/outputs"), json, ...options };
        try {
          await http.jsonOnce(call);
          return;
        } catch (error) {
          // MLflow refuses a pair that it has (BAD_REQUEST), and all others with it: send what is not there yet.
          const isRefused = error instanceof MlflowError && error.errorCode === "BAD_REQUEST";
          if (!isRefused) {
            if (!mayRetry(error, attempt, http.retry)) throw error;
            await pause(pauseAfter(attempt, error.retryAfter, http.retry), endpointOf(call), call.signal);
          }
          const known = new Set((await self.get(runId, options)).outputs.map((output) => output.modelId));
          const rest = left.filter((model) => !known.has(model.modelId));
          if (isRefused && rest.length === left.length) throw error;
          left = rest;
        }
      }
    },

    async logModel(runId, mlmodel, options) {
      await post("log-model", { run_id: runId, model_json: JSON.stringify(mlmodel) }, { repeat: "once", ...options });
    },

    async setTag(runId, key, value, options) {
      await post("set-tag", { run_id: runId, key, value }, options);
    },

    async deleteTag(runId, key, options) {
      await post("delete-tag", { run_id: runId, key }, { settledBy: ["RESOURCE_DOES_NOT_EXIST"], ...options });
    },

    search: (search, options) =>
      everyItem((pageToken) => self.searchPage({ ...search, pageToken }, options), search.pageToken),

    async searchPage({ experimentIds, filter, orderBy, maxResults, pageToken, view = "ACTIVE_ONLY" }, options) {
      const json = await post(
        "search",
        {
          experiment_ids: experimentIds,
          filter,
          order_by: orderBy,
          max_results: maxResults,
          page_token: pageToken,
          run_view_type: view,
        },
        options,
      );
      return pageFrom(json, "runs", runFrom);
    },
  };
  return self;
}

/** @throws MlflowError for a request id that cannot stand in a filter */
export function quotable(requestId: string): string {
  if (/^[\w.:-]{1,200}$/.test(requestId)) return requestId;
  throw new MlflowError("A request id has 1 to 200 letters, digits and _ . : -", { kind: "invalid" });
}

function datasetJson({ dataset, tags }: DatasetInput): JsonObject {
  const { name, digest, sourceType, source, schema, profile } = dataset;
  return { dataset: { name, digest, source_type: sourceType, source, schema, profile }, tags: pairs(tags) };
}
