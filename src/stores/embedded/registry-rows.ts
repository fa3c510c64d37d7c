import { type ModelVersion, type RegisteredModel, STAGES, type Stage } from "../../core/registry.ts";
import type { Connection, Row } from "./connection.ts";
import type { Columns } from "./open.ts";

/** What the registry reads and writes. */
export const REGISTRY_COLUMNS: Columns = {
  registered_models: ["name", "creation_time", "last_updated_time", "description"],
  registered_model_tags: ["key", "value", "name"],
  registered_model_aliases: ["alias", "version", "name"],
  model_versions: [
    ...["name", "version", "creation_time", "last_updated_time", "description", "user_id", "current_stage", "source"],
    ...["run_id", "status", "status_message", "run_link", "storage_location"],
  ],
  model_version_tags: ["key", "value", "name", "version"],
};

/** Stage of a version that MLflow has deleted: its row stays, so that its number is never given again. */
export const DELETED = "Deleted_Internal";

/** SQL that a row must satisfy to be in the workspace that is ours. */
export type InWorkspace = (table: string) => string;

type Pairs = Readonly<Record<string, string>>;

/** All registered models (without MLflow's prompts), or the one of a name. */
export function readModels(connection: Connection, ours: InWorkspace, name?: string): RegisteredModel[] {
  const [named, values] = name === undefined ? ["1", []] : ["m.name = ?", [name]];
  const models = connection.all(
    `SELECT m.name, m.creation_time, m.last_updated_time, m.description FROM registered_models m
     WHERE ${named} AND ${ours("m")} ORDER BY m.name`,
    ...values,
  );
  const pairs = (table: string, key: string, value: string): Map<string, Pairs> =>
    grouped(
      connection.all(
        `SELECT m.name, m."${key}", m.${value} FROM ${table} m WHERE ${named} AND ${ours("m")}`,
        ...values,
      ),
    );
  const tags = pairs("registered_model_tags", "key", "value");
  const aliases = pairs("registered_model_aliases", "alias", "version");
  return models
    .map(([name, created, updated, description]) => ({
      name: String(name),
      creationTime: Number(created ?? 0),
      lastUpdatedTime: Number(updated ?? created ?? 0),
      description: String(description ?? ""),
      tags: tags.get(String(name)) ?? {},
      aliases: aliases.get(String(name)) ?? {},
    }))
    .filter((model) => model.tags["mlflow.prompt.is_prompt"] !== "true");
}

/**
 * Versions of a model that are not deleted, newest first, or the one of a number.
 * @param locate where a location is now (after a move of the folder)
 */
export function readVersions(
  connection: Connection,
  ours: InWorkspace,
  name: string,
  locate: (uri: string) => string,
  version?: number,
): ModelVersion[] {
  const [numbered, values] = version === undefined ? ["1", [name]] : ["v.version = ?", [name, version]];
  const rows = connection.all(
    `SELECT v.version, v.creation_time, v.last_updated_time, v.description, v.current_stage, v.source, v.run_id, v.status
     FROM model_versions v WHERE v.name = ? AND ${numbered} AND v.current_stage <> '${DELETED}' AND ${ours("v")}
     ORDER BY v.version DESC`,
    ...values,
  );
  const tags = grouped(
    connection.all(
      `SELECT v.version, v."key", v.value FROM model_version_tags v WHERE v.name = ? AND ${numbered} AND ${ours("v")}`,
      ...values,
    ),
  );
  const aliases = connection.all(
    `SELECT a.alias, a.version FROM registered_model_aliases a WHERE a.name = ? AND ${ours("a")} ORDER BY a.alias`,
    name,
  );
  return rows.map(([number, created, updated, description, stage, source, runId, status]) => ({
    name,
    version: String(number),
    creationTime: Number(created ?? 0),
    lastUpdatedTime: Number(updated ?? created ?? 0),
    description: String(description ?? ""),
    stage: stageOf(stage),
    source: locate(String(source ?? "")),
    runId: runId === null ? null : String(runId),
    status: status as ModelVersion["status"],
    tags: tags.get(String(number)) ?? {},
    aliases: aliases.filter(([, v]) => v === number).map(([alias]) => String(alias)),
  }));
}

function stageOf(stage: unknown): Stage {
  return STAGES.find((s) => s.toLowerCase() === String(stage ?? "").toLowerCase()) ?? "None";
}

/** Rows (group, key, value) as one record a group. */
function grouped(rows: readonly Row[]): Map<string, Pairs> {
  const groups = new Map<string, [string, string][]>();
  for (const [group, key, value] of rows) {
    const list = groups.get(String(group)) ?? [];
    list.push([String(key), String(value ?? "")]);
    groups.set(String(group), list);
  }
  return new Map([...groups].map(([group, list]) => [group, Object.fromEntries(list)]));
}
