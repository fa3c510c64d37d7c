import { readdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { noModelFiles, nothingAt } from "../registry-rules.ts";
import type { Connection } from "./connection.ts";
import { pathOf } from "./locations.ts";
import type { InWorkspace } from "./registry-rows.ts";

export interface ResolvedSource {
  /** What MLflow downloads; it may be an address such as runs:/RUN/model. */
  readonly storage: string;
  readonly runId: string | null;
}

/**
 * What a version's source stands for: runs:/RUN/PATH, models:/m-…, models:/NAME/VERSION, or a local folder.
 * @throws UserError when it has no files, or is nothing that can be looked at from here
 */
export function resolveSource(
  connection: Connection,
  ours: InWorkspace,
  source: string,
  locate: (uri: string) => string,
): ResolvedSource {
  const { storage, runId, folder } = place(connection, ours, source, locate);
  if (folder === undefined) {
    throw new UserError("the files of the model are not on this machine, and cannot be checked", {
      where: source,
      fix: "Register a run of this store: runs:/RUN/model.",
    });
  }
  if (!hasFiles(folder)) {
    throw noModelFiles(source === folder ? source : `${source} (${folder})`);
  }
  return { storage, runId };
}

function place(
  connection: Connection,
  ours: InWorkspace,
  source: string,
  locate: (uri: string) => string,
): ResolvedSource & { readonly folder: string | undefined } {
  const run = /^runs:\/([^/]+)\/(.+)$/.exec(source);
  if (run) {
    const runId = run[1]!;
    const row = connection.first("SELECT artifact_uri FROM runs WHERE run_uuid = ?", runId);
    const root = row && pathOf(locate(String(row[0] ?? "")));
    if (!row) throw nothingAt(source);
    const inside = run[2]!.split("/");
    if (inside.includes("..") || inside.includes("")) throw nothingAt(source);
    return { storage: source, runId, folder: root && join(root, ...inside) };
  }
  const logged = /^models:\/(m-[0-9a-f]{32})$/.exec(source);
  if (logged) {
    const row = connection.first(
      "SELECT artifact_location, source_run_id FROM logged_models WHERE model_id = ? AND lifecycle_stage = 'active'",
      logged[1]!,
    );
    if (!row) throw nothingAt(source);
    const storage = locate(String(row[0]));
    return { storage, runId: row[1] === null ? null : String(row[1]), folder: pathOf(storage) };
  }
  const version = /^models:\/([^/]+)\/(\d{1,15})$/.exec(source);
  if (version) {
    const row = connection.first(
      `SELECT coalesce(v.storage_location, v.source), v.run_id FROM model_versions v
       WHERE v.name = ? AND v.version = ? AND ${ours("v")}`,
      version[1]!,
      Number(version[2]),
    );
    const original = String(row?.[0] ?? "");
    if (!row || original === "" || original === source) throw nothingAt(source);
    const found = place(connection, ours, original, locate);
    return { ...found, runId: row[1] === null ? found.runId : String(row[1]) };
  }
  const local = locate(source);
  return { storage: local, runId: null, folder: isAbsolute(local) ? local : pathOf(local) };
}

/** Whether a folder holds a file, at any depth. */
export function hasFiles(folder: string): boolean {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true }).some((entry) => entry.isFile());
  } catch {
    return false;
  }
}
