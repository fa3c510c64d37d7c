import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Notice } from "../core/dataset.ts";
import { messageOf, UserError } from "../core/errors.ts";
import type { TrackingStore } from "../core/store.ts";
import { openEmbeddedStore } from "../stores/embedded/store.ts";
import { type Tracking, trackingOf } from "./tracking-uri.ts";

export interface Project extends Tracking {
  /** Absolute; experiment files and data paths are relative to it. */
  readonly root: string;
}

/**
 * The project of a folder: the folder itself when it was named, else the nearest one above that holds `experiments/` or
 * `mlruns/`, else the folder.
 * @param tracking URI that wins over the environment's and the project's
 */
export function findProject(cwd: string, named?: string, tracking?: string): Project {
  let root = resolve(cwd, named ?? ".");
  if (named !== undefined && !statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError("the project folder does not exist", { where: root, fix: "`disease init` makes one." });
  }
  if (named === undefined) {
    for (let dir = root; ; dir = dirname(dir)) {
      if (existsSync(join(dir, "experiments")) || existsSync(join(dir, "mlruns"))) {
        root = dir;
        break;
      }
      if (dirname(dir) === dir) break;
    }
  }
  return { root, ...trackingOf(root, process.env, tracking) };
}

/** The folder with package.json, data/ and experiments/ of this program, seen from dist or src. */
export function programRoot(): string {
  for (let dir = import.meta.dirname; ; dir = dirname(dir)) {
    if (existsSync(join(dir, "package.json")) || dirname(dir) === dir) return dir;
  }
}

/** DISEASE_STORE_TIMEOUT: seconds to wait for another program that writes to the store (20); here in milliseconds. */
export function busyTimeout(): number | undefined {
  const seconds = Number(process.env.DISEASE_STORE_TIMEOUT || Number.NaN);
  return seconds >= 0 ? Math.round(seconds * 1000) : undefined;
}

/**
 * The project's tracking store.
 * @param options.readOnly makes nothing and writes nothing: there must be a store
 */
export function openStore(
  project: Project,
  notify: (notice: Notice) => void,
  options: { readonly readOnly?: boolean } = {},
): TrackingStore {
  return openEmbeddedStore({ folder: project.mlruns, notify, busyTimeout: busyTimeout(), ...options });
}

/** Address of the project's own store, for MLflow. */
export function storeUri({ mlruns }: Project): string {
  return `sqlite:///${mlruns}/mlflow.db`;
}

/** Lines of Python, in one, that load a model of the project's own store, whatever server the environment names. */
export function pythonLoad(project: Project, uri: string): string {
  return `mlflow.set_tracking_uri(${JSON.stringify(storeUri(project))}); mlflow.pyfunc.load_model("${uri}")`;
}

/** @throws UserError when it cannot be read */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`the file cannot be read: ${messageOf(error)}`, { where: path });
  }
}

/** A path as the user knows it: relative to the project where it is inside. */
export function showPath(project: Project, path: string): string {
  const inside = relative(project.root, path);
  return inside.startsWith("..") || isAbsolute(inside) ? path : inside.replaceAll("\\", "/");
}
