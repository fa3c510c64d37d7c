import { createHash, createHmac } from "node:crypto";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Signable {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hex, or UNSIGNED-PAYLOAD. */
  readonly bodyHash: string;
}

/**
 * The headers that sign a request to S3 by AWS Signature Version 4 (docs.aws.amazon.com, "Create a signed AWS API request"): of S3 the
 * path is signed as it goes over the wire.
 * @param time milliseconds since the epoch
 */
export function signS3(
  request: Signable,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  region: string,
  time: number,
): Readonly<Record<string, string>> {
  const date = new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
  const added: Record<string, string> = {
    "x-amz-date": date,
    "x-amz-content-sha256": request.bodyHash,
    ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
  };
  const headers: Record<string, string> = { ...request.headers, ...added, host: request.url.host };
  const names = Object.keys(headers).sort();
  const query = [...request.url.searchParams]
    .map(([name, value]) => [encodeUri(name), encodeUri(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map((pair) => pair.join("="))
    .join("&");
  const canonical = [
    request.method,
    request.url.pathname,
    query,
    ...names.map((name) => `${name}:${headers[name]!.trim()}`),
    "",
    names.join(";"),
    request.bodyHash,
  ].join("\n");
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = scope
    .split("/")
    .reduce<string | Buffer>((secret, part) => hmac(secret, part).digest(), `AWS4${secretAccessKey}`);
  const credential = `Credential=${accessKeyId}/${scope}`;
  return {
    ...added,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(";")}, Signature=${hmac(key, toSign).digest("hex")}`,
  };
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text);

/** RFC 3986: all but letters, digits and - . _ ~. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
