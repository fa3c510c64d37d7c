import { join, sep } from "node:path";
import { invalid, MlflowError } from "../errors.ts";

/** Whether a path stays below the folder that it is relative to, on every system. */
export function isSafePath(path: string): boolean {
  return (
    !/[\0-\x1f\x7f\\]/.test(path) &&
    !/^[A-Za-z]:/.test(path) &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..")
  );
}

/**
 * @throws MlflowError of kind "invalid" for a path that leads elsewhere, or that MLflow's server would take for another one
 */
export function checkArtifactPath(path: string): void {
  if (!isSafePath(path)) {
    throw invalid(
      `The artifact path ${JSON.stringify(path)} is refused: it must be relative, with / between names, without . and .., ` +
        "backslashes and control characters",
    );
  }
  if (path.includes("#") || /%[0-9a-f]{2}/i.test(path)) {
    throw invalid(
      `The artifact path ${JSON.stringify(path)} is refused: MLflow's server does not take #, and reads % with two digits as ` +
        "an escape",
    );
  }
}

/** The path in a URL. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/**
 * The file below `folder` that an artifact is written to.
 * @throws MlflowError of kind "protocol" when a server names a file that would land elsewhere
 */
export function localFile(folder: string, path: string): string {
  if (!isSafePath(path) || (sep === "\\" && /[<>:"|?*]/.test(path))) {
    throw new MlflowError(`The server names an artifact ${JSON.stringify(path)}, which would not stay in its folder`, {
      kind: "protocol",
    });
  }
  return join(folder, ...path.split("/"));
}
