import { join } from "node:path";
import type { ModelIdentity } from "../../core/serving/serving.ts";
import type { Project } from "../project.ts";

/** Where predictions of a model and what came of them are: lake/predictions/ and its registered name, else its run, else its files' hash. */
export function predictionsFolder(
  project: Pick<Project, "root">,
  { name, runId, hash }: Pick<ModelIdentity, "name" | "runId" | "hash">,
): string {
  return join(project.root, "lake", "predictions", fileName(name ?? runId ?? hash.slice(0, 32)));
}

/** A name as that of one file or folder. */
export function fileName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}_.@ -]/gu, encodeURIComponent);
  return safe.startsWith(".") ? `%2E${safe.slice(1)}` : safe;
}
