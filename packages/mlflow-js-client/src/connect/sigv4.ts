import { createHash, createHmac } from "node:crypto";
import type { Headers, Signable } from "../http/http.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SigV4Scope {
  readonly region: string;
  readonly service: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Signs and sends X-Amz-Content-SHA256 too. Default false. */
  readonly signBodyHash?: boolean;
}

/**
 * The headers that sign a request by AWS Signature Version 4 (docs.aws.amazon.com, "Create a signed AWS API request"): each
 * part of the path is percent-encoded once more than on the wire, as all services but S3 want it.
 */
export function signV4(request: Signable, credentials: AwsCredentials, scope: SigV4Scope): Headers {
  const date = new Date(scope.time).toISOString().replace(/[-:]|\.\d+/g, "");
  const added: Record<string, string> = { host: request.url.host, "x-amz-date": date };
  if (credentials.sessionToken !== undefined) added["x-amz-security-token"] = credentials.sessionToken;
  if (scope.signBodyHash === true) added["x-amz-content-sha256"] = request.bodySha256;
  const headers = { ...request.headers, ...added };
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url.search),
    ...names.map((name) => `${name}:${headers[name]!.trim().replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    request.bodySha256,
  ].join("\n");
  const day = date.slice(0, 8);
  const range = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, range, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = [day, scope.region, scope.service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, toSign).digest("hex");
  return {
    ...added,
    authorization:
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${range}, SignedHeaders=${names.join(";")}, ` +
      `Signature=${signature}`,
  };
}

function hmac(key: string | Buffer, text: string) {
  return createHmac("sha256", key).update(text);
}

function canonicalPath(path: string): string {
  return path.replace(/\/+/g, "/").split("/").map(encode).join("/");
}

function canonicalQuery(search: string): string {
  if (search.length <= 1) return "";
  return search
    .slice(1)
    .split("&")
    .map((pair) => {
      const at = pair.indexOf("=");
      return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    })
    .map((pair) => pair.map((text) => encode(decodeURIComponent(text!))))
    .sort(([a, x], [b, y]) => (a === b ? (x! < y! ? -1 : 1) : a! < b! ? -1 : 1))
    .map((pair) => pair.join("="))
    .join("&");
}

/** RFC 3986: all but letters, digits and - . _ ~. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
