import { createHash } from "node:crypto";
import { Agent, type AgentOptions, type IncomingMessage } from "node:http";
import { Agent as SecureAgent, type AgentOptions as SecureAgentOptions } from "node:https";
import { MlflowError } from "../errors.ts";
import { type JsonObject, optionalText, parseObject, textOf } from "../json.ts";
import { mayRetry, pause, pauseAfter, type RetryPolicy, retryAfterOf } from "./retry.ts";
import { type Body, exchange, TransportFault } from "./transport.ts";

export type Headers = Readonly<Record<string, string>>;

export interface TlsOptions {
  /** Certificates to trust, PEM. */
  readonly ca?: string | Uint8Array;
  /** The client's own certificate and key, PEM. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly passphrase?: string;
  /** false accepts any certificate. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** The name to expect in the server's certificate. */
  readonly servername?: string;
}

/** What a signer sees: everything that goes on the wire. */
export interface Signable {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** Hex sha-256 of the body. */
  readonly bodySha256: string;
}

export interface HttpOptions {
  /** http(s)://host[:port][/base/path]: what stands before /api. */
  readonly baseUrl: string;
  /** Sent with every request; a function is called before each attempt, so that a token can be renewed. */
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  /** Gives further headers that depend on the whole request. */
  readonly sign?: (request: Signable) => Headers | Promise<Headers>;
  readonly tls?: TlsOptions;
  /** Environment with HTTP_PROXY, HTTPS_PROXY and NO_PROXY to obey (from Node 24.5 on). Default: no proxy. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
  readonly userAgent: string;
  /** Milliseconds without progress. */
  readonly timeout: number;
  readonly retry: RetryPolicy;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds without progress, per attempt. */
  readonly timeout?: number;
}

export interface Call extends CallOptions {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below the base URL, percent-encoded: "/api/2.0/mlflow/runs/get". */
  readonly path: string;
  /** Path and query from the root of the host, as they go on the wire; messages show `path` all the same. */
  readonly target?: string;
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly json?: JsonObject;
  readonly body?: Body;
  readonly headers?: Headers;
  /**
   * "same": sending it twice is the same as once. "once": it is sent again only when the server cannot have acted on it.
   * Default: "same".
   */
  readonly repeat?: "same" | "once";
  /** Error codes that mean "done already" when an earlier attempt may have reached the server. */
  readonly settledBy?: readonly string[];
}

export interface Http {
  readonly base: URL;
  readonly retry: RetryPolicy;
  /** Sends a call, again where that is safe, and gives the answer's JSON. */
  json(call: Call): Promise<JsonObject>;
  /** One attempt. */
  jsonOnce(call: Call): Promise<JsonObject>;
  /** One attempt whose answer (2xx) is read by the caller. Failures while reading are to be given to `fault`. */
  open(call: Call): Promise<IncomingMessage>;
  text(call: Call): Promise<string>;
  /** What `error` is as an MlflowError of `call`. */
  fault(error: unknown, call: Call): MlflowError;
  close(): void;
}

/** @throws MlflowError of kind "invalid" for a base URL that is none */
export function createHttp(options: HttpOptions): Http {
  const base = baseOf(options.baseUrl);
  const agent = agentFor(base, options);
  const closing = new AbortController();
  const json = (call: Call): Promise<JsonObject> => repeated(call, options.retry, jsonOnce);

  async function open(call: Call): Promise<IncomingMessage> {
    const url = urlOf(base, call);
    const body = call.body ?? (call.json === undefined ? undefined : bytesBody(Buffer.from(JSON.stringify(call.json))));
    const headers = await headersOf(call, url, body);
    const { timeout = options.timeout, method } = call;
    const signal = AbortSignal.any([closing.signal, ...(call.signal === undefined ? [] : [call.signal])]);
    let response: IncomingMessage;
    try {
      response = await exchange({ agent, url, method, headers, body, signal, timeout });
    } catch (error) {
      throw fault(error, call);
    }
    if (response.statusCode! < 200 || response.statusCode! > 299)
      throw await refusal(response, call, secretsIn(headers));
    return response;
  }

  async function headersOf(call: Call, url: URL, body: Body | undefined): Promise<Headers> {
    const given = typeof options.headers === "function" ? await options.headers() : (options.headers ?? {});
    const headers: Record<string, string> = { accept: "*/*", "user-agent": options.userAgent };
    if (call.json !== undefined) headers["content-type"] = "application/json";
    for (const [name, value] of Object.entries({ ...given, ...call.headers })) headers[name.toLowerCase()] = value;
    if (options.sign !== undefined) {
      const bodySha256 = body === undefined ? sha256("") : await body.sha256();
      const signed = await options.sign({ method: call.method, url, headers, bodySha256 });
      for (const [name, value] of Object.entries(signed)) headers[name.toLowerCase()] = value;
    }
    return headers;
  }

  async function textOnce(call: Call): Promise<string> {
    const response = await open(call);
    try {
      return await textFrom(response);
    } catch (error) {
      throw fault(error, call);
    }
  }

  async function jsonOnce(call: Call): Promise<JsonObject> {
    const text = await textOnce(call);
    if (text.trim() === "") return {};
    const value = parseObject(text);
    if (value !== undefined) return value;
    throw new MlflowError("The answer is not JSON: is this an MLflow server, and is its base path right?", {
      kind: "protocol",
      endpoint: endpointOf(call),
      reached: true,
    });
  }

  return {
    base,
    retry: options.retry,
    json,
    jsonOnce,
    open,
    fault,
    text: (call) => repeated(call, options.retry, textOnce),
    close: () => {
      closing.abort();
      agent.destroy();
    },
  };
}

export function endpointOf(call: Pick<Call, "method" | "path">): string {
  return `${call.method} ${call.path}`;
}

/** A body of bytes in memory. */
export function bytesBody(bytes: Uint8Array): Body {
  return { size: bytes.byteLength, open: () => bytes, sha256: async () => sha256(bytes) };
}

/** Runs `once` for a call until it succeeds, as often as the policy and the call's `repeat` allow. */
export async function repeated<T>(call: Call, policy: RetryPolicy, once: (call: Call) => Promise<T>): Promise<T> {
  let doubtful = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(call);
    } catch (error) {
      if (doubtful && error instanceof MlflowError && call.settledBy?.includes(error.errorCode ?? "")) return {} as T;
      if (!mayRetry(error, attempt, policy) || (call.repeat === "once" && error.reached)) throw error;
      doubtful ||= error.reached;
      await pause(pauseAfter(attempt, error.retryAfter, policy), endpointOf(call), call.signal);
    }
  }
}

function baseOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new MlflowError(`${JSON.stringify(text)} is not an http or https address`, { kind: "invalid" });
  }
  if (url.username !== "" || url.password !== "") {
    throw new MlflowError("Give credentials as options, not within the address", { kind: "invalid" });
  }
  url.pathname = url.pathname.replace(/\/+$/, "");
  url.search = "";
  url.hash = "";
  return url;
}

function agentFor(base: URL, { tls, proxyEnv }: HttpOptions): Agent {
  // Servers drop idle connections (uvicorn: after 5 s) without a word; let go of ours before that.
  const shared: AgentOptions = { keepAlive: true, timeout: 4000, ...(proxyEnv === undefined ? {} : { proxyEnv }) };
  if (base.protocol === "http:") return new Agent(shared);
  return new SecureAgent({ ...shared, ...(tls as SecureAgentOptions | undefined) });
}

function urlOf(base: URL, { path, target, query = {} }: Call): URL {
  if (target !== undefined) return new URL(base.origin + target);
  const url = new URL(base.href.replace(/\/$/, "") + path);
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [value].flat().map((v) => `${encodeURIComponent(name)}=${encodeURIComponent(v as string | number)}`),
  );
  url.search = pairs.join("&");
  return url;
}

function fault(error: unknown, call: Call): MlflowError {
  const endpoint = endpointOf(call);
  if (error instanceof MlflowError) return error;
  if (!(error instanceof TransportFault)) {
    // a body that was cut, or an answer that is not HTTP
    return new MlflowError(reasonOf(error), {
      kind: "network",
      endpoint,
      retriable: true,
      reached: true,
      cause: error,
    });
  }
  if (error.reason === "source") {
    return new MlflowError(`What is to be sent cannot be read: ${error.message}`, {
      kind: "invalid",
      endpoint,
      cause: error.cause,
    });
  }
  const wrongCertificate =
    !error.sent && /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS)/.test(codeOf(error.cause));
  return new MlflowError(reasonOf(error.cause), {
    kind: error.reason,
    endpoint,
    retriable: error.reason !== "aborted" && !wrongCertificate,
    reached: error.sent,
    cause: error.cause,
  });
}

function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error; // all addresses of a host failed
  const message = inner instanceof Error ? inner.message : String(inner);
  return message === "" ? codeOf(inner) : message;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

const RETRIABLE_CODES = [
  "INTERNAL_ERROR",
  "TEMPORARILY_UNAVAILABLE",
  "DEADLINE_EXCEEDED",
  "REQUEST_LIMIT_EXCEEDED",
  "RESOURCE_EXHAUSTED",
];
const RETRIABLE_STATUS = [408, 425, 429, 500, 502, 503, 504];

/** The answer of a server that refuses. */
async function refusal(response: IncomingMessage, call: Call, secrets: readonly string[]): Promise<MlflowError> {
  const status = response.statusCode!;
  const text = await textFrom(response, 65_536).catch(() => "");
  const body = parseObject(text) ?? {};
  const errorCode = optionalText(body.error_code);
  const disabled = text.includes("--no-serve-artifacts"); // a 503 that will stay
  const told = secrets.reduce((message, secret) => message.replaceAll(secret, "***"), messageIn(body, text, response));
  return new MlflowError(`${errorCode === undefined ? "" : `${errorCode} `}(${status}) ${told}`.trim(), {
    kind: "api",
    endpoint: endpointOf(call),
    status,
    errorCode,
    retriable:
      !disabled && (errorCode === undefined ? RETRIABLE_STATUS.includes(status) : RETRIABLE_CODES.includes(errorCode)),
    reached: status !== 429,
    retryAfter: retryAfterOf(response.headers["retry-after"], Date.now()),
  });
}

function messageIn(body: JsonObject, text: string, response: IncomingMessage): string {
  if (response.headers.location !== undefined)
    return `The server redirects to ${originOf(response.headers.location)}: give that address`;
  const told = textOf(body.message ?? body.error);
  if (told !== "") return told.length > 2000 ? `${told.slice(0, 2000)}…` : told;
  if (/^\s*</.test(text)) return response.statusMessage ?? ""; // a proxy's page
  return text.slice(0, 500) || (response.statusMessage ?? "");
}

function originOf(location: string): string {
  return URL.canParse(location) ? new URL(location).origin : location.replace(/[?#].*/s, "");
}

async function textFrom(response: IncomingMessage, most = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > most) break; // ends the stream
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What may not be repeated in a message, should the server send it back. */
function secretsIn(headers: Headers): string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (!/auth|token|key|secret|cookie/.test(name)) return [];
    const credential = value.split(" ").at(-1)!;
    const decoded = value.startsWith("Basic ") ? Buffer.from(credential, "base64").toString() : "";
    return [value, credential, decoded, decoded.slice(decoded.indexOf(":") + 1)].filter((secret) => secret.length > 3);
  });
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
