import { api, type Backend } from "./backend.ts";
import { modelVersionFrom, pairs, registeredModelFrom } from "./convert.ts";
import { isNotFound } from "./errors.ts";
import { type CreateOptions, createOnce, REQUEST_TAG } from "./http/create.ts";
import type { Call, CallOptions } from "./http/http.ts";
import { type JsonObject, listOf, objectOf } from "./json.ts";
import { everyItem, pageFrom } from "./paging.ts";
import type { ModelVersion, Page, RegisteredModel, SearchOptions, Tags } from "./types.ts";

export interface CreateRegisteredModel extends CreateOptions {
  readonly name: string;
  readonly description?: string;
  readonly tags?: Tags;
}

export interface RegisteredModelsApi {
  create(model: CreateRegisteredModel, options?: CallOptions): Promise<RegisteredModel>;
  /** @returns undefined when there is none of that name */
  get(name: string, options?: CallOptions): Promise<RegisteredModel | undefined>;
  rename(name: string, newName: string, options?: CallOptions): Promise<RegisteredModel>;
  update(name: string, update: { readonly description: string }, options?: CallOptions): Promise<RegisteredModel>;
  delete(name: string, options?: CallOptions): Promise<void>;
  setTag(name: string, key: string, value: string, options?: CallOptions): Promise<void>;
  deleteTag(name: string, key: string, options?: CallOptions): Promise<void>;
  /** Points an alias at a version; one that exists is moved, in one step. */
  setAlias(name: string, alias: string, version: string, options?: CallOptions): Promise<void>;
  deleteAlias(name: string, alias: string, options?: CallOptions): Promise<void>;
  /** @returns undefined when there is no such alias */
  getByAlias(name: string, alias: string, options?: CallOptions): Promise<ModelVersion | undefined>;
  /** The newest version of each stage, or of the given ones. */
  latestVersions(name: string, stages?: readonly string[], options?: CallOptions): Promise<readonly ModelVersion[]>;
  search(search?: SearchOptions, options?: CallOptions): AsyncGenerator<RegisteredModel, void, undefined>;
  searchPage(search?: SearchOptions, options?: CallOptions): Promise<Page<RegisteredModel>>;
}

const GONE = ["RESOURCE_DOES_NOT_EXIST"];

export function registeredModelsApi({ http }: Backend): RegisteredModelsApi {
  const write = (method: Call["method"], endpoint: string, json: JsonObject, rest: Partial<Call> = {}) =>
    http.json({ method, path: api(`registered-models/${endpoint}`), json, ...rest });
  const read = (endpoint: string, query: Call["query"], options?: CallOptions) =>
    http.json({ method: "GET", path: api(`registered-models/${endpoint}`), query, ...options });
  const modelIn = (json: JsonObject): RegisteredModel => registeredModelFrom(objectOf(json.registered_model));

  const self: RegisteredModelsApi = {
    async create({ name, description, tags = {}, requestId }, options) {
      return createOnce(
        http,
        {
          call: (tag) => ({
            method: "POST",
            path: api("registered-models/create"),
            json: { name, description, tags: pairs({ ...tags, ...tag }) },
            ...options,
          }),
          parse: modelIn,
          find: async (id) => {
            const known = await self.get(name, options);
            return known?.tags[REQUEST_TAG] === id ? [known] : [];
          },
        },
        { requestId },
      );
    },

    get: (name, options) => orNone(async () => modelIn(await read("get", { name }, options))),

    async rename(name, newName, options) {
      const json = await write("POST", "rename", { name, new_name: newName }, { settledBy: GONE, ...options });
      // settled: an earlier attempt had done it
      return json.registered_model === undefined
        ? modelIn(await read("get", { name: newName }, options))
        : modelIn(json);
    },

    async update(name, { description }, options) {
      return modelIn(await write("PATCH", "update", { name, description }, options));
    },

    async delete(name, options) {
      await write("DELETE", "delete", { name }, { settledBy: GONE, ...options });
    },

    async setTag(name, key, value, options) {
      await write("POST", "set-tag", { name, key, value }, options);
    },

    async deleteTag(name, key, options) {
      await write("DELETE", "delete-tag", { name, key }, { settledBy: GONE, ...options });
    },

    async setAlias(name, alias, version, options) {
      await write("POST", "alias", { name, alias, version }, options);
    },

    async deleteAlias(name, alias, options) {
      await write("DELETE", "alias", { name, alias }, { settledBy: [...GONE, "INVALID_PARAMETER_VALUE"], ...options });
    },

    getByAlias: async (name, alias, options) => {
      const aliases = (await self.get(name, options))?.aliases ?? {};
      if (aliases[alias] === undefined) return undefined; // the endpoint's own error for this is a general one
      return orNone(async () =>
        modelVersionFrom(objectOf((await read("alias", { name, alias }, options)).model_version)),
      );
    },

    async latestVersions(name, stages, options) {
      const json = await write("POST", "get-latest-versions", { name, stages }, options);
      return listOf(json.model_versions).map(modelVersionFrom);
    },

    search: (search = {}, options) =>
      everyItem((pageToken) => self.searchPage({ ...search, pageToken }, options), search.pageToken),

    async searchPage({ filter, orderBy, maxResults, pageToken } = {}, options) {
      const query = { filter, order_by: orderBy, max_results: maxResults, page_token: pageToken };
      return pageFrom(await read("search", query, options), "registered_models", registeredModelFrom);
    },
  };
  return self;
}

/** @returns undefined where MLflow says that it does not exist */
export async function orNone<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
