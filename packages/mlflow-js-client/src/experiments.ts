import { api, type Backend } from "./backend.ts";
import { experimentFrom, pairs } from "./convert.ts";
import { isNotFound } from "./errors.ts";
import { type CreateOptions, createOnce, REQUEST_TAG } from "./http/create.ts";
import type { CallOptions } from "./http/http.ts";
import { objectOf, textOf } from "./json.ts";
import { everyItem, pageFrom } from "./paging.ts";
import type { Experiment, Page, SearchOptions, Tags, ViewType } from "./types.ts";

export interface CreateExperiment extends CreateOptions {
  readonly name: string;
  readonly artifactLocation?: string;
  readonly tags?: Tags;
}

export interface SearchExperiments extends SearchOptions {
  readonly view?: ViewType;
}

export interface ExperimentsApi {
  /** @returns the experiment's id */
  create(experiment: CreateExperiment, options?: CallOptions): Promise<string>;
  get(experimentId: string, options?: CallOptions): Promise<Experiment>;
  /** @returns undefined when there is none of that name, active or deleted */
  getByName(name: string, options?: CallOptions): Promise<Experiment | undefined>;
  rename(experimentId: string, name: string, options?: CallOptions): Promise<void>;
  delete(experimentId: string, options?: CallOptions): Promise<void>;
  restore(experimentId: string, options?: CallOptions): Promise<void>;
  setTag(experimentId: string, key: string, value: string, options?: CallOptions): Promise<void>;
  deleteTag(experimentId: string, key: string, options?: CallOptions): Promise<void>;
  search(search?: SearchExperiments, options?: CallOptions): AsyncGenerator<Experiment, void, undefined>;
  searchPage(search?: SearchExperiments, options?: CallOptions): Promise<Page<Experiment>>;
}

const GONE = ["RESOURCE_DOES_NOT_EXIST"];

export function experimentsApi({ http }: Backend): ExperimentsApi {
  const post = async (endpoint: string, json: Record<string, unknown>, options?: CallOptions, settledBy?: string[]) => {
    await http.json({ method: "POST", path: api(`experiments/${endpoint}`), json, settledBy, ...options });
  };

  const self: ExperimentsApi = {
    async create({ name, artifactLocation, tags = {}, requestId }, options) {
      const find = async (id: string): Promise<string[]> => {
        const known = await self.getByName(name, options);
        return known?.tags[REQUEST_TAG] === id ? [known.experimentId] : [];
      };
      return createOnce(
        http,
        {
          call: (tag) => ({
            method: "POST",
            path: api("experiments/create"),
            json: { name, artifact_location: artifactLocation, tags: pairs({ ...tags, ...tag }) },
            ...options,
          }),
          parse: (json) => textOf(json.experiment_id),
          find,
        },
        { requestId },
      );
    },

    async get(experimentId, options) {
      const query = { experiment_id: experimentId };
      const json = await http.json({ method: "GET", path: api("experiments/get"), query, ...options });
      return experimentFrom(objectOf(json.experiment));
    },

    async getByName(name, options) {
      const query = { experiment_name: name };
      try {
        const json = await http.json({ method: "GET", path: api("experiments/get-by-name"), query, ...options });
        return experimentFrom(objectOf(json.experiment));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    rename: (experimentId, name, options) => post("update", { experiment_id: experimentId, new_name: name }, options),
    delete: (experimentId, options) => post("delete", { experiment_id: experimentId }, options, GONE),
    restore: (experimentId, options) => post("restore", { experiment_id: experimentId }, options, GONE),
    setTag: (experimentId, key, value, options) =>
      post("set-experiment-tag", { experiment_id: experimentId, key, value }, options),
    deleteTag: (experimentId, key, options) =>
      post("delete-experiment-tag", { experiment_id: experimentId, key }, options, GONE),

    search: (search = {}, options) =>
      everyItem((pageToken) => self.searchPage({ ...search, pageToken }, options), search.pageToken),

    async searchPage({ filter, orderBy, maxResults = 1000, pageToken, view = "ACTIVE_ONLY" } = {}, options) {
      const json = await http.json({
        method: "POST",
        path: api("experiments/search"),
        json: { filter, order_by: orderBy, max_results: maxResults, page_token: pageToken, view_type: view },
        ...options,
      });
      return pageFrom(json, "experiments", experimentFrom);
    },
  };
  return self;
}
