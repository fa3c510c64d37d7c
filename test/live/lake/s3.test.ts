import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inParallel } from "../../../src/lake/parallel.ts";
import { openBucket } from "../../../src/lake/store/s3.ts";
import { openS3, PART_BYTES } from "../../../src/lake/store/s3-client.ts";
import { disease } from "../../support/cli.ts";
import { venvPython } from "../../support/venv.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "tester", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "eu-central-1" };
let server: ChildProcess;
let endpoint: string;
const folder = mkdtempSync(join(tmpdir(), "disease-test-s3-"));

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

beforeAll(async () => {
  const python = await venvPython("lake");
  const port = await freePort();
  endpoint = `http://127.0.0.1:${port}`;
  server = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const deadline = Date.now() + 120_000;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isUp = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) break;
    if (Date.now() > deadline) throw new Error("moto's server does not start");
    await delay(100);
  }
  const made = await fetch(`${endpoint}/clinic`, {
    method: "PUT",
    body: "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>",
  });
  if (!made.ok) throw new Error(await made.text());
});

afterAll(async () => {
  server.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const client = () =>
  openS3({
    bucket: "clinic",
    region: "eu-central-1",
    endpoint,
    credentials: { accessKeyId: "tester", secretAccessKey: "secret" },
  });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of stream) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

test("more objects than a page holds are listed", async () => {
  const s3 = client();
  const keys = Array.from({ length: 1003 }, (_, i) => `pages/${i}`);
  await inParallel(keys, 8, (key) => s3.put(key, Buffer.from("x")));
  expect((await all(s3.list("pages/"))).map(({ key }) => key).sort()).toEqual(keys.sort());
});

test("objects are written, listed, read and removed; names with spaces and marks too", async () => {
  const s3 = client();
  const keys = ["list/a b+c&d.json", "list/é'(1)*.json", "list/z.json"];
  for (const key of keys) await s3.put(key, Buffer.from(key));
  const listed = await all(s3.list("list/"));
  expect(listed.map(({ key }) => key).sort()).toEqual([...keys].sort());
  for (const key of keys) expect(await textOf(await s3.get(key))).toBe(key);
  for (const key of keys) await s3.remove(key);
  expect(await all(s3.list("list/"))).toEqual([]);
});

test("of many who make the same object, one does", async () => {
  const s3 = client();
  const made = await Promise.all(Array.from({ length: 8 }, (_, i) => s3.putNew("once.json", Buffer.from(String(i)))));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(await textOf(await s3.get("once.json"))).toBe(String(made.indexOf(true)));
});

test("a large file goes up in parts", async () => {
  const file = join(folder, "large");
  const bytes = Buffer.alloc(PART_BYTES + 1000, "0123456789");
  writeFileSync(file, bytes);
  const s3 = client();
  await s3.putFile("large", file);
  expect((await textOf(await s3.get("large"))) === bytes.toString()).toBe(true);
});

test("a server that overwrites in spite of If-None-Match is refused", async () => {
  await using careless = createServer((request, response) => request.resume().on("end", () => response.end())).listen(
    0,
  );
  await once(careless, "listening");
  const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${(careless.address() as AddressInfo).port}` };
  const storage = openBucket({ uri: "s3://clinic", env, cache: join(folder, "none"), cacheLimit: 1e6 });
  await expect(storage.putNew("manifests/t/v1.json", Buffer.from("{}"))).rejects.toThrow("overwrites");
});

function project(name: string): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
  const cwd = join(folder, name);
  mkdirSync(join(cwd, "experiments"), { recursive: true });
  writeFileSync(join(cwd, "disease.yaml"), `lake:\n  uri: s3://clinic/${name}\n`);
  return { cwd, env: { ...KEYS, AWS_ENDPOINT_URL: endpoint, DISEASE_CACHE: join(cwd, "cache"), DISEASE_JOBS: "1" } };
}

test("a lake in a bucket takes files in once from several processes, is asked, verified and collected", async () => {
  const place = project("lake-a");
  const run = (...args: string[]) => disease(["lake", ...args], place);
  expect((await run("init")).code).toBe(0);
  const names = ["a", "b"].map((name) => {
    writeFileSync(join(place.cwd, `${name}.csv`), `id\n${name}1\n${name}2\n`);
    return `${name}.csv`;
  });
  const ended = await Promise.all(
    [names, names.slice(0, 1), names].map((files) => run("add", ...files, "--table", "t")),
  );
  expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ended.map(() => ({ code: 0, stderr: "" })));
  expect((await run("sql", "SELECT id FROM t ORDER BY id", "--csv")).stdout).toBe("id\na1\na2\nb1\nb2\n");
  expect(readdirSync(join(place.cwd, "cache", "lake")).length).toBeGreaterThan(0);
  expect(await run("verify")).toMatchObject({ code: 0 });
  expect((await run("gc", "--now")).code).toBe(0);
  expect(await run("verify")).toMatchObject({ code: 0 });

  // The bucket's bytes are verified, not those of the cache.
  const [part] = (await all(client().list("lake-a/curated/"))).map(({ key }) => key);
  await client().put(part!, Buffer.from("broken"));
  expect(await run("verify")).toMatchObject({
    code: 3,
    stdout: expect.stringContaining(part!.slice("lake-a/".length)),
  });
});

test("a bucket that is not there, a server that is away, and missing keys are told apart", async () => {
  const place = project("lake-b");
  const tables = (env: NodeJS.ProcessEnv) => disease(["lake", "tables"], { ...place, env: { ...place.env, ...env } });
  expect(await tables({ DISEASE_LAKE: "s3://nowhere/x" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("there is no such bucket"),
  });
  expect(await tables({ AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` })).toMatchObject({
    code: 7,
    stderr: expect.stringContaining("the bucket cannot be reached"),
  });
  expect(await tables({ AWS_SECRET_ACCESS_KEY: "" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("there are no keys"),
  });
});

test("wrong keys are refused with what to check, and not tried again", async () => {
  let asked = 0;
  await using strict = createServer((request, response) => {
    asked++;
    request.resume();
    response.writeHead(403).end("<Error><Code>SignatureDoesNotMatch</Code></Error>");
  }).listen(0);
  await once(strict, "listening");
  const place = project("lake-c");
  const env = { ...place.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${(strict.address() as AddressInfo).port}` };
  const refused = await disease(["lake", "tables"], { ...place, env });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("SignatureDoesNotMatch") });
  expect(refused.stderr).not.toContain("secret");
  expect(asked).toBe(1);
});
