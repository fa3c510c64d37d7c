import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { ExitCode, messageOf, UserError } from "../../core/errors.ts";
import { type AwsCredentials, encodeUri, signS3 } from "./sigv4.ts";

export interface S3Settings {
  readonly bucket: string;
  readonly region: string;
  /** "http://127.0.0.1:9000"; Amazon's own when absent. */
  readonly endpoint?: string;
  readonly credentials: AwsCredentials;
}

export interface S3Object {
  readonly key: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface S3Client {
  /** The object's bytes as they come. @throws UserError; `NotThere` when there is none */
  get(key: string): Promise<IncomingMessage>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** In parts where it is large. */
  putFile(key: string, file: string): Promise<void>;
  /** @returns false when there is one already */
  putNew(key: string, bytes: Uint8Array): Promise<boolean>;
  list(prefix: string): AsyncIterable<S3Object>;
  remove(key: string): Promise<void>;
}

/** There is no object of that key. */
export class NotThere extends Error {}

/** Larger files go up in parts of it. */
export const PART_BYTES = 64 << 20;
/** How often a request is made, when the server is busy or away. */
const TRIES = 5;
/** Milliseconds before the second. */
const PAUSE = 200;
/** Milliseconds without a byte after which a connection is given up. */
const PATIENCE = 60_000;
const BUSY = new Set([408, 429, 500, 502, 503, 504]);

type Body = Uint8Array | { readonly file: string; readonly start: number; readonly bytes: number };

interface Answer {
  readonly status: number;
  readonly message: IncomingMessage;
}

interface Ask {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The little of S3's REST that a lake needs, over node's own HTTP. */
export function openS3({ bucket, region, endpoint, credentials }: S3Settings): S3Client {
  const base = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const where = `s3://${bucket} at ${base.host}`;

  const once = async ({
    method,
    key = "",
    query = {},
    body = new Uint8Array(),
    headers = {},
  }: Ask): Promise<Answer> => {
    const url = new URL(base);
    url.pathname = `${base.pathname.replace(/\/$/, "")}/${bucket}${key === "" ? "" : `/${key.split("/").map(encodeUri).join("/")}`}`;
    url.search = Object.entries(query)
      .map(([name, value]) => `${encodeUri(name)}=${encodeUri(value)}`)
      .join("&");
    const length = body instanceof Uint8Array ? body.length : body.bytes;
    const bodyHash = body instanceof Uint8Array ? createHash("sha256").update(body).digest("hex") : "UNSIGNED-PAYLOAD";
    const sent = { ...headers, "content-length": String(length) };
    const signed = signS3({ method, url, headers: sent, bodyHash }, credentials, region, Date.now());
    const message = await send(url, { method, headers: { ...sent, ...signed }, timeout: PATIENCE }, body);
    return { status: message.statusCode ?? 0, message };
  };

  /** @throws UserError for what no further try mends */
  const ask = async (asked: Ask): Promise<Answer> => {
    for (let tried = 1; ; tried++) {
      let cause: unknown;
      try {
        const answer = await once(asked);
        if (!BUSY.has(answer.status)) return answer;
        cause = new Error(`HTTP ${answer.status} ${codeOf(await textOf(answer.message))}`);
      } catch (error) {
        cause = error;
      }
      if (tried === TRIES) throw unreachable(where, cause);
      await delay(PAUSE * 2 ** (tried - 1) * (0.5 + Math.random() / 2));
    }
  };

  /** The text of an answer that must be good. */
  const good = async (asked: Ask): Promise<string> => {
    const answer = await ask(asked);
    const text = await textOf(answer.message);
    if (answer.status >= 300) throw refusal(where, answer.status, text);
    return text;
  };

  const putFile = async (key: string, file: string): Promise<void> => {
    const { size } = await stat(file);
    if (size <= PART_BYTES) {
      await good({ method: "PUT", key, body: { file, start: 0, bytes: size } });
      return;
    }
    const id = textIn(await good({ method: "POST", key, query: { uploads: "" } }), "UploadId");
    try {
      const tags: string[] = [];
      for (let start = 0; start < size; start += PART_BYTES) {
        const body = { file, start, bytes: Math.min(PART_BYTES, size - start) };
        const answer = await ask({
          method: "PUT",
          key,
          query: { partNumber: String(tags.length + 1), uploadId: id },
          body,
        });
        const text = await textOf(answer.message);
        if (answer.status >= 300) throw refusal(where, answer.status, text);
        tags.push(answer.message.headers.etag ?? "");
      }
      const parts = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`).join("");
      const xml = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
      const done = await good({ method: "POST", key, query: { uploadId: id }, body: Buffer.from(xml) });
      // S3 may answer 200 and say in the text that it went wrong.
      if (/<Error>/.test(done)) throw refusal(where, 500, done);
    } catch (error) {
      await ask({ method: "DELETE", key, query: { uploadId: id } }).catch(() => {}); // what went wrong is being told
      throw error;
    }
  };

  return {
    async get(key) {
      const { status, message } = await ask({ method: "GET", key });
      if (status < 300) return message;
      const text = await textOf(message);
      if (status === 404 && codeOf(text) !== "NoSuchBucket") throw new NotThere(key);
      throw refusal(where, status, text);
    },
    async put(key, bytes) {
      await good({ method: "PUT", key, body: bytes });
    },
    putFile,
    async putNew(key, bytes) {
      for (;;) {
        const { status, message } = await ask({ method: "PUT", key, body: bytes, headers: { "if-none-match": "*" } });
        const text = await textOf(message);
        if (status === 412) return false;
        // Two at once: S3 answers one of them that it must ask again.
        if (status === 409) continue;
        if (status >= 300) throw refusal(where, status, text);
        return true;
      }
    },
    async *list(prefix) {
      let token: string | undefined;
      do {
        const query = { "list-type": "2", prefix, ...(token !== undefined && { "continuation-token": token }) };
        const text = await good({ method: "GET", query });
        for (const [, entry = ""] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
          yield {
            key: textIn(entry, "Key"),
            bytes: Number(textIn(entry, "Size")),
            modified: Date.parse(textIn(entry, "LastModified")),
          };
        }
        token = /<NextContinuationToken>/.test(text) ? textIn(text, "NextContinuationToken") : undefined;
      } while (token !== undefined);
    },
    async remove(key) {
      await good({ method: "DELETE", key });
    },
  };
}

function send(url: URL, options: RequestOptions, body: Body): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, options, resolve);
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error("it does not answer")));
    if (body instanceof Uint8Array) request.end(body);
    else {
      const stream = createReadStream(body.file, { start: body.start, end: Math.max(0, body.start + body.bytes - 1) });
      stream.on("error", (error) => request.destroy(error));
      if (body.bytes === 0) request.end();
      else stream.pipe(request);
    }
  });
}

async function textOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of message) parts.push(chunk as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function textIn(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(xml)?.[1] ?? "";
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, decimal, hex, named) =>
    decimal
      ? String.fromCodePoint(Number(decimal))
      : hex
        ? String.fromCodePoint(Number.parseInt(hex, 16))
        : (ENTITIES[named] ?? all),
  );
}

const codeOf = (xml: string): string => textIn(xml, "Code");

function unreachable(where: string, cause: unknown): UserError {
  return new UserError(`the bucket cannot be reached: ${messageOf(cause) || (cause as NodeJS.ErrnoException).code}`, {
    exitCode: ExitCode.unreachable,
    where,
    fix: "Check AWS_ENDPOINT_URL, AWS_REGION and the network; nothing was taken in by halves.",
    cause,
  });
}

function refusal(where: string, status: number, text: string): UserError {
  const code = codeOf(text);
  if (code === "NoSuchBucket") {
    return new UserError("there is no such bucket", {
      where,
      fix: "Make it, or name another in lake.uri or DISEASE_LAKE.",
    });
  }
  if (status === 401 || status === 403) {
    return new UserError(`the bucket refuses the keys (${code || `HTTP ${status}`})`, {
      where,
      fix: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and what they may do.",
    });
  }
  return new UserError(`the bucket refuses: HTTP ${status} ${code}`, {
    where,
    fix: "Check AWS_ENDPOINT_URL and AWS_REGION.",
  });
}
