import type { ModelVersion, Stage } from "../core/registry.ts";
import type { Trail } from "../registry/audit.ts";
import { history } from "../registry/history.ts";
import { awaitingOf } from "../registry/promote.ts";
import { stageOf } from "../registry/stages.ts";
import { type ModelState, parseRef, readState, VersionTag, versionOf, type Workbench } from "../registry/state.ts";

export interface ModelRow {
  readonly name: string;
  readonly versions: number;
  readonly champion: string | null;
  readonly challenger: string | null;
  /** Versions that await approval. */
  readonly awaiting: readonly string[];
  /** Milliseconds since the epoch. */
  readonly updated: number;
}

/** All registered models. */
export async function listModels(bench: Workbench): Promise<readonly ModelRow[]> {
  const models = await bench.registry.listModels();
  return Promise.all(
    models.map(async ({ name }) => {
      const state = await readState(bench.registry, name);
      return {
        name,
        versions: state.versions.length,
        champion: state.champion?.version ?? null,
        challenger: state.challenger?.version ?? null,
        awaiting: state.versions.filter((v) => awaitingOf(state, v)).map((v) => v.version),
        updated: Math.max(state.model.lastUpdatedTime, ...state.versions.map((v) => v.lastUpdatedTime)),
      };
    }),
  );
}

export interface VersionRow {
  readonly version: string;
  readonly stage: Stage;
  /** MLflow's stage where it differs from what the aliases say; null otherwise. */
  readonly drift: Stage | null;
  readonly aliases: readonly string[];
  /** The stage that approval is awaited for; null otherwise. */
  readonly awaiting: Stage | null;
  readonly trial: string;
  readonly runId: string | null;
  readonly source: string;
  readonly modelHash: string | null;
  readonly dataHash: string | null;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface ModelDetail {
  readonly name: string;
  readonly description: string;
  readonly aliases: Readonly<Record<string, string>>;
  /** Newest first. */
  readonly versions: readonly VersionRow[];
}

/** One registered model with its versions, or with the one that the reference names. */
export async function showModel(bench: Workbench, text: string): Promise<ModelDetail> {
  const ref = parseRef(text);
  const state = await readState(bench.registry, ref.name);
  const isNamed = ref.version !== undefined || ref.alias !== undefined;
  const versions = isNamed ? [versionOf(state, ref)] : state.versions;
  const { name, description, aliases } = state.model;
  return { name, description, aliases, versions: versions.map((v) => versionRow(state, v)) };
}

function versionRow(state: ModelState, version: ModelVersion): VersionRow {
  const stage = stageOf(state.model, version);
  return {
    version: version.version,
    stage,
    drift: version.stage === stage ? null : version.stage,
    aliases: version.aliases,
    awaiting: awaitingOf(state, version)?.to ?? null,
    trial: version.description,
    runId: version.runId,
    source: version.source,
    modelHash: version.tags[VersionTag.modelHash] ?? null,
    dataHash: version.tags[VersionTag.dataHash] || null,
    created: version.creationTime,
  };
}

/** The audit trail of a model, checked. */
export async function modelHistory(bench: Workbench, name: string): Promise<Trail> {
  return history(bench.store, await readState(bench.registry, parseRef(name).name));
}
