import { isAbsolute, resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import type { Notice } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { LakeStorage } from "../../core/lake.ts";
import type { DuckOptions } from "../../lake/engine/duck.ts";
import { createLake, type Lake } from "../../lake/lake.ts";
import { openFolder } from "../../lake/store/folder.ts";
import type { Project } from "../project.ts";
import { addressOf } from "../settings.ts";
import { who } from "../workbench.ts";

export interface LakeOptions extends DuckOptions {
  readonly notify: (notice: Notice) => void;
}

/** The data lake of a project. Nothing is made or read by opening it. */
export function openLake(project: Project, { notify, ...duck }: LakeOptions): Lake {
  const { uri, base } = lakeUri(project);
  return createLake({ storage: storageAt(uri, base), duck, who: who(), now: () => systemClock.now(), notify });
}

/** Where a project's lake is: DISEASE_LAKE, else lake.uri of disease.yaml, else lake/ in the project. */
export function lakeUri(
  { root }: Pick<Project, "root">,
  env: NodeJS.ProcessEnv = process.env,
): { readonly uri: string; readonly base: string } {
  if (env.DISEASE_LAKE) return { uri: env.DISEASE_LAKE, base: process.cwd() };
  return { uri: addressOf(root, "lake")?.uri ?? "lake", base: root };
}

function storageAt(uri: string, base: string): LakeStorage {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(uri)) {
    throw new UserError("not an address of a lake that we know", {
      where: uri,
      fix: "Name a folder, or s3://BUCKET/PREFIX.",
    });
  }
  return openFolder(isAbsolute(uri) ? uri : resolve(base, uri));
}
