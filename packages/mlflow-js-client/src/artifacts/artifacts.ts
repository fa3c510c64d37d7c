import { readdirSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Backend } from "../backend.ts";
import { fileFrom } from "../convert.ts";
import { MlflowError } from "../errors.ts";
import { type Call, type CallOptions, createHttp, repeated } from "../http/http.ts";
import { everyItem, pageFrom } from "../paging.ts";
import type { FileInfo, Page } from "../types.ts";
import { bodyOf, sizeOf } from "./body.ts";
import { type DownloadOptions, downloadTo } from "./download.ts";
import { type ArtifactOwner, locate, type Place, proxyPath } from "./locate.ts";
import { type MultipartOptions, type SendPart, uploadParts } from "./multipart.ts";
import { checkArtifactPath, encodePath, isSafePath, localFile } from "./paths.ts";

export interface UploadOptions extends MultipartOptions {
  /** Files of at least so many bytes go in parts where the server offers that. Default 100 MiB; Infinity: never. */
  readonly multipartFrom?: number;
}

export interface ArtifactsApi {
  /** What is in a folder ("" for the root). Empty when there is no such folder. */
  list(owner: ArtifactOwner, folder?: string, options?: CallOptions): AsyncGenerator<FileInfo, void, undefined>;
  /** All files below a folder. */
  walk(owner: ArtifactOwner, folder?: string, options?: CallOptions): AsyncGenerator<FileInfo, void, undefined>;
  /** Uploads bytes, or the file of that name, as artifact `path`; over an older one. A failed upload is sent again. */
  upload(owner: ArtifactOwner, path: string, source: string | Uint8Array, options?: UploadOptions): Promise<void>;
  /** Uploads all files below a local folder into an artifact folder ("" for the root). Links are not followed. */
  uploadFolder(owner: ArtifactOwner, folder: string, path?: string, options?: UploadOptions): Promise<void>;
  /** The artifact as a stream, without retries once it has begun. */
  stream(owner: ArtifactOwner, path: string, options?: CallOptions): Promise<Readable>;
  /** The artifact as bytes. */
  read(owner: ArtifactOwner, path: string, options?: CallOptions): Promise<Uint8Array>;
  /** Downloads into a file, going on where an earlier download of the same version was cut. */
  download(owner: ArtifactOwner, path: string, file: string, options?: DownloadOptions): Promise<void>;
  /** Downloads all files below an artifact folder into a local one; refuses names that would lead out of it. */
  downloadFolder(owner: ArtifactOwner, path: string, folder: string, options?: DownloadOptions): Promise<void>;
  /** Deletes a file or folder (where the server proxies artifacts). */
  delete(owner: ArtifactOwner, path: string, options?: CallOptions): Promise<void>;
}

export function artifactsApi(backend: Backend): ArtifactsApi {
  const { http } = backend;

  async function fileCall(owner: ArtifactOwner, path: string, options?: CallOptions): Promise<Call> {
    checkArtifactPath(path);
    return { method: "GET", ...readPlace(await locate(backend, owner, options), owner, path), ...options };
  }

  async function page(
    owner: ArtifactOwner,
    folder: string,
    pageToken: string | undefined,
    options?: CallOptions,
  ): Promise<Page<FileInfo>> {
    const [path, query] =
      "runId" in owner
        ? ["artifacts/list", { run_id: owner.runId, path: folder || undefined, page_token: pageToken }]
        : [
            `logged-models/${encodeURIComponent(owner.modelId)}/artifacts/directories`,
            { artifact_directory_path: folder || undefined, page_token: pageToken },
          ];
    const json = await http.json({ method: "GET", path: `/api/2.0/mlflow/${path}`, query, ...options });
    const found = pageFrom(json, "files", fileFrom);
    const stray = found.items.find(
      (file) => !isSafePath(file.path) || (folder !== "" && !file.path.startsWith(`${folder}/`)),
    );
    if (stray === undefined) return found;
    throw new MlflowError(`The server names an artifact ${JSON.stringify(stray.path)} in ${JSON.stringify(folder)}`, {
      kind: "protocol",
    });
  }

  const self: ArtifactsApi = {
    async *list(owner, folder = "", options) {
      if (folder !== "") checkArtifactPath(folder);
      yield* everyItem((token) => page(owner, folder, token, options));
    },

    async *walk(owner, folder = "", options) {
      for await (const file of self.list(owner, folder, options)) {
        if (file.isDirectory) yield* self.walk(owner, file.path, options);
        else yield file;
      }
    },

    async upload(owner, path, source, options = {}) {
      checkArtifactPath(path);
      const { multipartFrom = 100 << 20, onProgress, signal, timeout } = options;
      const call = { signal, timeout };
      const place = await locate(backend, owner, call);
      if (place.kind === "proxy" && typeof source === "string" && sizeOf(source) >= multipartFrom) {
        if (await uploadParts(http, partSender(backend), place.root, path, source, options)) return;
      }
      const body = bodyOf(source, onProgress);
      await http.json({ ...writePlace(place, owner, path), body, headers: CONTENT, ...call });
    },

    async uploadFolder(owner, folder, path = "", options) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const target = path === "" ? entry.name : `${path}/${entry.name}`;
        const local = `${folder}/${entry.name}`;
        if (entry.isDirectory()) await self.uploadFolder(owner, local, target, options);
        else if (entry.isFile()) await self.upload(owner, target, local, options);
      }
    },

    async stream(owner, path, options) {
      const call = await fileCall(owner, path, options);
      return repeated(call, http.retry, (c) => http.open(c));
    },

    async read(owner, path, options) {
      const call = await fileCall(owner, path, options);
      return repeated(call, http.retry, async (c) => {
        const chunks: Uint8Array[] = [];
        try {
          for await (const chunk of await http.open(c)) chunks.push(chunk);
        } catch (error) {
          throw http.fault(error, c);
        }
        return new Uint8Array(Buffer.concat(chunks));
      });
    },

    async download(owner, path, file, options = {}) {
      const { onProgress, ...rest } = options;
      await downloadTo(http, await fileCall(owner, path, rest), file, onProgress);
    },

    async downloadFolder(owner, path, folder, options = {}) {
      const { onProgress: _, ...rest } = options;
      for await (const file of self.walk(owner, path, rest)) {
        const below = path === "" ? file.path : file.path.slice(path.length + 1);
        await self.download(owner, file.path, localFile(folder, below), options);
      }
    },

    async delete(owner, path, options) {
      checkArtifactPath(path);
      const place = await locate(backend, owner, options);
      if (place.kind !== "proxy") throw new MlflowError("This server does not delete artifacts", { kind: "invalid" });
      await http.json({ method: "DELETE", path: proxyPath(place.root, path), ...options });
    },
  };
  return self;
}

const CONTENT = { "content-type": "application/octet-stream" };

function readPlace(place: Place, owner: ArtifactOwner, path: string): Pick<Call, "path" | "query" | "target"> {
  if (place.kind === "proxy") return { path: proxyPath(place.root, path) };
  if (place.kind === "direct") return direct(place.root, path);
  if ("runId" in owner) return { path: "/get-artifact", query: { run_id: owner.runId, path } };
  return {
    path: `/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(owner.modelId)}/artifacts/files`,
    query: { artifact_file_path: path },
  };
}

function direct(root: string, path: string): Pick<Call, "path" | "target"> {
  const target = `${root}/${encodePath(path)}`;
  return { path: target, target };
}

/** @throws MlflowError of kind "invalid" for a logged model whose files the server keeps itself: it takes none for these */
function writePlace(
  place: Place,
  owner: ArtifactOwner,
  path: string,
): Pick<Call, "method" | "path" | "query" | "target"> {
  if (place.kind === "proxy") return { method: "PUT", path: proxyPath(place.root, path) };
  if (place.kind === "direct") return { method: "PUT", ...direct(place.root, path) };
  if ("runId" in owner) {
    // what the UI uses; MLflow takes at most 10 MB and no empty file there
    return { method: "POST", path: "/ajax-api/2.0/mlflow/upload-artifact", query: { run_uuid: owner.runId, path } };
  }
  throw new MlflowError("This server takes no files of logged models: start it with --serve-artifacts", {
    kind: "invalid",
  });
}

function partSender({ http }: Backend): SendPart {
  return async (call, url) => {
    const store = createHttp({
      baseUrl: url.origin,
      userAgent: "mlflow-js-client",
      timeout: call.timeout ?? 120_000,
      retry: http.retry,
    });
    try {
      const response = await store.open({ ...call, target: url.pathname + url.search });
      response.resume();
      return String(response.headers.etag ?? "");
    } finally {
      store.close();
    }
  };
}
