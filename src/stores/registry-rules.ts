import { UserError } from "../core/errors.ts";
import type { ModelVersion, RegisteredModel, RegistryChange } from "../core/registry.ts";
import { checkAlias, checkRegistryTags } from "./registry-limits.ts";

/** @throws UserError at the first alias or tag that MLflow would not take */
export function checkChange(name: string, change: RegistryChange): void {
  for (const alias of Object.keys(change.aliases ?? {})) checkAlias(alias);
  for (const [version, tags] of Object.entries(change.versionTags ?? {})) {
    checkRegistryTags(tags, `version ${version} of model ${name}`);
  }
  checkRegistryTags(change.modelTags ?? {}, `model ${name}`);
}

/** @throws UserError naming the first thing that is not as the caller saw it */
export function checkExpected(
  model: RegisteredModel,
  versions: ReadonlyMap<string, ModelVersion>,
  expect: NonNullable<RegistryChange["expect"]>,
): void {
  const found = [
    ...Object.entries(expect.aliases ?? {}).map(([alias, version]) => [
      `@${alias}`,
      version ?? "no version",
      model.aliases[alias] ?? "no version",
    ]),
    ...Object.entries(expect.stages ?? {}).map(([version, stage]) => [
      `the stage of version ${version}`,
      stage,
      versions.get(version)?.stage ?? "gone",
    ]),
    ...Object.entries(expect.modelTags ?? {}).map(([key, value]) => [
      `the tag ${key}`,
      value ?? "absent",
      model.tags[key] ?? "absent",
    ]),
  ].find(([, seen, now]) => seen !== now);
  if (found === undefined) return;
  const isTag = found[0]!.startsWith("the tag");
  throw new UserError(`someone else has changed model "${model.name}" meanwhile; nothing of this change was made`, {
    where: isTag ? found[0]! : `${found[0]} is ${found[2]} now, and was ${found[1]}`,
    fix: `Look at it and decide again: disease models show ${model.name}`,
  });
}

/** @throws UserError when a change speaks of a version that is not there */
export function checkNamed(
  name: string,
  versions: ReadonlyMap<string, ModelVersion>,
  change: RegistryChange,
  where: string,
): void {
  const named = [change.stages, change.versionTags].flatMap((part) => Object.keys(part ?? {}));
  for (const version of [...named, ...Object.values(change.aliases ?? {})]) {
    if (version !== null && !versions.has(version)) throw noSuchVersion(name, version, where);
  }
}

export function noSuchModel(name: string, where: string): UserError {
  return new UserError(`there is no registered model "${name}"`, {
    where,
    fix: "`disease models ls` lists them; `disease models register` makes one.",
  });
}

export function noSuchVersion(name: string, version: string, where: string): UserError {
  return new UserError(`model "${name}" has no version ${version}`, {
    where,
    fix: `\`disease models show ${name}\` lists them.`,
  });
}

export function noModelFiles(where: string): UserError {
  return new UserError("there are no model files at the source of this version", {
    where,
    fix: "Register a run that finished; `disease exp show RUN` lists its files.",
  });
}

export function nothingAt(source: string): UserError {
  return new UserError("there is nothing at the source of this version", {
    where: source,
    fix: "Sources are runs:/RUN/model, models:/m-…, models:/NAME/VERSION, or an absolute folder.",
  });
}
