import type { Backend } from "../backend.ts";
import { loggedModelFrom, runFrom } from "../convert.ts";
import { invalid } from "../errors.ts";
import type { CallOptions } from "../http/http.ts";
import { objectOf } from "../json.ts";
import { encodePath } from "./paths.ts";

/** Whose artifacts: a run's or a logged model's. `artifactUri`, where known, spares a request. */
export type ArtifactOwner =
  | { readonly runId: string; readonly artifactUri?: string }
  | { readonly modelId: string; readonly artifactUri?: string };

/**
 * How files are reached: `proxy` through MLflow's mlflow-artifacts service; `direct` below an address of the same server
 * (GitLab); `server` by asking the server for a file that it keeps itself (a local folder, or a bucket it can read).
 */
export type Place =
  | { readonly kind: "proxy"; readonly root: string }
  | { readonly kind: "direct"; readonly root: string }
  | { readonly kind: "server" };

export const ARTIFACTS = "/api/2.0/mlflow-artifacts";

/** @throws MlflowError of kind "invalid" when the files are on another server */
export async function locate(backend: Backend, owner: ArtifactOwner, options?: CallOptions): Promise<Place> {
  return placeOf(backend.http.base, owner.artifactUri ?? (await uriOf(backend, owner, options)));
}

/** @throws MlflowError of kind "invalid" when the files are on another server: it must not see our credentials */
export function placeOf(base: URL, artifactUri: string): Place {
  const [, scheme, host, path] = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/]*))?(.*)$/i.exec(artifactUri) ?? [];
  if (scheme === "mlflow-artifacts") {
    if (host !== undefined && host !== "" && host !== base.host) throw elsewhere(artifactUri, base);
    return { kind: "proxy", root: trimmed(path!) };
  }
  if (scheme === "http" || scheme === "https") {
    const url = new URL(artifactUri);
    if (url.host !== base.host) throw elsewhere(artifactUri, base);
    const service = `${ARTIFACTS}/artifacts/`;
    const at = url.pathname.indexOf(service);
    if (at >= 0) return { kind: "proxy", root: trimmed(decodeURIComponent(url.pathname.slice(at + service.length))) };
    return { kind: "direct", root: url.pathname.replace(/\/+$/, "") };
  }
  return { kind: "server" };
}

/** The path, below the base URL, of a file in a place of kind "proxy". */
export function proxyPath(root: string, path: string, service = "artifacts"): string {
  return [`${ARTIFACTS}/${service}`, encodePath(root), encodePath(path)].filter((part) => part !== "").join("/");
}

async function uriOf({ http }: Backend, owner: ArtifactOwner, options?: CallOptions): Promise<string> {
  if ("runId" in owner) {
    const query = { run_id: owner.runId };
    const json = await http.json({ method: "GET", path: "/api/2.0/mlflow/runs/get", query, ...options });
    return runFrom(objectOf(json.run)).info.artifactUri;
  }
  const path = `/api/2.0/mlflow/logged-models/${encodeURIComponent(owner.modelId)}`;
  return loggedModelFrom(objectOf((await http.json({ method: "GET", path, ...options })).model)).artifactUri;
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}

function elsewhere(artifactUri: string, base: URL): Error {
  return invalid(`The artifacts are at ${artifactUri}, which is not on ${base.host}: connect to that server for them`);
}
