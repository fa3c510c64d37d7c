import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { dirname } from "node:path";
import { MlflowError } from "../errors.ts";
import { type Call, type CallOptions, endpointOf, type Headers, type Http } from "../http/http.ts";
import { mayRetry, pause, pauseAfter } from "../http/retry.ts";
import type { Progress } from "./body.ts";

export interface DownloadOptions extends CallOptions {
  readonly onProgress?: Progress;
}

/**
 * Downloads what `call` gives into `file`, which appears when it is complete. What arrives is kept in `file`.part, with the
 * server's mark of the version (ETag or Last-Modified) in `file`.part.version: after a cut, within this call or in a
 * later one, only the rest is asked for where the server serves ranges and the version is the same; else all of it. Attempts
 * are counted from the last one that brought something.
 */
export async function downloadTo(http: Http, call: Call, file: string, onProgress: Progress = () => {}): Promise<void> {
  const part = `${file}.part`;
  const mark = `${part}.version`;
  mkdirSync(dirname(file), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const before = sizeIfThere(part);
    try {
      await attemptDownload(http, call, part, mark, onProgress);
      break;
    } catch (error) {
      if (sizeIfThere(part) > before) attempt = 1;
      if (!mayRetry(error, attempt, http.retry)) throw error;
      await pause(pauseAfter(attempt, error.retryAfter, http.retry), endpointOf(call), call.signal);
    }
  }
  renameSync(part, file);
  rmSync(mark, { force: true });
}

async function attemptDownload(
  http: Http,
  call: Call,
  part: string,
  mark: string,
  onProgress: Progress,
): Promise<void> {
  const version = existsSync(mark) ? readFileSync(mark, "utf8") : undefined;
  const kept = version === undefined ? 0 : sizeIfThere(part);
  const range: Headers = kept > 0 ? { range: `bytes=${kept}-`, "if-range": version! } : {};
  let response: IncomingMessage;
  try {
    response = await http.open({ ...call, headers: { ...call.headers, ...range } });
  } catch (error) {
    // the rest cannot be served: forget what was kept
    if (!(error instanceof MlflowError) || error.status !== 416) throw error;
    rmSync(mark, { force: true });
    response = await http.open(call);
  }
  const start =
    response.statusCode === 206 ? Number(/^bytes (\d+)-/.exec(response.headers["content-range"] ?? "")?.[1]) : 0;
  if (start !== 0 && start !== kept) {
    response.destroy();
    rmSync(mark, { force: true });
    throw incomplete("The server sent another range than was asked for", call);
  }
  const length = response.headers["content-length"];
  const total = length === undefined ? undefined : start + Number(length);
  writeMark(mark, response);
  const out = await open(part, start === 0 ? "w" : "a");
  try {
    await write(http, call, response, out, (moved) => onProgress(start + moved, total));
  } finally {
    await out.close();
  }
  const size = sizeIfThere(part);
  if (total !== undefined && size !== total) throw incomplete(`${size} of ${total} bytes came`, call);
}

async function write(
  http: Http,
  call: Call,
  from: IncomingMessage,
  to: FileHandle,
  onMoved: (bytes: number) => void,
): Promise<void> {
  let moved = 0;
  for await (const chunk of chunksOf(http, call, from)) {
    await to.writeFile(chunk);
    moved += chunk.length;
    onMoved(moved);
  }
}

/** The chunks of an answer; a cut is an MlflowError, so that a failing disk is told from a failing network. */
async function* chunksOf(http: Http, call: Call, response: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  const chunks = response[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => Promise.reject(http.fault(error, call)));
      if (next.done === true) return;
      yield next.value as Buffer;
    }
  } finally {
    response.destroy();
  }
}

/** Without a mark, or with a weak one, a rest could belong to another version: then there is none, and no going on. */
function writeMark(mark: string, { headers }: IncomingMessage): void {
  const { etag, "last-modified": modified } = headers;
  const version = etag !== undefined && !etag.startsWith("W/") ? etag : modified;
  if (version === undefined) rmSync(mark, { force: true });
  else writeFileSync(mark, version);
}

function sizeIfThere(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function incomplete(message: string, call: Call): MlflowError {
  return new MlflowError(message, { kind: "network", endpoint: endpointOf(call), retriable: true, reached: true });
}
