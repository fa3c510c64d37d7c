import * as mlflow from "mlflow-js-client";
import { UserError } from "../../core/errors.ts";
import type { ModelRegistry, ModelVersion, RegisteredModel, Stage } from "../../core/registry.ts";
import { checkDescription, checkModelName, checkRegistryTags, checkSource } from "../registry-limits.ts";
import {
  checkChange,
  checkExpected,
  checkNamed,
  noModelFiles,
  noSuchModel,
  noSuchVersion,
  nothingAt,
} from "../registry-rules.ts";
import { exclusively } from "./claim.ts";
import { openClient, type RemoteOptions } from "./client.ts";
import { withoutOurs } from "./convert.ts";
import { guarded } from "./faults.ts";
import { createRemoteLoggedModels } from "./logged-models.ts";

/**
 * The model registry of a server, over MLflow's REST API, which has no transactions: a change is made under a claim, checks what
 * the caller expects, and then writes tags, stages and, at last, aliases.
 * @throws UserError when the address is wrong or credentials are missing
 */
export function openRemoteRegistry(options: RemoteOptions): ModelRegistry {
  const { client, shown } = openClient(options);
  const { registeredModels, modelVersions } = client;
  const guard = <T>(action: () => Promise<T>): Promise<T> => guarded(shown, action);

  async function modelNamed(name: string): Promise<RegisteredModel | undefined> {
    const found = await registeredModels.get(name);
    return found && modelFrom(found);
  }

  /** Newest first, with the aliases, which MLflow's search leaves out. */
  async function versionsOf(name: string): Promise<ModelVersion[]> {
    const model = await modelNamed(name);
    if (model === undefined) return [];
    const found: ModelVersion[] = [];
    for await (const version of modelVersions.search({ filter: `name = ${quoted(name)}`, maxResults: 1000 })) {
      const aliases = Object.entries(model.aliases).filter(([, of]) => of === version.version);
      if (version.name === name) found.push(versionFrom({ ...version, aliases: aliases.map(([alias]) => alias) }));
    }
    return found.sort((a, b) => Number(b.version) - Number(a.version));
  }

  async function checkNow(name: string, change: Parameters<ModelRegistry["change"]>[1]): Promise<void> {
    const model = await modelNamed(name);
    if (model === undefined) throw noSuchModel(name, shown);
    const versions = new Map((await versionsOf(name)).map((version) => [version.version, version]));
    checkExpected(model, versions, change.expect ?? {});
    checkNamed(name, versions, change, shown);
  }

  async function hasFiles(owner: mlflow.ArtifactOwner, folder?: string): Promise<boolean> {
    for await (const _ of client.artifacts.walk(owner, folder)) return true;
    return false;
  }

  /**
   * The run and the logged model of a version's source; other places (s3://…) cannot be looked at, and are left to the server.
   * @throws UserError when there is nothing, or there are no files
   */
  async function lookAt(source: string): Promise<{ runId?: string; modelId?: string }> {
    const [, runId, folder] = /^runs:\/([^/]+)\/(.+)$/.exec(source) ?? [];
    const [, modelId] = /^models:\/(m-[0-9a-f]{32})$/.exec(source) ?? [];
    const [, name, version] = /^models:\/([^/]+)\/(\d{1,15})$/.exec(source) ?? [];
    try {
      if (runId !== undefined && !(await hasFiles({ runId }, folder))) throw noModelFiles(source);
      if (modelId !== undefined) {
        const { sourceRunId, artifactUri } = await client.loggedModels.get(modelId);
        if (!(await hasFiles({ modelId, artifactUri }))) throw noModelFiles(source);
        return { modelId, runId: sourceRunId || undefined };
      }
    } catch (error) {
      throw mlflow.isNotFound(error) ? nothingAt(source) : error;
    }
    if (name !== undefined && (await modelVersions.get(name, version!)) === undefined) throw nothingAt(source);
    return { runId };
  }

  return {
    uri: shown,
    logged: createRemoteLoggedModels(client, shown),

    async ensureModel(name, description = "") {
      checkModelName(name);
      checkDescription(description, `model ${name}`);
      return guard(async () => {
        const known = await modelNamed(name);
        if (known !== undefined) return known;
        try {
          await registeredModels.create({ name, ...(description === "" ? {} : { description }) });
        } catch (error) {
          if (!mlflow.isAlreadyExists(error)) throw error; // else made meanwhile by another process
        }
        return (await modelNamed(name))!;
      });
    },

    getModel: (name) => guard(() => modelNamed(name)),

    listModels: () =>
      guard(async () => {
        const found: RegisteredModel[] = [];
        for await (const model of registeredModels.search()) found.push(modelFrom(model));
        return found;
      }),

    async createVersion({ name, source, runId, description = "", tags = {} }) {
      checkModelName(name);
      checkDescription(description, `model ${name}`);
      checkSource(source, `model ${name}`);
      checkRegistryTags(tags, `model ${name}`);
      return guard(async () => {
        if ((await modelNamed(name)) === undefined) throw noSuchModel(name, shown);
        const of = await lookAt(source);
        const made = { name, source, ...of, ...(runId === undefined ? {} : { runId }), tags };
        return versionFrom(await modelVersions.create({ ...made, ...(description === "" ? {} : { description }) }));
      });
    },

    getVersion: (name, version) =>
      guard(async () => {
        if (!/^\d{1,15}$/.test(version)) return undefined;
        const found = await modelVersions.get(name, version);
        return found && versionFrom(found);
      }),

    listVersions: (name) => guard(() => versionsOf(name)),

    async change(name, change) {
      checkChange(name, change);
      const make = async (): Promise<void> => {
        await checkNow(name, change);
        for (const [version, tags] of Object.entries(change.versionTags ?? {})) {
          for (const [key, value] of Object.entries(tags)) await modelVersions.setTag(name, version, key, value);
        }
        for (const [key, value] of Object.entries(change.modelTags ?? {})) {
          await registeredModels.setTag(name, key, value);
        }
        for (const [version, stage] of Object.entries(change.stages ?? {})) {
          await modelVersions.transitionStage(name, version, stage);
        }
        for (const [alias, version] of Object.entries(change.aliases ?? {})) {
          if (version === null) await registeredModels.deleteAlias(name, alias);
          else await registeredModels.setAlias(name, alias, version);
        }
      };
      await guard(async () => {
        if ((await modelNamed(name)) === undefined) throw noSuchModel(name, shown);
        await exclusively(client, name, make);
      });
    },

    async deleteVersion(name, version) {
      try {
        await guard(() => modelVersions.delete(name, version));
      } catch (error) {
        throw error instanceof UserError && mlflow.isNotFound(error.cause)
          ? noSuchVersion(name, version, shown)
          : error;
      }
    },

    deleteVersionTag: (name, version, key) =>
      guard(async () => {
        try {
          await modelVersions.deleteTag(name, version, key);
        } catch (error) {
          if (!mlflow.isNotFound(error)) throw error;
        }
      }),

    close: () => client.close(),
  };
}

function modelFrom({
  latestVersions: _,
  userId: __,
  lastUpdateTime,
  tags,
  ...model
}: mlflow.RegisteredModel): RegisteredModel {
  return { ...model, lastUpdatedTime: lastUpdateTime, tags: withoutOurs(tags) };
}

function versionFrom(version: mlflow.ModelVersion): ModelVersion {
  const { name, creationTime, lastUpdateTime, description, stage, source, runId, status, tags, aliases } = version;
  return {
    name,
    version: version.version,
    creationTime,
    lastUpdatedTime: lastUpdateTime,
    description,
    stage: stage as Stage,
    source,
    runId: runId === "" ? null : runId,
    status,
    tags: withoutOurs(tags),
    aliases,
  };
}

/** A text of MLflow's filter language, which has no escapes. */
function quoted(text: string): string {
  if (!text.includes("'")) return `'${text}'`;
  if (!text.includes('"')) return `"${text}"`;
  throw new UserError("MLflow cannot search for a name with both kinds of quotes", { where: text });
}
