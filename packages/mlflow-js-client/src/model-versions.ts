import { api, type Backend } from "./backend.ts";
import { modelVersionFrom, pairs } from "./convert.ts";
import { type CreateOptions, createOnce, REQUEST_TAG } from "./http/create.ts";
import type { Call, CallOptions } from "./http/http.ts";
import { type JsonObject, objectOf, textOf } from "./json.ts";
import { everyItem, pageFrom } from "./paging.ts";
import { orNone } from "./registered-models.ts";
import { quotable } from "./runs.ts";
import type { ModelStage, ModelVersion, Page, SearchOptions, Tags } from "./types.ts";

export interface CreateModelVersion extends CreateOptions {
  readonly name: string;
  /** Where the files are: "models:/m-…", "runs:/RUN/model", or a location that the server can read. */
  readonly source: string;
  readonly runId?: string;
  readonly modelId?: string;
  readonly runLink?: string;
  readonly description?: string;
  readonly tags?: Tags;
}

export interface TransitionOptions {
  /** Moves the other versions of that stage to Archived. Default false. */
  readonly archiveExisting?: boolean;
  /** Databricks records it with the transition; others ignore it. */
  readonly comment?: string;
}

export interface ModelVersionsApi {
  create(version: CreateModelVersion, options?: CallOptions): Promise<ModelVersion>;
  /** @returns undefined when there is no such version */
  get(name: string, version: string, options?: CallOptions): Promise<ModelVersion | undefined>;
  update(
    name: string,
    version: string,
    update: { readonly description: string },
    options?: CallOptions,
  ): Promise<ModelVersion>;
  delete(name: string, version: string, options?: CallOptions): Promise<void>;
  /** Stages are deprecated in MLflow since 2.9, and still served. */
  transitionStage(
    name: string,
    version: string,
    stage: ModelStage,
    transition?: TransitionOptions,
    options?: CallOptions,
  ): Promise<ModelVersion>;
  setTag(name: string, version: string, key: string, value: string, options?: CallOptions): Promise<void>;
  deleteTag(name: string, version: string, key: string, options?: CallOptions): Promise<void>;
  /** Where the version's files are, for a client that reads the store itself. */
  downloadUri(name: string, version: string, options?: CallOptions): Promise<string>;
  /** Searches do not fill in aliases: read those from the registered model. */
  search(search?: SearchOptions, options?: CallOptions): AsyncGenerator<ModelVersion, void, undefined>;
  searchPage(search?: SearchOptions, options?: CallOptions): Promise<Page<ModelVersion>>;
}

const GONE = ["RESOURCE_DOES_NOT_EXIST"];

export function modelVersionsApi({ http, traits }: Backend): ModelVersionsApi {
  const write = (method: Call["method"], endpoint: string, json: JsonObject, rest: Partial<Call> = {}) =>
    http.json({ method, path: api(`model-versions/${endpoint}`), json, ...rest });
  const read = (endpoint: string, query: Call["query"], options?: CallOptions) =>
    http.json({ method: "GET", path: api(`model-versions/${endpoint}`), query, ...options });
  const versionIn = (json: JsonObject): ModelVersion =>
    modelVersionFrom(objectOf(json.model_version ?? json.model_version_databricks));

  const self: ModelVersionsApi = {
    async create({ name, source, runId, modelId, runLink, description, tags = {}, requestId }, options) {
      return createOnce(
        http,
        {
          call: (tag) => ({
            method: "POST",
            path: api("model-versions/create"),
            json: {
              name,
              source,
              run_id: runId,
              model_id: modelId,
              run_link: runLink,
              description,
              tags: pairs({ ...tags, ...tag }),
            },
            ...options,
          }),
          parse: versionIn,
          find: async (id) => {
            const filter = `tags.\`${REQUEST_TAG}\` = '${quotable(id)}'`;
            const found: ModelVersion[] = [];
            for await (const version of self.search({ filter }, options)) {
              if (version.name === name && version.tags[REQUEST_TAG] === id) found.push(version);
            }
            return found.sort((a, b) => Number(a.version) - Number(b.version));
          },
          discard: (twin) => self.delete(name, twin.version, options),
        },
        { requestId },
      );
    },

    get: (name, version, options) => orNone(async () => versionIn(await read("get", { name, version }, options))),

    async update(name, version, { description }, options) {
      return versionIn(await write("PATCH", "update", { name, version, description }, options));
    },

    async delete(name, version, options) {
      await write("DELETE", "delete", { name, version }, { settledBy: GONE, ...options });
    },

    async transitionStage(name, version, stage, { archiveExisting = false, comment } = {}, options) {
      const json = { name, version, stage, archive_existing_versions: archiveExisting, comment };
      return versionIn(await http.json({ method: "POST", path: api(traits.stagePath), json, ...options }));
    },

    async setTag(name, version, key, value, options) {
      await write("POST", "set-tag", { name, version, key, value }, options);
    },

    async deleteTag(name, version, key, options) {
      await write("DELETE", "delete-tag", { name, version, key }, { settledBy: GONE, ...options });
    },

    async downloadUri(name, version, options) {
      return textOf((await read("get-download-uri", { name, version }, options)).artifact_uri);
    },

    search: (search = {}, options) =>
      everyItem((pageToken) => self.searchPage({ ...search, pageToken }, options), search.pageToken),

    async searchPage({ filter, orderBy, maxResults, pageToken } = {}, options) {
      const query = { filter, order_by: orderBy, max_results: maxResults, page_token: pageToken };
      return pageFrom(await read("search", query, options), "model_versions", modelVersionFrom);
    },
  };
  return self;
}
