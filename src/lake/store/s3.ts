import { UserError } from "../../core/errors.ts";
import type { LakeStorage } from "../../core/lake.ts";
import { openCache } from "./cache.ts";
import { NotThere, openS3, type S3Settings } from "./s3-client.ts";

export interface BucketSettings {
  /** "s3://bucket/prefix". */
  readonly uri: string;
  /** AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION or AWS_DEFAULT_REGION (us-east-1), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. */
  readonly env: NodeJS.ProcessEnv;
  /** Folder on this disk for files that are read. */
  readonly cache: string;
  /** Bytes that it may hold. */
  readonly cacheLimit: number;
}

/** A lake in a bucket. @throws UserError for a wrong address, and without keys */
export function openBucket({ uri, env, cache, cacheLimit }: BucketSettings): LakeStorage {
  const { prefix, ...settings } = settingsOf(uri, env);
  const client = openS3(settings);
  const files = openCache(cache, cacheLimit);
  const keyOf = (path: string): string => prefix + path;
  const found = async <T>(path: string, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      throw new UserError(`the lake has no file ${path}`, {
        where: uri,
        fix: "`disease lake verify` says what is missing.",
        cause: error,
      });
    }
  };
  const stream = (path: string) => found(path, () => client.get(keyOf(path)));
  const read = async (path: string): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    for await (const chunk of await stream(path)) parts.push(chunk as Uint8Array);
    return Buffer.concat(parts);
  };
  let checked: Promise<void> | undefined;
  return {
    uri,
    read,
    stream,
    local: (path) =>
      files.get(
        path
          .split("/")
          .at(-1)!
          .replace(/\.parquet$/, ""),
        () => stream(path),
        `${uri}/${path}`,
      ),
    async put(path, file) {
      await client.putFile(keyOf(path), file);
    },
    async putNew(path, bytes) {
      checked ??= refuseOverwriting(client, keyOf(".tmp/probe"), uri);
      await checked;
      if (await client.putNew(keyOf(path), bytes)) return true;
      // A first try may have arrived though its answer did not: what is there is ours then.
      return Buffer.from(await read(path)).equals(bytes);
    },
    async *list(start) {
      for await (const { key, bytes, modified } of client.list(keyOf(start))) {
        yield { path: key.slice(prefix.length), bytes, modified };
      }
    },
    async remove(path) {
      await client.remove(keyOf(path));
    },
  };
}

/** Some servers ignore If-None-Match, and would let two writers overwrite each other. */
async function refuseOverwriting(client: ReturnType<typeof openS3>, key: string, where: string): Promise<void> {
  const probe = Buffer.from("Whether this server keeps what is there.\n");
  await client.putNew(key, probe);
  if (!(await client.putNew(key, probe))) return;
  throw new UserError("this server overwrites objects in spite of If-None-Match: *", {
    where,
    fix: "Take a server that knows conditional writes (Amazon S3 does, MinIO since 2024), or a folder.",
  });
}

function settingsOf(uri: string, env: NodeJS.ProcessEnv): S3Settings & { readonly prefix: string } {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(uri);
  if (match === null) {
    throw new UserError("not an address of a bucket", { where: uri, fix: "Write s3://BUCKET/PREFIX." });
  }
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new UserError("there are no keys for the bucket", {
      where: uri,
      fix: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN where there is one.",
    });
  }
  const folder = (match[2] ?? "").replace(/^\/+|\/+$/g, "");
  return {
    bucket: match[1]!,
    prefix: folder === "" ? "" : `${folder}/`,
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1",
    endpoint: endpointOf(env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined),
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  };
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined || /^https?:\/\/[^/?#@]+(\/[^?#@]*)?$/.test(text)) return text;
  throw new UserError("not an address of a server", {
    where: "AWS_ENDPOINT_URL",
    fix: "Write http://HOST:PORT or https://HOST.",
  });
}
