import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import { onTestFinished } from "vitest";
import { type ClientOptions, createClient, type MlflowClient } from "../../src/index.ts";

export interface Seen {
  readonly method: string;
  /** As on the wire, with its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON. */
  json(): unknown;
}

/** Answers one request; what it does not answer with `reply` helpers it may do on the response itself. */
export type Handler = (request: Seen, response: ServerResponse) => void | Promise<void>;

export interface StandIn {
  readonly url: string;
  readonly seen: Seen[];
  /** "POST /api/2.0/mlflow/runs/create", … of all requests so far. */
  readonly calls: string[];
}

/** A local server that records what comes and answers by `handler`; ends with the test. */
export async function standIn(handler: Handler, tls?: ServerOptions): Promise<StandIn> {
  const seen: Seen[] = [];
  const listener: Parameters<typeof createServer>[1] = async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // the client went away
    }
    const body = Buffer.concat(chunks);
    const one: Seen = {
      method: request.method!,
      url: request.url!,
      headers: request.headers,
      body,
      json: () => JSON.parse(body.toString()),
    };
    seen.push(one);
    await handler(one, response);
  };
  const server: Server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${address.port}`,
    seen,
    get calls() {
      return seen.map((request) => `${request.method} ${request.url}`);
    },
  };
}

export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

export function refuse(response: ServerResponse, status: number, errorCode: string, message = "no"): void {
  json(response, { error_code: errorCode, message }, status);
}

/** Ends the connection without an answer. */
export function cut(response: ServerResponse): void {
  response.socket?.destroy();
}

/** A client that retries at once, and ends with the test. */
export function clientOf(baseUrl: string, options: Partial<ClientOptions> = {}): MlflowClient {
  const client = createClient({ baseUrl, ...options, retry: { baseDelay: 0, ...options.retry } });
  onTestFinished(() => client.close());
  return client;
}

/** Answers with each handler in turn, then with the last one for ever. */
export function inTurn(...handlers: readonly Handler[]): Handler {
  let next = 0;
  return (request, response) => handlers[Math.min(next++, handlers.length - 1)]!(request, response);
}
