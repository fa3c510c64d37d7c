/** `disease deploy` on a registered model, and what the Dockerfile starts, started without Docker. */
import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Deployed } from "../../../src/app/deploy/deploy.ts";
import { enginesHome } from "../../../src/engines/folder.ts";
import { built, disease, type Outcome } from "../../support/cli.ts";
import { instructions } from "../../support/deploy.ts";
import { freePort } from "../../support/mlflow-server.ts";
import type { TestProject } from "../../support/project.ts";
import { servedProject, until } from "../../support/serving/served.ts";

const repository = join(import.meta.dirname, "..", "..", "..");
const SECRETS = {
  MLFLOW_TRACKING_TOKEN: "token-4711",
  DISEASE_PROJECT_KEY: "key-key-key-4711",
  DISEASE_SERVE_TOKENS: "bearer-4711",
};
let project: TestProject;

beforeAll(async () => {
  project = await servedProject();
});
afterAll(() => project[Symbol.dispose]());

function deploy(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return disease(["deploy", ...args], { cwd: project.root, env: { ...SECRETS, ...env } });
}

/** Every file under a folder by its path. */
function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => !one.isDirectory()).map((one) => join(one.parentPath, one.name));
}

const TARGETS: Readonly<Record<string, readonly string[]>> = {
  docker: ["--model-in", "image"],
  compose: [],
  kubernetes: ["--tracking-server", "http://mlflow.mlflow.svc:5000", "--workers", "redis://redis.queues.svc:6379"],
  sagemaker: [],
  azureml: [],
};

test.each(Object.entries(TARGETS))(
  "deploy %s writes files, says what comes next, and again changes nothing",
  async (target, flags) => {
    const first = await deploy([target, "models:/skin@champion", ...flags, "--json"]);
    expect([first.code, JSON.parse(first.stdout)]).toMatchObject([
      0,
      { target, folder: `deploy/${target}/disease-skin`, isWritten: true, model: { name: "skin", version: "1" } },
    ]);
    const { files, folder, next } = JSON.parse(first.stdout) as Deployed;
    expect(next[0]).toBe(`cd ${folder}`);
    expect(filesOf(join(project.root, folder)).sort()).toEqual(
      files.map(({ path }) => join(project.root, folder, path)).sort(),
    );
    for (const file of filesOf(join(project.root, folder)))
      for (const secret of Object.values(SECRETS)) expect(readFileSync(file).includes(secret), file).toBe(false);
    const again = await deploy([target, "models:/skin@champion", ...flags]);
    expect(again.code).toBe(0);
    expect(again.stdout).not.toMatch(/written|replaced/);
    expect(again.stdout).toContain("next:");
  },
);

test("a file that was changed by hand is kept until --force, and --dry-run names it", async () => {
  const command = ["azureml", "models:/skin/2", "--out", "ops"];
  expect((await deploy(command)).code).toBe(0);
  const file = join(project.root, "ops", "deployment.yml");
  const before = readFileSync(file, "utf8");
  writeFileSync(file, "mine");
  const refused = await deploy(command);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/a file would be overwritten[\s\S]*deployment\.yml[\s\S]*--force/);
  expect((await deploy([...command, "--dry-run"])).stdout).toMatch(
    /differs\s+deployment\.yml[\s\S]*nothing was written/,
  );
  expect(readFileSync(file, "utf8")).toBe("mine");
  expect((await deploy([...command, "--force"])).stdout).toMatch(/replaced\s+deployment\.yml/);
  expect(readFileSync(file, "utf8")).toBe(before);
});

test.each([
  [["docker", "models:/nobody@champion"], /no registered model "nobody"/],
  [["docker", "4f2a"], /only what is registered is deployed/],
  [["docker", "models:/skin@champion", "--node-image", "node:latest"], /--node-image node:latest[\s\S]*digest/],
  [["docker", "models:/skin@champion", "--image", "x\nRUN evil"], /not the name of an image/],
  [["kubernetes", "models:/skin@champion"], /--tracking-server http/],
  [["kubernetes", "models:/skin@champion", "--tracking-server", "http://me:secret4711@mlflow"], /holds credentials/],
  [
    [
      "kubernetes",
      "models:/skin@champion",
      "--tracking-server",
      "http://mlflow",
      "--workers",
      "redis://:secret4711@r:1",
    ],
    /holds credentials/,
  ],
  [
    ["kubernetes", "models:/skin@champion", "--tracking-server", "http://mlflow", "--namespace", "No_Good"],
    /not the name of a namespace/,
  ],
] as const)("deploy %j is refused, with the way out and without secrets", async (args, message) => {
  const { code, stderr } = await deploy([...args, "--out", "refused"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).toContain("fix:");
  expect(stderr).not.toContain("secret4711");
  expect(readdirSync(project.root)).not.toContain("refused");
});

/** What the last stage of a Dockerfile lays out, in a folder instead of a container. */
async function laidOutImage(
  folder: string,
): Promise<{ root: string; env: Record<string, string>; words(name: string): string[] } & Disposable> {
  await built();
  const root = realpathSync(mkdtempSync(join(tmpdir(), "disease-image-")));
  const all = instructions(readFileSync(join(folder, "Dockerfile"), "utf8"));
  const stage = all.slice(all.findLastIndex(({ name }) => name === "FROM"));
  let app = root;
  const env: Record<string, string> = {};
  for (const { name, rest } of stage) {
    const words = rest.split(/\s+/);
    if (name === "WORKDIR") app = join(root, rest);
    if (name === "WORKDIR") mkdirSync(app, { recursive: true });
    if (name === "RUN")
      for (const path of words.filter((word) => word.startsWith("/"))) mkdirSync(join(root, path), { recursive: true });
    if (name === "ENV")
      for (const [, key, value] of rest.matchAll(/(\w+)=(\S+)/g))
        env[key!] = value!.startsWith("/") ? join(root, value!) : value!;
    if (name !== "COPY") continue;
    const isBuilt = words[0] === "--from=build";
    const sources = words.slice(isBuilt ? 1 : 0, -1);
    const to = words.at(-1)!;
    for (const source of sources) {
      const from = !isBuilt
        ? join(folder, source)
        : source.startsWith("/app/")
          ? join(repository, source.slice(5))
          : enginesHome();
      const target = join(to.startsWith("/") ? root : app, to, to.endsWith("/") ? source.split("/").at(-1)! : "");
      mkdirSync(dirname(target), { recursive: true });
      if (/node_modules|engines/.test(source)) symlinkSync(from, target);
      else cpSync(from, target, { recursive: true });
    }
  }
  const words = (name: string): string[] => {
    const { rest } = stage.find((one) => one.name === name)!;
    return JSON.parse(rest.slice(rest.indexOf("["))) as string[];
  };
  return { root, env, words, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

test.each(["image", "registry"])(
  "what the Dockerfile starts, with the model in the %s, answers, is healthy, and ends at SIGTERM",
  async (modelIn) => {
    const folder = join(project.root, "image", modelIn);
    expect((await deploy(["docker", "models:/skin@champion", "--model-in", modelIn, "--out", folder])).code).toBe(0);
    using image = await laidOutImage(folder);
    const port = String(await freePort());
    const tokens = image.env.DISEASE_SERVE_TOKENS_FILE!;
    mkdirSync(dirname(tokens), { recursive: true });
    writeFileSync(tokens, "a-token-of-the-test-1234567890");
    const env = {
      ...image.env,
      PATH: dirname(process.execPath),
      DISEASE_PORT: port,
      ...(modelIn === "registry" && { MLFLOW_TRACKING_URI: `sqlite:///${project.root}/mlruns/mlflow.db` }),
    };
    const run = (words: string[]) =>
      spawn(words[0]!, words.slice(1), { cwd: join(image.root, "app"), env, stdio: ["ignore", "ignore", "pipe"] });
    const before = new Set(filesOf(image.root));
    const service = run(image.words("CMD"));
    let said = "";
    service.stderr!.on("data", (text) => {
      said += text;
    });
    const ended = new Promise<number | null>((resolve) => service.once("close", resolve));
    try {
      const url = `http://127.0.0.1:${port}`;
      await until(`it answers: ${said}`, async () => {
        if (service.exitCode !== null) throw new Error(`it ended with ${service.exitCode}: ${said}`);
        return (await fetch(`${url}/ping`).catch(() => undefined))?.ok;
      });
      const ask = (headers: Record<string, string>) =>
        fetch(`${url}/invocations`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify({ dataframe_records: [example(folder, modelIn)] }),
        });
      expect((await ask({})).status).toBe(401);
      const answer = await ask({ authorization: "Bearer a-token-of-the-test-1234567890" });
      expect([answer.status, await answer.json()]).toMatchObject([200, { predictions: expect.any(Array) }]);
      const check = run(image.words("HEALTHCHECK"));
      expect(await new Promise((resolve) => check.once("close", resolve))).toBe(0);
      service.kill("SIGTERM");
      expect(await ended).toBe(0);
    } finally {
      service.kill("SIGKILL");
      await ended;
    }
    const check = run(image.words("HEALTHCHECK"));
    expect(await new Promise((resolve) => check.once("close", resolve))).toBe(1);
    // it runs on a read-only file system: what it writes is in its volumes
    const written = filesOf(image.root).filter((path) => !before.has(path));
    expect(written.length).toBeGreaterThan(0);
    for (const path of written) expect(path.slice(image.root.length)).toMatch(/^\/var\/(lib|cache)\/disease\//);
  },
);

/** The made-up patient of the served model. */
function example(folder: string, modelIn: string): Record<string, unknown> {
  const [file] =
    modelIn === "image"
      ? [join(folder, "served", "model", "model.json")]
      : filesOf(join(project.root, "mlruns")).filter((path) => path.endsWith("/model/model.json"));
  return (JSON.parse(readFileSync(file!, "utf8")) as { example: Record<string, unknown> }).example;
}
