import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { placeOf } from "../src/artifacts/locate.ts";
import { localFile } from "../src/artifacts/paths.ts";
import type { ArtifactOwner, MultipartState, Signable } from "../src/index.ts";
import { clientOf, cut, type Handler, json, refuse, standIn } from "./support/stand-in.ts";

const OWNER: ArtifactOwner = { runId: "r", artifactUri: "mlflow-artifacts:/1/r/artifacts" };
const ROOT = "/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts";
const BYTES = Buffer.from(Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(""));

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "mlflow-js-client-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Serves BYTES by ranges; `answer` may do something else with the nth request (from 0). */
function fileServer(
  answer: (n: number, respond: (etag?: string) => void, r: Parameters<Handler>[1], range: string) => void,
): Handler {
  let n = 0;
  return (request, r) => {
    const range = String(request.headers.range ?? "");
    const respond = (etag = '"v1"'): void => {
      const from = request.headers["if-range"] === etag ? Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0) : 0;
      const body = BYTES.subarray(from);
      r.writeHead(from > 0 ? 206 : 200, {
        etag,
        "content-length": String(body.length),
        ...(from > 0 ? { "content-range": `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` } : {}),
      }).end(body);
    };
    answer(n++, respond, r, range);
  };
}

/** Sends the head of a whole file and `count` of its bytes, and ends the connection after them. */
function partly(r: Parameters<Handler>[1], count: number, etag = '"v1"', from = 0): void {
  const rest = BYTES.length - from;
  const range = from > 0 ? { "content-range": `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` } : {};
  r.writeHead(from > 0 ? 206 : 200, { etag, "content-length": String(rest), ...range });
  r.write(BYTES.subarray(from, from + count), () => r.socket?.end());
}

describe("a download", () => {
  test("goes on where it was cut, as often as it brings something", async () => {
    const server = await standIn(
      fileServer((n, respond, r, range) => {
        const from = Number(/\d+/.exec(range)?.[0] ?? 0);
        if (n < 8) partly(r, 4000, '"v1"', from);
        else respond();
      }),
    );
    const file = join(temporaryFolder(), "deep", "model.bin");
    const moved: number[] = [];
    const client = clientOf(server.url, { retry: { attempts: 2 } });
    await client.artifacts.download(OWNER, "model.bin", file, {
      onProgress: (bytes, total) => {
        moved.push(bytes);
        expect(total).toBe(BYTES.length);
      },
    });
    expect(readFileSync(file).equals(BYTES)).toBe(true);
    expect(server.seen.map((s) => s.headers.range)).toEqual([
      undefined,
      ...Array.from({ length: 8 }, (_, i) => `bytes=${(i + 1) * 4000}-`),
    ]);
    expect(moved).toEqual([...moved].sort((a, b) => a - b));
    expect(existsSync(`${file}.part`) || existsSync(`${file}.part.version`)).toBe(false);
  });

  test("goes on in a later call", async () => {
    const server = await standIn(fileServer((n, respond, r) => (n === 0 ? partly(r, 1000) : respond())));
    const file = join(temporaryFolder(), "a");
    const once = clientOf(server.url, { retry: { attempts: 1 } });
    await expect(once.artifacts.download(OWNER, "a", file)).rejects.toMatchObject({ kind: "network" });
    expect(existsSync(file)).toBe(false);
    expect(statSync(`${file}.part`).size).toBe(1000);
    await once.artifacts.download(OWNER, "a", file);
    expect(readFileSync(file).equals(BYTES)).toBe(true);
    expect(server.seen[1]!.headers.range).toBe("bytes=1000-");
  });

  test("begins again when the artifact has changed meanwhile", async () => {
    const server = await standIn(
      fileServer((n, respond, r) => (n === 0 ? partly(r, 1000, '"old"') : respond('"new"'))),
    );
    const file = join(temporaryFolder(), "a");
    await clientOf(server.url).artifacts.download(OWNER, "a", file);
    expect(readFileSync(file).equals(BYTES)).toBe(true);
  });

  test("begins again where the server has no versions, no ranges, or not that range", async () => {
    const plain = await standIn(
      fileServer((n, _, r) => {
        r.writeHead(200, { "content-length": String(BYTES.length) });
        if (n === 0) r.write(BYTES.subarray(0, 1000), () => r.socket?.end());
        else r.end(BYTES);
      }),
    );
    const folder = temporaryFolder();
    await clientOf(plain.url).artifacts.download(OWNER, "a", join(folder, "a"));
    expect(readFileSync(join(folder, "a")).equals(BYTES)).toBe(true);
    expect(plain.seen[1]!.headers.range).toBeUndefined();
    const unsatisfiable = await standIn(
      fileServer((n, respond, r, range) => (n === 0 ? partly(r, 1000) : range !== "" ? refuse(r, 416, "") : respond())),
    );
    await clientOf(unsatisfiable.url).artifacts.download(OWNER, "a", join(folder, "b"));
    expect(readFileSync(join(folder, "b")).equals(BYTES)).toBe(true);
  });

  test("leaves nothing under the file's own name when it is refused or aborted", async () => {
    const file = join(temporaryFolder(), "a");
    const server = await standIn(
      fileServer((n, _, r) => (n === 0 ? refuse(r, 404, "RESOURCE_DOES_NOT_EXIST") : partly(r, 10))),
    );
    await expect(clientOf(server.url).artifacts.download(OWNER, "a", file)).rejects.toMatchObject({ status: 404 });
    const signal = AbortSignal.abort();
    await expect(clientOf(server.url).artifacts.download(OWNER, "a", file, { signal })).rejects.toMatchObject({
      kind: "aborted",
    });
    expect(existsSync(file)).toBe(false);
  });

  test("as a stream gives what comes", async () => {
    const server = await standIn(fileServer((_, respond) => respond()));
    const chunks: Buffer[] = [];
    for await (const chunk of await clientOf(server.url).artifacts.stream(OWNER, "a")) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(BYTES)).toBe(true);
  });
});

describe("an upload", () => {
  test("is sent whole again after a cut, a 502 and a 500", async () => {
    let n = 0;
    const server = await standIn((_, r) => {
      n += 1;
      if (n === 1) cut(r);
      else json(r, {}, [0, 0, 502, 500, 200][n]);
    });
    const file = join(temporaryFolder(), "a");
    writeFileSync(file, BYTES);
    await clientOf(server.url).artifacts.upload(OWNER, "dir/a b.txt", file);
    expect(server.calls).toEqual(Array(4).fill(`PUT ${ROOT}/dir/a%20b.txt`));
    expect(server.seen.every((s) => s.body.equals(BYTES) && s.headers["content-length"] === String(BYTES.length))).toBe(
      true,
    );
  });

  test("of a file that cannot be read fails at once", async () => {
    const server = await standIn((_, r) => json(r, {}));
    const upload = clientOf(server.url).artifacts.upload(OWNER, "a", join(temporaryFolder(), "absent"));
    await expect(upload).rejects.toMatchObject({ kind: "invalid" });
    expect(server.seen).toEqual([]);
  });

  test("of a folder takes files, not links", async () => {
    const server = await standIn((_, r) => json(r, {}));
    const folder = temporaryFolder();
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "sub", "b"), "b");
    writeFileSync(join(folder, "a"), "");
    symlinkSync("/etc/hostname", join(folder, "link"));
    await clientOf(server.url).artifacts.uploadFolder(OWNER, folder, "out");
    expect(server.calls.sort()).toEqual([`PUT ${ROOT}/out/a`, `PUT ${ROOT}/out/sub/b`]);
  });
});

describe("an upload in parts", () => {
  interface Uploads {
    readonly parts: Map<number, Buffer>;
    completed: unknown;
    aborted: number;
  }

  /** A tracking server and, on another port, the store that parts go to; `spoils` may answer the nth part request. */
  async function servers(spoils: (n: number) => ((r: Parameters<Handler>[1]) => void) | undefined = () => undefined) {
    const state: Uploads = { parts: new Map(), completed: undefined, aborted: 0 };
    let n = 0;
    const store = await standIn((request, r) => {
      const spoil = spoils(n++);
      if (spoil !== undefined) return spoil(r);
      const number = Number(new URL(`http://x${request.url}`).searchParams.get("partNumber"));
      state.parts.set(number, request.body);
      r.writeHead(200, { etag: `"etag-${number}"` }).end();
    });
    const tracking = await standIn((request, r) => {
      const body = request.body.length === 0 ? {} : (request.json() as { num_parts: number });
      if (request.url.includes("/mpu/create/")) {
        const credentials = Array.from({ length: (body as { num_parts: number }).num_parts }, (_, i) => ({
          url: `${store.url}/bucket/key?partNumber=${i + 1}&X-Amz-Signature=s3cr3t%2B1`,
          part_number: i + 1,
          headers: { "x-store": "1" },
        }));
        return json(r, { upload_id: "up-1", credentials });
      }
      if (request.url.includes("/mpu/complete/")) state.completed = body;
      if (request.url.includes("/mpu/abort/")) state.aborted += 1;
      json(r, {});
    });
    const file = join(temporaryFolder(), "model.bin");
    writeFileSync(file, BYTES);
    return { state, store, tracking, file };
  }

  const OPTIONS = { multipartFrom: 1000, partSize: 20_000 };
  const whole = (state: Uploads): Buffer =>
    Buffer.concat([...state.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));

  test("goes straight to the store, without our credentials", async () => {
    const { state, store, tracking, file } = await servers();
    const moved: number[] = [];
    const client = clientOf(tracking.url, { auth: { token: "t0k" } });
    await client.artifacts.upload(OWNER, "m/model.bin", file, { ...OPTIONS, onProgress: (bytes) => moved.push(bytes) });
    expect(whole(state).equals(BYTES)).toBe(true);
    expect(tracking.calls).toEqual(
      ["create", "complete"].map((verb) => `POST /api/2.0/mlflow-artifacts/mpu/${verb}/1/r/artifacts/m`),
    );
    expect(state.completed).toMatchObject({
      path: "model.bin",
      upload_id: "up-1",
      parts: [{ part_number: 1, etag: '"etag-1"' }, { part_number: 2 }, { part_number: 3 }],
    });
    expect(store.seen.every((s) => s.headers.authorization === undefined && s.headers["x-store"] === "1")).toBe(true);
    expect(store.seen.every((s) => s.url.endsWith("X-Amz-Signature=s3cr3t%2B1"))).toBe(true);
    expect(moved.at(-1)).toBe(BYTES.length);
  });

  test("sends a part again after a failure, and no other", async () => {
    const { state, store, tracking, file } = await servers((n) => (n === 1 ? cut : undefined));
    await clientOf(tracking.url).artifacts.upload(OWNER, "m/model.bin", file, OPTIONS);
    expect(whole(state).equals(BYTES)).toBe(true);
    expect(store.seen).toHaveLength(4);
  });

  test("is taken back when it fails for good, with a message that does not hold the address's signature", async () => {
    const { state, tracking, file } = await servers(() => (r) => refuse(r, 403, "AccessDenied"));
    const upload = clientOf(tracking.url).artifacts.upload(OWNER, "m/model.bin", file, OPTIONS);
    await expect(upload).rejects.toThrow(/PUT part 1 of m\/model\.bin: AccessDenied/);
    await expect(upload).rejects.not.toThrow(/s3cr3t/);
    expect(state.aborted).toBe(1);
    expect(state.completed).toBeUndefined();
  });

  test("goes on from a checkpoint", async () => {
    let broken = true;
    const { state, store, tracking, file } = await servers((n) =>
      broken && n >= 2 ? (r) => refuse(r, 403, "down") : undefined,
    );
    const kept: MultipartState[] = [];
    const options = { ...OPTIONS, concurrency: 1, onCheckpoint: (s: MultipartState) => kept.push(s) };
    const client = clientOf(tracking.url);
    await expect(client.artifacts.upload(OWNER, "m/model.bin", file, options)).rejects.toThrow();
    broken = false;
    const before = store.seen.length;
    const resume = JSON.parse(JSON.stringify(kept.at(-1))) as MultipartState;
    await client.artifacts.upload(OWNER, "m/model.bin", file, { ...OPTIONS, resume });
    expect(whole(state).equals(BYTES)).toBe(true);
    expect(store.seen.length - before).toBe(BYTES.length > 40_000 ? 3 - resume.done.length : 1);
    expect(tracking.calls.filter((c) => c.includes("/create/"))).toHaveLength(1);
  });

  test("falls back to one request where the server has no such thing", async () => {
    const server = await standIn((request, r) =>
      request.method === "PUT" ? json(r, {}) : refuse(r, 501, "NOT_IMPLEMENTED", "Multipart upload is not supported"),
    );
    const file = join(temporaryFolder(), "model.bin");
    writeFileSync(file, BYTES);
    await clientOf(server.url).artifacts.upload(OWNER, "model.bin", file, OPTIONS);
    expect(server.seen.at(-1)!.body.equals(BYTES)).toBe(true);
  });
});

describe("hostile names", () => {
  const HOSTILE = [
    "../x",
    "a/../../x",
    "/etc/passwd",
    "a\0b",
    "a\\b",
    "C:/x",
    "c:x",
    "",
    "a//b",
    "./a",
    "a/.",
    "a/",
    "a\nb",
    "a#b",
    "%2e%2e/x",
    "a%00",
  ];

  test.each(HOSTILE)("%j is refused before anything is sent", async (name) => {
    const server = await standIn((_, r) => json(r, {}));
    const { artifacts } = clientOf(server.url);
    const file = join(temporaryFolder(), "x");
    await expect(artifacts.upload(OWNER, name, BYTES)).rejects.toMatchObject({ kind: "invalid" });
    await expect(artifacts.read(OWNER, name)).rejects.toMatchObject({ kind: "invalid" });
    await expect(artifacts.download(OWNER, name, file)).rejects.toMatchObject({ kind: "invalid" });
    await expect(artifacts.delete(OWNER, name)).rejects.toMatchObject({ kind: "invalid" });
    expect(server.seen).toEqual([]);
  });

  test.each(["../x", "/etc/cron.d/x", "a/../../x", "x\0", "..\\x", "C:\\x", "other/x"])(
    "%j from a server is refused, and nothing is written",
    async (path) => {
      const server = await standIn((request, r) =>
        request.url.includes("/artifacts/list")
          ? json(r, { files: [{ path, is_dir: false, file_size: 1 }] })
          : void r.end("x"),
      );
      const folder = temporaryFolder();
      const download = clientOf(server.url).artifacts.downloadFolder(OWNER, "model", join(folder, "out"));
      await expect(download).rejects.toMatchObject({ kind: "protocol" });
      expect(existsSync(join(folder, "out"))).toBe(false);
    },
  );

  test("a local file stays in its folder", () => {
    expect(localFile("/tmp/out", "a/b")).toBe(join("/tmp/out", "a", "b"));
    expect(() => localFile("/tmp/out", "../b")).toThrow(/stay in its folder/);
  });
});

describe("where files are", () => {
  const base = new URL("http://mlflow.example:5000/base");

  test.each([
    ["mlflow-artifacts:/1/r/artifacts", { kind: "proxy", root: "1/r/artifacts" }],
    ["mlflow-artifacts://mlflow.example:5000/1/r", { kind: "proxy", root: "1/r" }],
    ["http://mlflow.example:5000/base/api/2.0/mlflow-artifacts/artifacts/1/r%20x", { kind: "proxy", root: "1/r x" }],
    ["http://mlflow.example:5000/files/1/", { kind: "direct", root: "/files/1" }],
    ["s3://bucket/1", { kind: "server" }],
    ["/srv/mlruns/1", { kind: "server" }],
    ["file:///srv/mlruns/1", { kind: "server" }],
  ])("%s", (uri, place) => {
    expect(placeOf(base, uri)).toEqual(place);
  });

  test.each(["mlflow-artifacts://evil.example/1", "https://evil.example/x"])(
    "%s is on another server, which must not see our credentials",
    (uri) => {
      expect(() => placeOf(base, uri)).toThrow(/not on mlflow\.example/);
    },
  );
});

test("the sha-256 of what is uploaded is there for back ends that sign it", async () => {
  const server = await standIn((_, r) => json(r, {}));
  const file = join(temporaryFolder(), "a");
  writeFileSync(file, BYTES);
  const seen: string[] = [];
  const sign = ({ bodySha256 }: Signable) => {
    seen.push(bodySha256);
    return {};
  };
  const client = clientOf(server.url, { sign });
  await client.artifacts.upload(OWNER, "a", file);
  expect(seen).toEqual([createHash("sha256").update(BYTES).digest("hex")]);
});
