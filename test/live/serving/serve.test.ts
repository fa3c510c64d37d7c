import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { disease, startDisease } from "../../support/cli.ts";
import type { TestProject } from "../../support/project.ts";
import { patients } from "../../support/project.ts";
import { promote, servedProject, startServe, until } from "../../support/serving/served.ts";

let base: TestProject;
beforeAll(async () => {
  base = await servedProject();
});
afterAll(() => base[Symbol.dispose]());

const [head, ...lines] = patients(20).map((line) => line.split(","));
const target = head!.indexOf("disease");
const rows = lines.map((line) => line.toSpliced(target, 1).map((cell) => (cell === "" ? null : Number(cell))));
const asked = (count = 1) => ({ dataframe_split: { columns: head!.toSpliced(target, 1), data: rows.slice(0, count) } });
const CHAMPION = "models:/skin@champion";

/** Records of the prediction log. */
function kept(project: TestProject): string {
  const folder = join(project.root, "lake", "predictions", "skin");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ndjson"));
  return files.map((name) => readFileSync(join(folder, name), "utf8")).join("");
}

test("it says where it answers in one line, and ends in order: what it answered is in the prediction log", async () => {
  using project = base.copy();
  const args = ["serve", CHAMPION, "--port", "0", "--json"];
  await using program = await startDisease(args, { cwd: project.root });
  const [, url] = await program.said(/Server listening at (\S+?)"/);
  const answer = await fetch(`${url}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(asked(3)),
  });
  const { predictions } = (await answer.json()) as { predictions: Record<string, number>[] };
  expect(predictions).toHaveLength(3);
  for (const row of predictions) expect(Object.values(row).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  program.kill("SIGTERM");
  const { code, stdout, stderr } = await program.ended;
  expect(code, stderr).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ url, name: "skin", version: "1", pid: program.pid });
  expect(kept(project)).toContain(answer.headers.get("x-prediction-id"));
});

test("a request in hand is answered after SIGTERM, new ones are not, and a second signal does not wait", async () => {
  using project = base.copy();
  const half = async (url: string) => {
    const body = JSON.stringify(asked());
    const socket = connect(Number(new URL(url).port), "127.0.0.1").setEncoding("utf8");
    const head = `POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    socket.write(head + body.slice(0, 20));
    // Its headers are read when a later request on another connection is answered.
    await fetch(`${url}/ping`);
    return { socket, rest: body.slice(20) };
  };
  {
    await using served = await startServe(project, [CHAMPION]);
    const { socket, rest } = await half(served.url);
    served.program.kill("SIGTERM");
    await served.program.said(/draining/);
    await until("new connections are refused", () =>
      fetch(`${served.url}/ping`).then(
        () => false,
        () => true,
      ),
    );
    const answer = textOf(socket);
    socket.write(rest);
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*"predictions"/);
    expect((await served.program.ended).code).toBe(0);
  }
  await using served = await startServe(project, [CHAMPION]);
  const { socket } = await half(served.url);
  socket.on("error", () => {});
  served.program.kill("SIGINT");
  await served.program.said(/draining/);
  served.program.kill("SIGINT");
  expect(await served.program.ended).toMatchObject({ signal: "SIGINT" });
});

test("a version that takes over under load costs no request", async () => {
  using project = base.copy();
  await using served = await startServe(project, [CHAMPION, "--watch", "0.1", "--log-level", "info"]);
  const seen = new Map<string, number>();
  let isOver = false;
  const client = async (): Promise<void> => {
    while (!isOver) {
      const answer = await served.post(asked());
      await answer.text();
      const key = `${answer.status} ${answer.headers.get("x-model")}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  await until("the first version answers", async () => (seen.get("200 skin/1") ?? 0) > 20);
  await promote(project, "2");
  await until("the second version answers", async () => (seen.get("200 skin/2") ?? 0) > 20);
  isOver = true;
  await Promise.all(clients);
  expect([...seen.keys()].sort()).toEqual(["200 skin/1", "200 skin/2"]);
});

test("a version whose files are garbage is not used: the old one goes on, and why is said once", async () => {
  using project = base.copy();
  // A copy of a project finds the files of its runs where they were made.
  const artifacts = join(base.root, "mlruns", "artifacts");
  const name = join("artifacts", "model", "preparation.bin");
  const all = readdirSync(artifacts, { recursive: true, encoding: "utf8" });
  const file = join(artifacts, all.find((path) => path.includes(versionRun(project, "2")) && path.endsWith(name))!);
  using _ = keeping(file);
  await using served = await startServe(project, [CHAMPION, "--watch", "0.1"]);
  writeFileSync(file, "garbage");
  moveAlias(project, "2");
  await served.program.said(
    /version 2 of the model is not used, version 1 goes on: [^"]*not those that were registered/,
  );
  for (let i = 0; i < 20; i++) {
    const answer = await served.post(asked());
    expect([answer.status, answer.headers.get("x-model")]).toEqual([200, "skin/1"]);
  }
  const metrics = await (await fetch(`${served.url}/metrics`)).text();
  expect(metrics).toContain('disease_model_swaps_total{result="refused"} 1');
  served.program.kill("SIGTERM");
  expect((await served.program.ended).stderr.match(/is not used/g)).toHaveLength(1);
});

test("the challenger is scored besides and its answers are only kept", async () => {
  using project = base.copy();
  await using served = await startServe(project, [CHAMPION, "--shadow", "models:/skin/2"]);
  await (await served.post(asked())).text();
  served.program.kill("SIGTERM");
  await served.program.ended;
  const log = kept(project);
  expect(log).toContain('"shadow"');
  expect(log).toContain('"answer"');
});

test("without its registry it starts with its copy, and says so", async () => {
  using project = base.copy();
  const env = { DISEASE_CACHE: join(project.root, "cache") };
  {
    await using served = await startServe(project, [CHAMPION, "--no-log"], { env });
    expect((await served.post(asked())).status).toBe(200);
  }
  writeFileSync(join(project.root, "mlruns", "mlflow.db"), "not a database ".repeat(1000));
  await using served = await startServe(project, [CHAMPION, "--watch", "0.1"], { env });
  await served.program.said(/the copy of version 1 of .* ago is used/);
  await served.program.said(/the registry cannot be asked, the model stays as it is/);
  expect((await served.post(asked())).headers.get("x-model")).toBe("skin/1");
});

test("a full disk loses predictions of the log, and no answer", async () => {
  using project = base.copy();
  const lake = join(project.root, "lake");
  mkdirSync(lake);
  // A disk of 16 kB in a namespace of its own, which needs no rights.
  const script = `mount -t tmpfs -o size=16k none ${lake} && exec "$@"`;
  const through = ["unshare", "--map-root-user", "--mount", "bash", "-c", script, "-"];
  await using served = await startServe(project, [CHAMPION], { through });
  for (let i = 0; i < 20; i++) expect((await served.post(asked(20))).status).toBe(200);
  await served.program.said(/predictions wait or are lost[^"]*the disk is full/);
  expect((await served.post(asked())).status).toBe(200);
  served.program.kill("SIGTERM");
  const { code, stderr } = await served.program.ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(/predictions were not kept: the disk is full/);
});

test("it does not listen to other machines without tokens or certificates", async () => {
  using project = base.copy();
  const run = (...args: string[]) =>
    disease(["serve", CHAMPION, "--host", "0.0.0.0", "--port", "0", ...args], { cwd: project.root });
  const { code, stderr } = await run();
  expect([code, stderr]).toEqual([2, expect.stringContaining("anyone who reaches 0.0.0.0 could ask the model")]);
  const secret = "a-secret-of-the-ward";
  await using served = await startServe(project, [CHAMPION, "--host", "0.0.0.0"], {
    env: { DISEASE_SERVE_TOKENS: secret },
  });
  const local = `http://127.0.0.1:${new URL(served.url).port}`;
  expect((await fetch(`${local}/v1/model`)).status).toBe(401);
  expect((await fetch(`${local}/v1/model`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
});

test("a port that is taken, and a model that is not there, are told with a way out", async () => {
  using project = base.copy();
  await using served = await startServe(project, [CHAMPION]);
  const { port } = new URL(served.url);
  const taken = await disease(["serve", CHAMPION, "--port", port], { cwd: project.root });
  expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining("the port is taken")]);
  const none = await disease(["serve", "models:/nobody@champion"], { cwd: project.root });
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('there is no registered model "nobody"')]);
});

/** Puts a file back when the scope ends. */
function keeping(path: string): Disposable {
  const bytes = readFileSync(path);
  return { [Symbol.dispose]: () => writeFileSync(path, bytes) };
}

/** Run of a version. */
function versionRun(project: TestProject, version: string): string {
  using database = new DatabaseSync(join(project.root, "mlruns", "mlflow.db"));
  const found = database.prepare("SELECT run_id FROM model_versions WHERE version = ?").get(Number(version));
  return String(found!.run_id);
}

/** As an alias that MLflow's own page moves: nobody checks the files. */
function moveAlias(project: TestProject, version: string): void {
  using database = new DatabaseSync(join(project.root, "mlruns", "mlflow.db"));
  database.prepare("UPDATE registered_model_aliases SET version = ? WHERE alias = 'champion'").run(Number(version));
}

function textOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.once("end", () => resolve(text)).once("error", reject);
  });
}
