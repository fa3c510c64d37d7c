import { MlflowError } from "../errors.ts";
import { type Call, type CallOptions, type Headers, type Http, repeated } from "../http/http.ts";
import { type JsonObject, listOf, numberOf, objectOf, optionalText, textOf } from "../json.ts";
import { fileBody, type Progress, sizeOf } from "./body.ts";
import { proxyPath } from "./locate.ts";

/** Where a multipart upload stands; plain JSON, so that another process can go on with it. */
export interface MultipartState {
  readonly uploadId: string;
  readonly partSize: number;
  readonly credentials: readonly { readonly partNumber: number; readonly url: string; readonly headers: Headers }[];
  readonly done: readonly { readonly partNumber: number; readonly etag: string }[];
}

export interface MultipartOptions extends CallOptions {
  readonly onProgress?: Progress;
  /** Bytes of a part; default 64 MiB. */
  readonly partSize?: number;
  /** Parts in flight at once; default 4. */
  readonly concurrency?: number;
  /** Goes on with an upload that was cut off; its addresses are valid for an hour or so. */
  readonly resume?: MultipartState;
  /** Told after the begin and after each part, to be kept for `resume`. */
  readonly onCheckpoint?: (state: MultipartState) => void;
}

/** Sends one part to its address, which is the store's own: without our credentials. */
export type SendPart = (call: Call, url: URL) => Promise<string>;

/**
 * Uploads a file in parts straight to the artifact store, each part again after a failure.
 * @returns false when the server offers no such uploads: nothing was sent
 */
export async function uploadParts(
  http: Http,
  sendPart: SendPart,
  root: string,
  path: string,
  file: string,
  { onProgress, partSize = 64 << 20, concurrency = 4, resume, onCheckpoint, signal, timeout }: MultipartOptions,
): Promise<boolean> {
  const call: CallOptions = { signal, timeout };
  const name = path.split("/").at(-1)!;
  const folder = path.split("/").slice(0, -1).join("/");
  const post = (verb: string, json: JsonObject): Promise<JsonObject> =>
    http.json({ method: "POST", path: proxyPath(root, folder, `mpu/${verb}`), json: { path: name, ...json }, ...call });
  const total = sizeOf(file);

  let state = resume;
  if (state === undefined) {
    const made = await createUpload(() => post("create", { num_parts: Math.ceil(total / partSize) }));
    if (made === undefined) return false;
    state = { ...made, partSize, done: [] };
    onCheckpoint?.(state);
  }
  let { done } = state;
  const sizeOfPart = (n: number): number => Math.min(state.partSize, total - (n - 1) * state.partSize);
  const left = state.credentials.filter((c) => !done.some((d) => d.partNumber === c.partNumber));
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { partNumber, url, headers } = next;
      const body = fileBody(file, (partNumber - 1) * state.partSize, sizeOfPart(partNumber));
      const part: Call = { method: "PUT", path: `part ${partNumber} of ${path}`, headers, body, ...call }; // the address holds a signature
      const etag = await repeated(part, http.retry, (c) => sendPart(c, new URL(url)));
      done = [...done, { partNumber, etag }];
      onCheckpoint?.({ ...state, done });
      onProgress?.(
        done.reduce((sum, d) => sum + sizeOfPart(d.partNumber), 0),
        total,
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
    const url = (n: number): string => state.credentials.find((c) => c.partNumber === n)!.url;
    const parts = done.toSorted((a, b) => a.partNumber - b.partNumber);
    await post("complete", {
      upload_id: state.uploadId,
      parts: parts.map((d) => ({ part_number: d.partNumber, etag: d.etag, url: url(d.partNumber) })),
    });
  } catch (error) {
    // one that may be resumed is left: stores drop it by themselves after a while
    if (onCheckpoint === undefined) await post("abort", { upload_id: state.uploadId }).catch(() => {});
    throw error;
  }
  return true;
}

async function createUpload(
  create: () => Promise<JsonObject>,
): Promise<Pick<MultipartState, "uploadId" | "credentials"> | undefined> {
  try {
    const json = await create();
    return {
      uploadId: textOf(json.upload_id),
      credentials: listOf(json.credentials).map((c) => ({
        partNumber: numberOf(c.part_number),
        url: textOf(c.url),
        headers: Object.fromEntries(Object.entries(objectOf(c.headers)).map(([k, v]) => [k, textOf(v)])),
      })),
    };
  } catch (error) {
    if (error instanceof MlflowError && isUnsupported(error)) return undefined;
    throw error;
  }
}

function isUnsupported(error: MlflowError): boolean {
  return (
    error.status === 404 ||
    error.status === 405 ||
    error.status === 501 ||
    optionalText(error.errorCode) === "NOT_IMPLEMENTED"
  );
}
