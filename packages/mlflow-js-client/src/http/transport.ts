import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A body that can be sent again: `open` gives its bytes from the beginning. */
export interface Body {
  /** Bytes. */
  readonly size: number;
  open(): Readable | Uint8Array;
  /** Hex sha-256, for back ends that sign what is sent. */
  sha256(): Promise<string>;
}

export interface Exchange {
  readonly agent: Agent;
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly signal?: AbortSignal;
  /** Milliseconds without progress until the exchange is given up. */
  readonly timeout: number;
}

export type FaultReason = "network" | "timeout" | "aborted" | "source";

/** Why there was no answer. `sent` is false when no byte of the request can have left. */
export class TransportFault extends Error {
  readonly sent: boolean;
  readonly reason: FaultReason;
  constructor(reason: FaultReason, sent: boolean, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.reason = reason;
    this.sent = sent;
  }
}

/**
 * Sends one request and gives the answer as soon as its head is there. Its body is still to be read; reading fails with a
 * TransportFault when it is cut, stalls or is aborted.
 * @throws TransportFault
 */
export function exchange({ agent, url, method, headers, body, signal, timeout }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let sent = false;
    let reason: FaultReason = "network";
    const secure = url.protocol === "https:";
    const bodiless = body === undefined && (method === "GET" || method === "HEAD");
    const request = (secure ? httpsRequest : httpRequest)(url, {
      agent,
      method,
      headers: bodiless ? headers : { ...headers, "content-length": String(body?.size ?? 0) },
    });
    let response: IncomingMessage | undefined;
    const stop = (why: FaultReason, text: string): void => {
      reason = why;
      const fault = new TransportFault(why, sent, new Error(text));
      if (response === undefined) request.destroy(fault);
      else response.destroy(fault);
    };
    const stalled = (): void => stop("timeout", `No answer within ${timeout} ms`);
    // a timer of its own: the socket's covers neither the connecting nor the waiting for a free one
    const timer = setTimeout(stalled, timeout);
    const abort = (): void => stop("aborted", "The call was aborted");
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const fail = (cause: unknown): void => {
      finish();
      reject(cause instanceof TransportFault ? cause : new TransportFault(reason, sent, cause));
    };
    request.on("socket", (socket) => {
      if (socket.connecting) {
        socket.once(secure ? "secureConnect" : "connect", () => {
          sent = true;
          timer.refresh();
        });
      } else sent = true;
    });
    request.once("error", fail);
    request.once("response", (message) => {
      clearTimeout(timer);
      response = message;
      message.setTimeout(timeout, stalled);
      message.once("close", finish);
      resolve(message);
    });
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    else send();

    function send(): void {
      const bytes = body?.open();
      if (bytes === undefined) request.end();
      else if (bytes instanceof Uint8Array) request.end(bytes);
      else {
        bytes.once("error", () => {
          reason = "source";
        });
        pipeline(bytes, progress, request).catch(fail);
      }
    }

    async function* progress(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        timer.refresh();
        yield chunk;
      }
    }
  });
}
