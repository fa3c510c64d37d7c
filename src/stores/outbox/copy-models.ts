import type { ModelRegistry, ModelVersion, RegisteredModel, Stage } from "../../core/registry.ts";
import type { TrackingStore } from "../../core/store.ts";
import { modelIdentity } from "./models.ts";

/** The tag by which a version that was copied is found again: NAME/VERSION of the one that it is a copy of, and its run. */
const COPY_OF = "disease.copy_of";

export interface CopyModels {
  readonly from: { readonly store: TrackingStore; readonly registry: ModelRegistry };
  readonly to: { readonly store: TrackingStore; readonly registry: ModelRegistry };
  /** Copies of runs: id in the source → id in the target. */
  readonly runs: ReadonlyMap<string, string>;
}

/**
 * Registers again, in the target, the versions that are made of runs that were copied, oldest first, with their description and tags.
 * A model that is new there gets stages, aliases and the model's own tags as well. In one that has versions of its own these stay as
 * they are: whose champion it is, is for a promotion to say.
 * @returns how many versions were made
 */
export async function copyModels({ from, to, runs }: CopyModels): Promise<number> {
  let made = 0;
  for (const model of await from.registry.listModels()) {
    const versions = (await from.registry.listVersions(model.name))
      .filter(({ runId }) => runId !== null && runs.has(runId))
      .sort((a, b) => Number(a.version) - Number(b.version));
    if (versions.length === 0) continue;
    await to.registry.ensureModel(model.name, model.description);
    const copies = await to.registry.listVersions(model.name);
    const isOurs = copies.every(({ tags }) => tags[COPY_OF] !== undefined);
    const numbers = new Map(copies.map(({ tags, version }) => [tags[COPY_OF], version]));
    for (const version of versions) {
      const runId = runs.get(version.runId!)!;
      const mark = await markOf(from.store, version);
      if (numbers.has(mark) || copies.some((copy) => copy.runId === runId)) continue;
      const source = await sourceOf(from.registry, to.registry, version, runId);
      const { name, description, tags } = version;
      const copy = { name, source, runId, description, tags: { ...tags, [COPY_OF]: mark } };
      numbers.set(mark, (await to.registry.createVersion(copy)).version);
      made++;
    }
    if (isOurs) await copyState(from.store, to.registry, model, versions, numbers);
  }
  return made;
}

async function markOf(store: TrackingStore, { name, version, runId }: ModelVersion): Promise<string> {
  const { tags } = await store.getRun(runId!);
  return `${name}/${version} ${tags["disease.run_id"] ?? runId}`;
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

async function copyState(
  store: TrackingStore,
  to: ModelRegistry,
  model: RegisteredModel,
  versions: readonly ModelVersion[],
  numbers: ReadonlyMap<string | undefined, string>,
): Promise<void> {
  const stages: Record<string, Stage> = {};
  const aliases: Record<string, string> = {};
  for (const version of versions) {
    const copy = numbers.get(await markOf(store, version));
    if (copy === undefined) continue;
    stages[copy] = version.stage;
    for (const alias of version.aliases) aliases[alias] = copy;
  }
  await to.change(model.name, { stages, aliases, modelTags: model.tags });
}
