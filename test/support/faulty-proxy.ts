import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/**
 * What happens to a request on its way: it is dropped; its answer is cut off, or ends half-way; it arrives twice, the
 * second time late; it waits; it is never answered; it is cut after so many bytes; or a status is given instead.
 */
export type ProxyFault =
  | "drop"
  | "cut"
  | "half"
  | "twice"
  | "hang"
  | { readonly delay: number }
  | { readonly cutAfter: number }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | undefined;

export interface FaultyProxy {
  readonly url: string;
  /** Requests that came, by "METHOD /path". */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** An HTTP proxy before a server that spoils what `plan` says, by request and its number (from 0). */
export async function startFaultyProxy(
  target: string,
  plan: (what: string, count: number) => ProxyFault,
  onHeaders: (headers: IncomingHttpHeaders) => void = () => {},
): Promise<FaultyProxy> {
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const what = `${incoming.method} ${incoming.url!.split("?")[0]}`;
    const fault = plan(what, requests.length);
    requests.push(what);
    onHeaders(incoming.headers);
    handle(target, fault, incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function handle(target: string, fault: ProxyFault, incoming: IncomingMessage, outgoing: ServerResponse) {
  if (fault === "drop") return void incoming.socket.destroy();
  if (fault === "hang") return void incoming.resume();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length;
    if (typeof fault === "object" && "cutAfter" in fault && bytes > fault.cutAfter)
      return void incoming.socket.destroy();
    chunks.push(chunk as Buffer);
  }
  const body = Buffer.concat(chunks);
  if (typeof fault === "object" && "status" in fault) {
    outgoing.writeHead(fault.status, { "content-type": "text/plain", ...fault.headers });
    return void outgoing.end("spoilt by the proxy");
  }
  if (typeof fault === "object" && "delay" in fault) await delay(fault.delay);
  const answer = await forward(target, incoming, body);
  if (fault === "cut") return void incoming.socket.destroy();
  if (fault === "half") {
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.write(answer.body.subarray(0, answer.body.length >> 1), () => incoming.socket.destroy());
    return;
  }
  outgoing.writeHead(answer.status, answer.headers);
  outgoing.end(answer.body);
  if (fault === "twice") {
    await delay(50);
    await forward(target, incoming, body).catch(() => {});
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

async function forward(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  const sent = request(new URL(url!, target), {
    method,
    headers: { ...headers, host: new URL(target).host, connection: "close" },
  });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { "transfer-encoding": _, connection: __, ...rest } = response.headers;
  const content = Buffer.concat(chunks);
  return {
    status: response.statusCode!,
    headers: { ...rest, "content-length": String(content.length) },
    body: content,
  };
}
