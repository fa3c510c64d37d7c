/** A publisher's server for tests: answers by path, and keeps what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** @param answers by path; 404 for others */
export async function publisher(
  answers: Readonly<Record<string, (answer: ServerResponse, headers: IncomingHttpHeaders) => void>>,
): Promise<AsyncDisposable & { readonly url: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(({ url = "", headers }, answer) => {
    asked.push({ path: url, headers });
    const give = answers[url];
    if (give !== undefined) give(answer, headers);
    else answer.writeHead(404).end("no such file");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
