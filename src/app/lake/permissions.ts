import { statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import type { Project } from "../project.ts";
import { lakeUri } from "./open.ts";

const ZONES = ["raw", "curated", "manifests", "ingests", "quarantine", "predictions"];

/** Folders of a project's lake that anybody on this machine may read or enter; none of a bucket. */
export function openToAll(project: Pick<Project, "root">): readonly string[] {
  const { uri, base } = lakeUri(project);
  const root = isAbsolute(uri) ? uri : resolve(base, uri);
  const isHidden = (path: string): boolean => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o007) === 0;
  // Who cannot enter the lake's folder cannot enter those in it.
  if (uri.startsWith("s3://") || process.platform === "win32" || isHidden(root)) return [];
  return ZONES.map((zone) => join(root, zone)).filter((path) => !isHidden(path));
}
