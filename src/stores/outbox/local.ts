import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import type { LoggedModel } from "../../core/registry.ts";
import type { MetricPoint, Run } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";
import { isTemporary, reachable } from "../embedded/artifacts.ts";
import type { Row } from "../embedded/connection.ts";
import { findMoves, moved, pathOf } from "../embedded/locations.ts";
import { readLoggedModels } from "../embedded/logged-models.ts";
import { real } from "../embedded/numbers.ts";
import { openDatabase } from "../embedded/open.ts";
import { RUN_COLUMNS, runInfo, runsOf } from "../embedded/read.ts";

/** A run as it is in the embedded store. */
export interface LocalRun {
  readonly run: Run;
  readonly experiment: string;
  /** The parent's id, when the parent is in the store too. */
  readonly parent: string | undefined;
  /** How many points its metrics have, and the greatest row number among them. */
  readonly points: number;
  readonly lastRow: number;
}

export interface LocalFile {
  /** Relative to the run's artifacts, with "/". */
  readonly path: string;
  readonly file: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly changed: number;
}

/** The embedded store as the outbox reads it; it never writes there. */
export interface LocalStore {
  /** A number that is another one after anyone has written to the store. */
  version(): number;
  /** All runs without a parent in the store, oldest first. */
  tops(): string[];
  /** The topmost ancestor of a run. */
  topOf(runId: string): string;
  /** For each run, it and all below it, parents before children. */
  trees(roots: readonly string[]): string[][];
  /** Those of the runs that (still) are in the store, in that order. */
  read(runIds: readonly string[]): LocalRun[];
  /** Points in the order in which they were written, after a row; and the row of the last of them. */
  pointsAfter(runId: string, row: number, most: number): { points: MetricPoint[]; row: number };
  /** Metrics of a run that have one point only. */
  singleMetrics(runId: string): ReadonlySet<string>;
  files(run: Run): LocalFile[];
  /** The logged models of a run whose files are in place. */
  models(runId: string): LoggedModel[];
  /** The last points of metrics of a run. */
  lastPoints(runId: string, keys: readonly string[]): MetricPoint[];
  close(): void;
}

/** @throws UserError when there is no store in the folder */
export function openLocal(folder: string): LocalStore {
  const options = { folder: resolve(folder), clock: systemClock, notify: () => {}, readOnly: true, busyTimeout: 2000 };
  const { connection } = openDatabase(options);
  const moves = findMoves(connection, options.folder);
  const locate = (uri: string): string => moved(uri, moves);
  // MLflow 2 has none
  const hasModels = connection.first("SELECT 1 FROM sqlite_master WHERE name = 'logged_models'") !== undefined;

  /** What each run names as its parent, which need not be in the store. */
  const parents = (): Map<string, string> =>
    new Map(
      connection.all(`SELECT run_uuid, value FROM tags WHERE "key" = ?`, Tag.parent) as unknown as [string, string][],
    );

  const isThere = (runId: string): boolean =>
    connection.first("SELECT 1 FROM runs WHERE run_uuid = ?", runId) !== undefined;

  return {
    version: () => Number(connection.first("PRAGMA data_version")![0]),

    tops() {
      const named = parents();
      const all = connection.all("SELECT run_uuid FROM runs ORDER BY start_time, rowid").map(([id]) => String(id));
      const known = new Set(all);
      return all.filter((id) => !known.has(named.get(id) ?? ""));
    },

    topOf(runId) {
      const named = parents();
      const seen = new Set([runId]); // a hostile store may have a ring
      let top = runId;
      for (let up = named.get(top); up !== undefined && !seen.has(up) && isThere(up); up = named.get(top)) {
        seen.add(up);
        top = up;
      }
      return top;
    },

    trees(roots) {
      const children = new Map<string, string[]>();
      for (const [child, parent] of parents()) {
        const siblings = children.get(parent);
        if (siblings) siblings.push(child);
        else children.set(parent, [child]);
      }
      return roots.map((root) => {
        const found = new Set([root]);
        for (const id of found) for (const child of children.get(id) ?? []) found.add(child); // grows while it is walked
        return [...found];
      });
    },

    read(runIds) {
      const ids = JSON.stringify(runIds);
      const rows = connection.all(
        `SELECT ${RUN_COLUMNS}, e.name, p.run_uuid,
           (SELECT count(*) FROM metrics m WHERE m.run_uuid = runs.run_uuid),
           (SELECT coalesce(max(m.rowid), 0) FROM metrics m WHERE m.run_uuid = runs.run_uuid)
         FROM json_each(?) r CROSS JOIN runs ON runs.run_uuid = r.value
         JOIN experiments e ON e.experiment_id = runs.experiment_id
         LEFT JOIN tags t ON t.run_uuid = runs.run_uuid AND t."key" = ?
         LEFT JOIN runs p ON p.run_uuid = t.value AND p.run_uuid <> runs.run_uuid ORDER BY r.key`,
        ids,
        Tag.parent,
      );
      const runs = runsOf(
        connection,
        rows.map((row) => runInfo(row, locate)),
        { metrics: [], params: "all", tags: "all" },
      );
      return rows.map((row, i) => {
        const [experiment, parent, points, lastRow] = row.slice(9);
        return {
          run: runs[i]!,
          experiment: String(experiment),
          parent: parent === null ? undefined : String(parent),
          points: Number(points),
          lastRow: Number(lastRow),
        };
      });
    },

    pointsAfter(runId, after, most) {
      const rows = connection.all(
        `SELECT rowid, "key", value, is_nan, timestamp, step FROM metrics WHERE run_uuid = ? AND rowid > ?
         ORDER BY rowid LIMIT ?`,
        runId,
        after,
        most,
      );
      const points = rows.map(([, ...point]) => pointOf(point));
      return { points, row: rows.length === 0 ? after : Number(rows.at(-1)![0]) };
    },

    singleMetrics(runId) {
      const rows = connection.all(
        `SELECT "key" FROM metrics WHERE run_uuid = ? GROUP BY "key" HAVING count(*) = 1`,
        runId,
      );
      return new Set(rows.map(([key]) => String(key)));
    },

    models: (runId) =>
      hasModels
        ? readLoggedModels(connection, locate, "source_run_id", runId).filter(({ status }) => status === "READY")
        : [],

    lastPoints: (runId, keys) =>
      connection
        .all(
          `SELECT "key", value, is_nan, timestamp, step FROM latest_metrics
           WHERE run_uuid = ? AND "key" IN (SELECT value FROM json_each(?))`,
          runId,
          JSON.stringify(keys),
        )
        .map(pointOf),

    files(run) {
      const root = pathOf(run.info.artifactUri);
      return root === undefined ? [] : walk(root);
    },

    close: () => connection.close(),
  };
}

function pointOf([key, value, isNan, timestamp, step]: Row): MetricPoint {
  return { key: String(key), value: real(Number(value), isNan), timestamp: Number(timestamp), step: Number(step) };
}

/**
 * All files below a folder of artifacts, sorted. Links are left out where they lead out of it or to a folder, and so is what
 * vanishes meanwhile. A folder that cannot be read stands for what is in it: to send it will fail, and say why.
 */
function walk(root: string, path = ""): LocalFile[] {
  const folder = join(root, path);
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isGone = code === "ENOENT" || code === "ENOTDIR";
    return isGone ? [] : [{ path: path || "artifacts", file: folder, size: 0, changed: 0 }];
  }
  return entries
    .filter((entry) => !isTemporary(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const at = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) return walk(root, at);
      const file = join(folder, entry.name);
      const found = statOf(file);
      if (!found?.isFile() || (entry.isSymbolicLink() && !reachable(root, file))) return [];
      return [{ path: at, file, size: found.size, changed: found.mtimeMs }];
    });
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined; // gone, or a link to itself
  }
}
