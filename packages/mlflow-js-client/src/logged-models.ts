import { api, type Backend } from "./backend.ts";
import { loggedModelFrom, pairs } from "./convert.ts";
import { type CreateOptions, createOnce, REQUEST_TAG } from "./http/create.ts";
import type { Call, CallOptions } from "./http/http.ts";
import { type JsonObject, objectOf } from "./json.ts";
import { everyItem, pageFrom } from "./paging.ts";
import { quotable } from "./runs.ts";
import type { LoggedModel, LoggedModelStatus, Page, Tags } from "./types.ts";

export interface CreateLoggedModel extends CreateOptions {
  readonly experimentId: string;
  readonly name?: string;
  readonly modelType?: string;
  readonly sourceRunId?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Tags;
}

export interface LoggedModelOrder {
  /** "creation_timestamp", "name", "metrics.f1", … */
  readonly field: string;
  /** Default true. */
  readonly ascending?: boolean;
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

export interface SearchLoggedModels {
  readonly experimentIds: readonly string[];
  readonly filter?: string;
  /** Metrics in the filter count only where they were measured on one of these. */
  readonly datasets?: readonly { readonly name: string; readonly digest?: string }[];
  readonly orderBy?: readonly LoggedModelOrder[];
  readonly maxResults?: number;
  readonly pageToken?: string;
}

/** The models of MLflow 3, which live beside runs and have their own id (m-…), metrics, params, tags and files. */
export interface LoggedModelsApi {
  create(model: CreateLoggedModel, options?: CallOptions): Promise<LoggedModel>;
  /** Says that the model's files are complete (or that writing them failed). */
  finalize(
    modelId: string,
    status?: Extract<LoggedModelStatus, "LOGGED_MODEL_READY" | "LOGGED_MODEL_UPLOAD_FAILED">,
    options?: CallOptions,
  ): Promise<LoggedModel>;
  get(modelId: string, options?: CallOptions): Promise<LoggedModel>;
  delete(modelId: string, options?: CallOptions): Promise<void>;
  logParams(modelId: string, params: Readonly<Record<string, string>>, options?: CallOptions): Promise<void>;
  setTags(modelId: string, tags: Tags, options?: CallOptions): Promise<void>;
  deleteTag(modelId: string, key: string, options?: CallOptions): Promise<void>;
  search(search: SearchLoggedModels, options?: CallOptions): AsyncGenerator<LoggedModel, void, undefined>;
  searchPage(search: SearchLoggedModels, options?: CallOptions): Promise<Page<LoggedModel>>;
}

export function loggedModelsApi({ http }: Backend): LoggedModelsApi {
  const call = (method: Call["method"], path: string, json: JsonObject | undefined, rest: Partial<Call> = {}) =>
    http.json({ method, path: api(`logged-models${path}`), json, ...rest });
  const at = (modelId: string, rest = ""): string => `/${encodeURIComponent(modelId)}${rest}`;
  const modelIn = (json: JsonObject): LoggedModel => loggedModelFrom(objectOf(json.model));

  const self: LoggedModelsApi = {
    async create({ experimentId, name, modelType, sourceRunId, params, tags = {}, requestId }, options) {
      return createOnce(
        http,
        {
          call: (tag) => ({
            method: "POST",
            path: api("logged-models"),
            json: {
              experiment_id: experimentId,
              name,
              model_type: modelType,
              source_run_id: sourceRunId,
              params: pairs(params),
              tags: pairs({ ...tags, ...tag }),
            },
            ...options,
          }),
          parse: modelIn,
          find: async (id) => {
            const search = {
              experimentIds: [experimentId],
              filter: `tags.\`${REQUEST_TAG}\` = '${quotable(id)}'`,
              orderBy: [{ field: "creation_timestamp" }],
            };
            const found: LoggedModel[] = [];
            for await (const m of self.search(search, options)) if (m.tags[REQUEST_TAG] === id) found.push(m);
            return found;
          },
          discard: (twin) => self.delete(twin.modelId, options),
        },
        { requestId },
      );
    },

    async finalize(modelId, status = "LOGGED_MODEL_READY", options) {
      return modelIn(await call("PATCH", at(modelId), { model_id: modelId, status }, options));
    },

    async get(modelId, options) {
      return modelIn(await call("GET", at(modelId), undefined, options));
    },

    async delete(modelId, options) {
      await call("DELETE", at(modelId), undefined, { settledBy: ["RESOURCE_DOES_NOT_EXIST"], ...options });
    },

    async logParams(modelId, params, options) {
      await call("POST", at(modelId, "/params"), { model_id: modelId, params: pairs(params) }, options);
    },

    async setTags(modelId, tags, options) {
      await call("PATCH", at(modelId, "/tags"), { model_id: modelId, tags: pairs(tags) }, options);
    },

    async deleteTag(modelId, key, options) {
      const settledBy = ["RESOURCE_DOES_NOT_EXIST"];
      await call("DELETE", at(modelId, `/tags/${encodeURIComponent(key)}`), undefined, { settledBy, ...options });
    },

    search: (search, options) =>
      everyItem((pageToken) => self.searchPage({ ...search, pageToken }, options), search.pageToken),

    async searchPage({ experimentIds, filter, datasets, orderBy, maxResults, pageToken }, options) {
      const json = {
        experiment_ids: experimentIds,
        filter,
        datasets: datasets?.map((d) => ({ dataset_name: d.name, dataset_digest: d.digest })),
        order_by: orderBy?.map((o) => ({
          field_name: o.field,
          ascending: o.ascending ?? true,
          dataset_name: o.datasetName,
          dataset_digest: o.datasetDigest,
        })),
        max_results: maxResults,
        page_token: pageToken,
      };
      return pageFrom(await call("POST", "/search", json, options), "models", loggedModelFrom);
    },
  };
  return self;
}
