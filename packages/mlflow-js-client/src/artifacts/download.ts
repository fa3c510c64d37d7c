import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
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
  const out = openSync(part, start === 0 ? "w" : "a");
  try {
    await write(response, out, (moved) => onProgress(start + moved, total));
  } catch (error) {
    throw response.errored === error ? http.fault(error, call) : error;
  } finally {
    closeSync(out);
  }
  const size = sizeIfThere(part);
  if (total !== undefined && size !== total) throw incomplete(`${size} of ${total} bytes came`, call);
}

/** Writes at once, without waiting in between: when the connection is cut, what has come is not lost. */
function write(from: IncomingMessage, to: number, onMoved: (bytes: number) => void): Promise<void> {
  let moved = 0;
  return new Promise((resolve, reject) => {
    from.on("data", (chunk: Buffer) => {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(to, chunk, at);
        moved += chunk.length;
        onMoved(moved);
      } catch (error) {
        reject(error); // the disk's
        from.destroy();
      }
    });
    from.once("end", resolve);
    from.once("error", reject);
  });
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
