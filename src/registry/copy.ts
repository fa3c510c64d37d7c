import { UserError } from "../core/errors.ts";
import type { ModelVersion } from "../core/registry.ts";
import { commitFirst, type Registered } from "./register.ts";
import { modelHash, VersionTag, type Workbench } from "./state.ts";

/**
 * Registers a version again under another name. Stages and aliases do not come along: the copy begins at None.
 * @throws UserError when the two registries are not of one store
 */
export async function copyVersion(
  from: Workbench,
  to: Workbench,
  version: ModelVersion,
  name: string,
): Promise<Registered> {
  if (from.registry.uri !== to.registry.uri || version.runId === null) {
    throw new UserError("a version can be copied within one store only, and needs its run there", {
      where: `version ${version.version} of model ${version.name}`,
      fix: "Copy the runs to the other store first, and register them there.",
    });
  }
  await to.registry.ensureModel(name);
  const hash = await modelHash(from.store, version.runId);
  const source = `models:/${version.name}/${version.version}`;
  const made = await to.registry.createVersion({
    name,
    source,
    runId: version.runId,
    description: version.description,
    tags: {
      ...(hash === null ? {} : { [VersionTag.modelHash]: hash }),
      [VersionTag.dataHash]: version.tags[VersionTag.dataHash] ?? "",
    },
  });
  await commitFirst(to, made, { act: "copy", reason: `copy of ${source}`, modelHash: hash });
  return { name, version: made.version, runId: version.runId, source, isNew: true };
}
