import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Notice } from "../../core/dataset.ts";
import type { Connection } from "./connection.ts";

/** Rewrites what begins with `from` so that it begins with `to`. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/**
 * A folder as MLflow writes it into artifact_location: the plain absolute path where that is safe, else a file: URL
 * (MLflow decodes percent signs in plain paths, and Windows paths look like a scheme to it).
 */
export function locationOf(folder: string): string {
  const path = resolve(folder);
  return /^\/[^%?#;\\]*$/.test(path) ? path : pathToFileURL(path).href;
}

/** The local path of an artifact location; undefined when it is on another machine (s3:, mlflow-artifacts:, …). */
export function pathOf(location: string): string | undefined {
  if (location.startsWith("/")) return location;
  if (!location.startsWith("file:")) return undefined;
  try {
    return fileURLToPath(location);
  } catch {
    return undefined;
  }
}

/** `location` after the moves; unchanged when none concerns it. */
export function moved(location: string, moves: readonly Move[]): string {
  const move = moves.find((m) => location === m.from || location.startsWith(`${m.from}/`));
  return move === undefined ? location : move.to + location.slice(move.from.length);
}

/**
 * The artifact roots of a store whose folder was moved: gone from their old place, and found under `folder` in our layout
 * (artifacts/ID) or in that of `mlflow ui` (ID). An experiment that was kept elsewhere on purpose stays as it is.
 */
export function findMoves(connection: Connection, folder: string): Move[] {
  const moves = new Map<string, Move>();
  for (const [id, location] of connection.all("SELECT experiment_id, artifact_location FROM experiments")) {
    const text = String(location);
    const layout = [`artifacts/${id}`, `${id}`].find((l) => text.endsWith(`/${l}`));
    if (layout === undefined) continue;
    const part = layout.startsWith("artifacts/") ? "artifacts" : layout; // ours moves as one folder
    const from = text.slice(0, -layout.length) + part;
    const to = join(folder, part);
    const old = pathOf(from);
    if (old === undefined || old === resolve(to) || existsSync(old)) continue;
    // the default experiment, which has no files as a rule, is never kept elsewhere
    if (existsSync(join(folder, layout)) || (id === 0 && existsSync(to))) moves.set(from, { from, to: locationOf(to) });
  }
  return [...moves.values()];
}

const PLACES = [
  ["experiments", "artifact_location"],
  ["runs", "artifact_uri"],
  ["logged_models", "artifact_location"],
  ["model_versions", "source"],
  ["model_versions", "storage_location"],
] as const;

/** Writes the moves into every place that MLflow keeps a location in, in one transaction, and says so. */
export function applyMoves(connection: Connection, moves: readonly Move[], notify: (notice: Notice) => void): void {
  connection.transaction(() => {
    for (const [table, column] of PLACES) {
      // an older MLflow has no logged models
      if (!connection.first("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", table, column)) continue;
      for (const { from, to } of moves) {
        const length = [...from].length; // SQL counts code points
        // substr, not LIKE: the path may hold % and _
        connection.run(
          `UPDATE ${table} SET ${column} = ? || substr(${column}, ?)
           WHERE ${column} = ? OR substr(${column}, 1, ?) = ?`,
          to,
          length + 1,
          from,
          length + 1,
          `${from}/`,
        );
      }
    }
  });
  for (const { from, to } of moves) {
    notify({ code: "store-moved", message: `The project was moved: artifacts of ${from} are now found in ${to}.` });
  }
}
