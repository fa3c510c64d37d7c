import {
  AUDIT,
  AUDIT_HEAD,
  type ModelRegistry,
  type ModelVersion,
  type RegisteredModel,
  type Stage,
} from "../../core/registry.ts";
import type { TrackingStore } from "../../core/store.ts";
import { RUN_ID } from "./difference.ts";
import { modelIdentity } from "./models.ts";

/** The tag by which a version that was copied is found again: NAME/VERSION of the one that it is a copy of, and its run. */
const COPY_OF = "disease.copy_of";

export interface CopyModels {
  readonly from: { readonly store: TrackingStore; readonly registry: ModelRegistry };
  readonly to: { readonly store: TrackingStore; readonly registry: ModelRegistry };
  /** Copies of runs: id in the source → id in the target. */
  readonly runs: ReadonlyMap<string, string>;
}

type Tags = Readonly<Record<string, string>>;

/**
 * Registers again, in the target, the versions that are made of runs that were copied, oldest first, with their description and tags.
 * Stages, aliases, the model's own tags and the audit trail follow the source for as long as nobody has gone another way in the
 * target; whose champion it is there, is then for a promotion to say. The trail stays behind where the versions got other
 * numbers, or some were not copied: its records would name others.
 * @returns how many versions were made
 */
export async function copyModels({ from, to, runs }: CopyModels): Promise<number> {
  let made = 0;
  for (const model of await from.registry.listModels()) {
    const all = await from.registry.listVersions(model.name);
    const versions = all
      .filter(({ runId }) => runId !== null && runs.has(runId))
      .sort((a, b) => Number(a.version) - Number(b.version));
    if (versions.length === 0) continue;
    const target = await to.registry.ensureModel(model.name, model.description);
    const there = await to.registry.listVersions(model.name);
    const known = new Map(there.map((copy) => [copy.tags[COPY_OF], copy]));
    const copies = new Map<ModelVersion, ModelVersion>();
    for (const version of versions) {
      const runId = runs.get(version.runId!)!;
      const mark = await markOf(from.store, version);
      const copy = known.get(mark) ?? there.find((other) => other.runId === runId);
      if (copy) copies.set(version, copy);
      else {
        const source = await sourceOf(from.registry, to.registry, version, runId);
        const tags = { ...untrailed(version.tags), [COPY_OF]: mark };
        const { name, description } = version;
        copies.set(version, await to.registry.createVersion({ name, source, runId, description, tags }));
        made++;
      }
    }
    const isOurs = there.every(({ tags }) => tags[COPY_OF] !== undefined);
    if (!isOurs || !isBehind(target, model, versions, copies)) continue;
    const hasTrail = all.every((version) => !isTrailed(version) || copies.get(version)?.version === version.version);
    await copyState(to.registry, target, model, copies, hasTrail);
  }
  return made;
}

/** Whether all that was done to a model in the target was done in the source, and copied. */
function isBehind(
  target: RegisteredModel,
  model: RegisteredModel,
  versions: readonly ModelVersion[],
  copies: ReadonlyMap<ModelVersion, ModelVersion>,
): boolean {
  const head = target.tags[AUDIT_HEAD];
  if (head !== undefined) {
    const [, sequence = "", hash = ""] = /^(\d+) (\w+)$/.exec(head) ?? [];
    const key = `${AUDIT}${sequence.padStart(6, "0")}`;
    return versions.some(({ tags }) => hash !== "" && tags[key]?.includes(`"hash":"${hash}"`));
  }
  const { stages, aliases } = stateOf(model, copies);
  return (
    Object.entries(target.aliases).every(([alias, version]) => aliases[alias] === version) &&
    [...copies.values()].every(({ stage, version }) => stage === "None" || stage === stages[version])
  );
}

/** Stages and aliases of the source with the numbers of the target. */
function stateOf(model: RegisteredModel, copies: ReadonlyMap<ModelVersion, ModelVersion>) {
  const stages: Record<string, Stage> = {};
  const numbers = new Map<string, string>();
  for (const [original, { version }] of copies) {
    stages[version] = original.stage;
    numbers.set(original.version, version);
  }
  const aliases = Object.entries(model.aliases).flatMap(([alias, of]) => {
    const version = numbers.get(of);
    return version === undefined ? [] : [[alias, version] as const];
  });
  return { stages, aliases: Object.fromEntries(aliases) as Record<string, string> };
}

async function copyState(
  to: ModelRegistry,
  target: RegisteredModel,
  model: RegisteredModel,
  copies: ReadonlyMap<ModelVersion, ModelVersion>,
  hasTrail: boolean,
): Promise<void> {
  const { stages, aliases } = stateOf(model, copies);
  const tagsOf = (tags: Tags): Tags => (hasTrail ? tags : untrailed(tags));
  const versionTags: Record<string, Tags> = {};
  for (const [original, copy] of copies) {
    const changed = different(tagsOf(original.tags), copy.tags);
    if (Object.keys(changed).length > 0) versionTags[copy.version] = changed;
  }
  const gone = Object.keys(target.aliases).filter((alias) => !(alias in aliases));
  await to.change(model.name, {
    expect: { modelTags: { [AUDIT_HEAD]: target.tags[AUDIT_HEAD] ?? null } },
    stages: Object.fromEntries(
      [...copies.values()].flatMap(({ version, stage }) =>
        stages[version] === stage ? [] : [[version, stages[version]!]],
      ),
    ),
    aliases: { ...different(aliases, target.aliases), ...Object.fromEntries(gone.map((alias) => [alias, null])) },
    versionTags,
    modelTags: different(tagsOf(model.tags), target.tags),
  });
}

const isTrailed = ({ tags }: ModelVersion): boolean => Object.keys(tags).some((key) => key.startsWith(AUDIT));

function untrailed(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith(AUDIT)));
}

/** What of it is not so there; the mark of a copy stays. */
function different(tags: Tags, there: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key, value]) => there[key] !== value && key !== COPY_OF));
}

async function markOf(store: TrackingStore, { name, version, runId }: ModelVersion): Promise<string> {
  const { tags } = await store.getRun(runId!);
  return `${name}/${version} ${tags[RUN_ID] ?? runId}`;
}

/** The source of the copy: the copied logged model, or the same folder of the copied run. */
async function sourceOf(from: ModelRegistry, to: ModelRegistry, version: ModelVersion, runId: string): Promise<string> {
  const models = await from.logged?.ofRun(version.runId!);
  const model = models?.find(({ modelId }) => version.source === `models:/${modelId}`) ?? models?.at(-1);
  const identity = model && modelIdentity(model);
  const copy = (await to.logged?.ofRun(runId))?.find((m) => identity !== undefined && modelIdentity(m) === identity);
  if (copy) return `models:/${copy.modelId}`;
  const [, folder] = /^runs:\/[^/]+\/(.+)$/.exec(version.source) ?? [];
  return `runs:/${runId}/${folder ?? "model"}`;
}
