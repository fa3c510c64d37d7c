import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { onTestFinished } from "vitest";
import { cut, json } from "./stand-in.ts";

/** What may happen to a request on its way. */
export const FAULTS = [
  "drop", // never reaches the server
  "drop-answer", // reaches it, and the answer is lost
  "502-after", // reaches it, and a gateway answers in its place
  "half-answer", // reaches it, and half of the answer comes
  "500",
  "429",
  "twice", // reaches it twice, as by a proxy that retries
] as const;
export type Fault = (typeof FAULTS)[number];

/** A proxy before `target` that does to each request what `choose` says; ends with the test. */
export async function chaosProxy(
  target: string,
  choose: (request: IncomingMessage) => Fault | undefined,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const fault = choose(request);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (fault === "drop") return cut(response);
    if (fault === "500") return json(response, {}, 500);
    if (fault === "429") return json(response, {}, 429, { "retry-after": "0" });
    if (fault === "twice") await forward(target, request, body);
    const answer = await forward(target, request, body);
    if (fault === "drop-answer") return cut(response);
    if (fault === "502-after") return json(response, {}, 502);
    reply(response, answer, fault === "half-answer");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

interface Answer {
  readonly message: IncomingMessage;
  readonly body: Buffer;
}

async function forward(target: string, { url, method, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  const request = send(new URL(url!, target), { method, headers: { ...headers, host: new URL(target).host } });
  request.end(body);
  const [message] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return { message, body: Buffer.concat(chunks) };
}

function reply(response: ServerResponse, { message, body }: Answer, isHalf: boolean): void {
  const { "transfer-encoding": _, connection: __, ...headers } = message.headers;
  response.writeHead(message.statusCode!, { ...headers, "content-length": String(body.length) });
  if (isHalf) response.write(body.subarray(0, body.length >> 1), () => response.socket?.end());
  else response.end(body);
}
