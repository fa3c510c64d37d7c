import { join, resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import type { Notice } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { LakeStorage } from "../../core/lake.ts";
import { userCache } from "../../core/user-cache.ts";
import { parseBytes } from "../../experiments/lanes/memory.ts";
import type { DuckOptions } from "../../lake/engine/duck.ts";
import { createLake, type Lake } from "../../lake/lake.ts";
import { openFolder } from "../../lake/store/folder.ts";
import { openBucket } from "../../lake/store/s3.ts";
import type { Project } from "../project.ts";
import { addressOf } from "../settings.ts";
import { who } from "../workbench.ts";

export interface LakeOptions extends DuckOptions {
  readonly notify: (notice: Notice) => void;
}

/** The data lake of a project. Nothing is made or read by opening it. */
export function openLake(project: Project, { notify, ...duck }: LakeOptions): Lake {
  const { uri, base } = lakeUri(project);
  return createLake({
    storage: storageAt(uri, base),
    duck,
    who: who(),
    now: () => systemClock.now(),
    readers: { notes: async () => (await import("./note-reader.ts")).notesReader(project) },
    notify,
  });
}

/** Where a project's lake is: DISEASE_LAKE, else lake.uri of disease.yaml, else lake/ in the project. */
export function lakeUri(
  { root }: Pick<Project, "root">,
  env: NodeJS.ProcessEnv = process.env,
): { readonly uri: string; readonly base: string } {
  if (env.DISEASE_LAKE) return { uri: env.DISEASE_LAKE, base: process.cwd() };
  return { uri: addressOf(root, "lake")?.uri ?? "lake", base: root };
}

/** Bytes of a bucket's files that are kept on this disk when DISEASE_LAKE_CACHE does not say: "20GB". */
const CACHE_BYTES = 10e9;

function storageAt(uri: string, base: string, env: NodeJS.ProcessEnv = process.env): LakeStorage {
  if (/^s3:\/\//.test(uri)) {
    const given = env.DISEASE_LAKE_CACHE;
    return openBucket({
      uri,
      env,
      cache: join(env.DISEASE_CACHE || userCache(env), "lake"),
      cacheLimit: given ? parseBytes(given, "DISEASE_LAKE_CACHE") : CACHE_BYTES,
    });
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(uri)) {
    throw new UserError("not an address of a lake that we know", {
      where: uri,
      fix: "Name a folder, or s3://BUCKET/PREFIX.",
    });
  }
  return openFolder(resolve(base, uri));
}
