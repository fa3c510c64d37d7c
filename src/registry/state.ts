import type { Clock } from "../core/clock.ts";
import { messageOf, UserError } from "../core/errors.ts";
import type { GateOutcome } from "../core/gate.ts";
import { hashModel, modelFiles } from "../core/model-files.ts";
import {
  AUDIT_HEAD,
  type ModelRegistry,
  type ModelVersion,
  type RegisteredModel,
  type RegistryChange,
  type Stage,
} from "../core/registry.ts";
import type { TrackingStore } from "../core/store.ts";
import { Tag } from "../core/trial.ts";
import {
  type ActName,
  type AuditRecord,
  headOf,
  headTag,
  nextRecord,
  recordBytes,
  recordPath,
  recordTag,
} from "./audit.ts";
import { CHALLENGER, CHAMPION, type Changes } from "./stages.ts";

/** What the acts work with. */
export interface Workbench {
  readonly registry: ModelRegistry;
  /** Where the runs of the versions are. */
  readonly store: TrackingStore;
  readonly clock: Clock;
  readonly who: string;
  notify(message: string): void;
}

/** A model as an act saw it when it decided; the act fails when it is not so any more. */
export interface ModelState {
  readonly model: RegisteredModel;
  /** Newest first. */
  readonly versions: readonly ModelVersion[];
  readonly champion: ModelVersion | null;
  readonly challenger: ModelVersion | null;
}

/** @throws UserError when there is no such model */
export async function readState(registry: ModelRegistry, name: string): Promise<ModelState> {
  const model = await registry.getModel(name);
  if (!model) {
    const names = (await registry.listModels()).map((m) => m.name);
    throw new UserError(`there is no registered model "${name}"`, {
      where: registry.uri,
      fix:
        names.length === 0
          ? "Make one: disease models register --from-experiment NAME"
          : `There are: ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}.`,
    });
  }
  const versions = await registry.listVersions(name);
  const holder = (alias: string): ModelVersion | null =>
    versions.find((v) => v.version === model.aliases[alias]) ?? null;
  return { model, versions, champion: holder(CHAMPION), challenger: holder(CHALLENGER) };
}

export interface VersionRef {
  readonly name: string;
  readonly version?: string;
  readonly alias?: string;
}

/** Reads NAME, NAME@ALIAS or NAME/VERSION, each perhaps after "models:/". */
export function parseRef(text: string): VersionRef {
  const ref = text.replace(/^models:\//, "");
  const version = /^(.+)\/(\d+)$/.exec(ref);
  if (version) return { name: version[1]!, version: version[2]! };
  const at = ref.lastIndexOf("@");
  return at > 0 ? { name: ref.slice(0, at), alias: ref.slice(at + 1) } : { name: ref };
}

/**
 * The version that a reference means; the newest where it names none.
 * @throws UserError when there is none
 */
export function versionOf(state: ModelState, ref: VersionRef): ModelVersion {
  const { name } = state.model;
  const wanted = ref.alias === undefined ? ref.version : (state.model.aliases[ref.alias] ?? "");
  const found = wanted === undefined ? state.versions[0] : state.versions.find((v) => v.version === wanted);
  if (found) return found;
  const what = ref.alias !== undefined ? `@${ref.alias}` : wanted === undefined ? "version" : `version ${wanted}`;
  throw new UserError(`model "${name}" has no ${what}`, {
    where: `models:/${name}`,
    fix: `It has: ${[...state.versions.map((v) => v.version), ...Object.keys(state.model.aliases).map((a) => `@${a}`)].join(", ") || "nothing yet"}.`,
  });
}

/** Tags of a version that say what it is made of, kept since it was registered. */
export const VersionTag = {
  modelHash: "disease.model_hash",
  dataHash: Tag.dataHash,
  awaiting: "disease.awaiting",
} as const;

/** sha-256 of the model files of a run; null when it has none. */
export async function modelHash(store: TrackingStore, runId: string): Promise<string | null> {
  const files = await modelFiles(store, runId);
  return Object.keys(files).length === 0 ? null : hashModel(files);
}

/**
 * @returns the hash of the version's files now
 * @throws UserError when it differs from the one at registration
 */
export async function checkFiles(bench: Workbench, version: ModelVersion): Promise<string | null> {
  const before = version.tags[VersionTag.modelHash] ?? null;
  const now = version.runId === null ? null : await modelHash(bench.store, version.runId);
  if (before !== null && now !== before) {
    throw new UserError("the model's files are not those that were registered", {
      where: `version ${version.version} of model ${version.name}, run ${version.runId}`,
      fix: "Register the run again as a new version, and let the gate judge that one.",
    });
  }
  return now;
}

export interface ActDetails {
  readonly act: ActName;
  readonly version: ModelVersion;
  readonly changes?: Changes;
  readonly to?: Stage;
  readonly reason?: string;
  readonly gate?: GateOutcome | null;
  readonly modelHash: string | null;
  /** Further tags of the version. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Makes one act of it: stages, aliases and the audit record in one change, which fails where the model is not as `state` says.
 * @throws UserError when someone else was faster
 */
export async function commit(bench: Workbench, state: ModelState, details: ActDetails): Promise<AuditRecord> {
  const { model, versions } = state;
  const { version, changes = { stages: {}, aliases: {} } } = details;
  const stageNow = (v: string): Stage => versions.find((other) => other.version === v)!.stage;
  const record = nextRecord(headOf(model), {
    act: details.act,
    model: model.name,
    version: version.version,
    runId: version.runId,
    who: bench.who,
    when: new Date(bench.clock.now()).toISOString(),
    stages: Object.fromEntries(Object.entries(changes.stages).map(([v, to]) => [v, [stageNow(v), to] as const])),
    aliases: Object.fromEntries(
      Object.entries(changes.aliases).map(([alias, to]) => [alias, [model.aliases[alias] ?? null, to] as const]),
    ),
    to: details.to ?? null,
    reason: details.reason ?? null,
    gate: details.gate ?? null,
    modelHash: details.modelHash,
    dataHash: version.tags[VersionTag.dataHash] ?? null,
  });
  const seen = [CHAMPION, CHALLENGER, ...Object.keys(changes.aliases)];
  const change: RegistryChange = {
    expect: {
      aliases: Object.fromEntries(seen.map((alias) => [alias, model.aliases[alias] ?? null])),
      stages: Object.fromEntries(Object.keys(changes.stages).map((v) => [v, stageNow(v)])),
      modelTags: { [AUDIT_HEAD]: model.tags[AUDIT_HEAD] ?? null },
    },
    ...changes,
    versionTags: { [version.version]: { ...details.tags, ...recordTag(record) } },
    modelTags: { [AUDIT_HEAD]: headTag(record) },
  };
  await bench.registry.change(model.name, change);
  if (version.runId !== null) {
    try {
      await bench.store.writeArtifact(version.runId, recordPath(record), recordBytes(record));
    } catch (error) {
      bench.notify(
        `the audit record is kept as a tag only, its copy in the run could not be written: ${messageOf(error)}`,
      );
    }
  }
  return record;
}
