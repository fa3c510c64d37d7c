import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { request as secureRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { patients, type TestProject } from "../../support/project.ts";
import { servedProject, startServe, until } from "../../support/serving/served.ts";

let base: TestProject;
beforeAll(async () => {
  base = await servedProject();
});
afterAll(() => base[Symbol.dispose]());

const CHAMPION = "models:/skin@champion";
const [head, line] = patients(1).map((each) => each.split(","));
const target = head!.indexOf("disease");
const ONE = {
  dataframe_split: { columns: head!.toSpliced(target, 1), data: [line!.toSpliced(target, 1).map(Number)] },
};

const portOf = (url: string): number => Number(new URL(url).port);

/** What a socket is sent until it ends. */
function textOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.once("close", () => resolve(text)).on("error", () => {});
  });
}

test("clients that send slowly, or nothing, are cut off; others are answered meanwhile", async () => {
  await using served = await startServe(base, [CHAMPION, "--no-log", "--timeout", "1"]);
  const starts = [
    "",
    "POST /invocations HTTP/1.1\r\nhost: x\r\n",
    "POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
  ];
  const slow = starts.map((start) => {
    const socket = connect(portOf(served.url), "127.0.0.1");
    const drip = setInterval(() => socket.write("x"), 100);
    socket.once("close", () => clearInterval(drip));
    if (start === "") clearInterval(drip);
    else socket.write(start);
    return textOf(socket);
  });
  expect((await served.post(ONE)).status).toBe(200);
  for (const text of await Promise.all(slow)) expect(text).toMatch(/^(HTTP\/1\.1 408|$)/);
  expect((await served.post(ONE)).status).toBe(200);
});

test("10,000 connections leave a client that is connected its answers, and the service as it was", async () => {
  await using served = await startServe(base, [CHAMPION, "--no-log", "--connections", "500", "--timeout", "3"]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ping = () =>
    new Promise<number>((resolve, reject) => {
      get(`${served.url}/ping`, { agent }, (answer: IncomingMessage) => {
        answer.resume().once("end", () => resolve(answer.statusCode!));
      }).once("error", reject);
    });
  expect(await ping()).toBe(200);
  let ended = 0;
  const sockets = Array.from({ length: 10_000 }, () =>
    connect(portOf(served.url), "127.0.0.1")
      .resume()
      .on("error", () => {})
      .once("close", () => ended++),
  );
  await until("those above the limit are turned away", async () => {
    expect(await ping()).toBe(200);
    return ended >= 9_000;
  });
  await until("those that say nothing are cut off, and there is room again", async () => {
    expect(await ping()).toBe(200);
    return await fetch(`${served.url}/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  for (const socket of sockets) socket.destroy();
  agent.destroy();
  expect((await served.post(ONE)).status).toBe(200);
  const metrics = await (await fetch(`${served.url}/metrics`)).text();
  expect(Number(/^disease_connections_refused_total (\d+)/m.exec(metrics)![1])).toBeGreaterThanOrEqual(8_500);
  expect(Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)![1])).toBeLessThan(400e6);
});

test("a million columns and a body above the limit are refused, and the service goes on", async () => {
  await using served = await startServe(base, [CHAMPION, "--no-log"]);
  const names = Array.from({ length: 1_000_000 }, (_, i) => `c${i}`);
  const record = `{"dataframe_records": [{${names.map((name) => `"${name}":1`).join(",")}}]}`;
  expect((await served.post(record)).status).toBe(422);
  expect((await served.post({ dataframe_split: { columns: names, data: [] } })).status).toBe(422);
  const large = await served.post(`"${"x".repeat(17_000_000)}"`).then(
    ({ status }) => status,
    () => "cut off",
  );
  expect([413, "cut off"]).toContain(large);
  expect((await served.post(ONE)).status).toBe(200);
});

test("no path leads out of the service", async () => {
  await using served = await startServe(base, [CHAMPION, "--no-log"]);
  const ask = (path: string) => {
    const socket = connect(portOf(served.url), "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    return textOf(socket);
  };
  const paths = [
    "/../../../../etc/passwd",
    "/page/../../../package.json",
    "/page/%2e%2e%2f%2e%2e%2fpackage.json",
    "/page/..\\..\\package.json",
    "http://x/../etc/passwd",
  ];
  for (const path of paths) expect(await ask(path), path).toMatch(/^HTTP\/1\.1 4\d\d /);
});

test("with --tls-ca only clients with a certificate of it are answered", async () => {
  const folder = mkdtempSync(join(tmpdir(), "disease-tls-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const issue = (name: string, subject: string, extension: string) => {
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subject);
    writeFileSync(join(folder, `${name}.ext`), extension);
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "2",
      "-out",
      `${name}.pem`,
      "-extfile",
      `${name}.ext`,
    );
  };
  try {
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-days",
      "2",
      "-subj",
      "/CN=test",
    );
    issue("server", "/CN=localhost", "subjectAltName=IP:127.0.0.1");
    issue("client", "/CN=ward", "extendedKeyUsage=clientAuth");
    const file = (name: string): string => join(folder, name);
    const tls = ["--tls-cert", file("server.pem"), "--tls-key", file("server.key"), "--tls-ca", file("ca.pem")];
    await using served = await startServe(base, [CHAMPION, "--no-log", ...tls]);
    const ask = (certificate: object) =>
      new Promise<unknown>((resolve) => {
        const options = { ca: readFileSync(file("ca.pem")), agent: false, ...certificate } as const;
        secureRequest(`${served.url}/version`, options, (answer) => resolve(answer.statusCode))
          .once("error", () => resolve("refused"))
          .end();
      });
    expect(served.url).toMatch(/^https:/);
    expect(await ask({})).toBe("refused");
    expect(await ask({ cert: readFileSync(file("client.pem")), key: readFileSync(file("client.key")) })).toBe(200);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
