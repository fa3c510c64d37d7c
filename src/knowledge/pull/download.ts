/** A publisher's file over HTTP: conditional, bounded, and whole or an error. */
import { createWriteStream } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ExitCode, messageOf, UserError } from "../../core/errors.ts";
import { MOST_BYTES } from "../source.ts";

export interface DownloadOptions {
  /** What the publisher said of the file that is here; nothing is sent again where it is still that one. */
  readonly etag?: string;
  readonly lastModified?: string;
  /** Milliseconds without a byte after which it is given up. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** A part of the address that is never shown. */
  readonly secret?: string;
  /** Proxies are taken from it: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Downloaded {
  /** False: the file that is here is the latest, and nothing was written. */
  readonly changed: boolean;
  readonly etag?: string;
  readonly lastModified?: string;
}

const MOST_REDIRECTS = 8;

/** An address as it may be shown and kept: without user, password, query, and what is secret in it. */
export function shownUrl(url: string | URL, secret?: string): string {
  const { protocol, host, pathname } = new URL(url);
  const path = secret ? pathname.replaceAll(encodeURIComponent(secret), "…").replaceAll(secret, "…") : pathname;
  return `${protocol}//${host}${path}`;
}

/**
 * Gets a file.
 * @param to file that is written; to be removed by the caller when this fails
 * @throws UserError (exit 7) when it cannot be reached, is not there, is cut short, too large, or a web page
 */
export async function download(url: string, to: string, options: DownloadOptions): Promise<Downloaded> {
  const shown = shownUrl(url, options.secret);
  const fail = (why: string, fix: string, cause?: unknown): UserError =>
    new UserError(why, { where: shown, fix: [fix, OFFLINE], exitCode: ExitCode.unreachable, cause });
  try {
    const answer = await follow(new URL(url), options, fail);
    const { statusCode = 0, headers } = answer;
    if (statusCode === 304) {
      answer.resume();
      return { changed: false };
    }
    if (statusCode !== 200) {
      answer.resume();
      throw fail(`the publisher answers ${statusCode}`, ADVICE[statusCode] ?? "Try again later.");
    }
    if (/^text\/html/i.test(headers["content-type"] ?? "")) {
      answer.destroy();
      throw fail("the publisher answers with a web page in place of the file", "Look at the address in a browser.");
    }
    const packed = headers["content-encoding"] === "gzip";
    await pipeline([answer, ...(packed ? [createGunzip()] : []), bounded(fail), createWriteStream(to)], {
      signal: options.signal,
    });
    const [etag, lastModified] = [headers.etag, headers["last-modified"]];
    return { changed: true, ...(etag && { etag }), ...(lastModified && { lastModified }) };
  } catch (error) {
    if (error instanceof UserError || options.signal.aborted) throw error;
    const why = options.secret ? messageOf(error).replaceAll(options.secret, "…") : messageOf(error);
    throw fail(`the file could not be got whole: ${why}`, "Try again; behind a proxy set HTTPS_PROXY.");
  }
}

const OFFLINE = "Or get it elsewhere, and give it with --from FILE.";
const ADVICE: Readonly<Record<number, string>> = {
  401: "Check the key (DISEASE_OMIM_KEY).",
  403: "Check the key (DISEASE_OMIM_KEY), and whether the publisher lets you in.",
  404: "The file is not there: check --from and --release.",
  429: "Too many requests: try again in an hour.",
};

type Fail = (why: string, fix: string) => UserError;

async function follow(start: URL, options: DownloadOptions, fail: Fail): Promise<IncomingMessage> {
  let url = start;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const answer = await ask(url, options);
    const { statusCode = 0, headers } = answer;
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return answer;
    answer.resume();
    const next = new URL(headers.location, url);
    if (url.protocol === "https:" && next.protocol !== "https:")
      throw fail("the publisher sends on to an address without encryption", "Give the file's own address with --from.");
    url = next;
  }
  throw fail(`the publisher sends on more than ${MOST_REDIRECTS} times`, "Give the file's own address with --from.");
}

function ask(
  url: URL,
  { etag, lastModified, timeout, signal, env = process.env }: DownloadOptions,
): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const agent = secure ? new HttpsAgent({ proxyEnv: env }) : new HttpAgent({ proxyEnv: env });
  const headers = {
    "user-agent": "disease",
    "accept-encoding": "gzip",
    ...(etag && { "if-none-match": etag }),
    ...(lastModified && { "if-modified-since": lastModified }),
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(url, { agent, headers, signal }, resolve);
    request.setTimeout(timeout, () => request.destroy(new Error(`nothing came for ${timeout / 1000} s`)));
    request.on("error", reject);
    request.end();
  });
}

function bounded(fail: Fail): Transform {
  let bytes = 0;
  return new Transform({
    transform(piece: Buffer, _, done) {
      bytes += piece.length;
      if (bytes > MOST_BYTES) done(fail(`the file is larger than ${MOST_BYTES >> 20} MB`, "Check the address."));
      else done(null, piece);
    },
  });
}
