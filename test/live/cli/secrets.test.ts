import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { disease, type Outcome } from "../../support/cli.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

/** No word of ours, of MLflow's or of a hash. */
const CANARY = "kanarienvogel";
const GATE = "rules:\n  - metric: { name: accuracy, min: 0.1, judge: value, min_n: 5 }\n";
/** Every secret that we read from the environment, and one of a program beside us. */
const SECRETS = Object.fromEntries(
  ["MLFLOW_TRACKING_TOKEN", "DATABRICKS_TOKEN", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET", "GH_TOKEN"].map(
    (name) => [name, `${CANARY}-${name.toLowerCase().replaceAll("_", "-")}`],
  ),
);

const IMPATIENT = { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" };

let server: MlflowServer;
beforeAll(async () => {
  server = await startMlflowServer();
});
afterAll(async () => {
  await server?.stop();
});

/** Files below a folder that hold the canary as it is, in base64, or as basic authorization encodes it. */
function leaksIn(folder: string): string[] {
  const forms = [CANARY, ...[0, 1, 2].map((shift) => base64Core("x".repeat(shift)))];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .filter((name) => {
      const bytes = readFileSync(join(folder, name));
      return forms.some((form) => bytes.includes(form));
    });
}

/** What base64 makes of the canary after a prefix, less the characters that its neighbours decide. */
function base64Core(prefix: string): string {
  const text = Buffer.from(`${prefix}${CANARY}`).toString("base64").replace(/=+$/, "");
  return text.slice(Math.ceil((prefix.length * 4) / 3), -2);
}

const leaksOf = ({ stdout, stderr }: Outcome): string[] =>
  `${stdout}\n${stderr}`.split("\n").filter((line) => [CANARY, base64Core("")].some((form) => line.includes(form)));

async function everything(project: TestProject, env: NodeJS.ProcessEnv): Promise<Outcome[]> {
  const commands = [
    "exp run quick",
    "track status --json",
    "track sync",
    "models promote --from-experiment quick --gate easy --to Production --json --junit r.xml --markdown r.md",
    "models history quick",
    "exp leaderboard quick --json",
  ];
  const outcomes: Outcome[] = [];
  for (const command of commands) outcomes.push(await disease(command.split(" "), { cwd: project.root, env }));
  return outcomes;
}

test.each([
  ["a token", (url: string) => ({ MLFLOW_TRACKING_URI: url })],
  ["a password in the address", (url: string) => ({ MLFLOW_TRACKING_URI: url.replace("//", `//ann:${CANARY}@`) })],
  [
    "a password",
    (url: string) => ({
      MLFLOW_TRACKING_URI: url,
      MLFLOW_TRACKING_TOKEN: undefined,
      MLFLOW_TRACKING_USERNAME: "ann",
      MLFLOW_TRACKING_PASSWORD: CANARY,
    }),
  ],
])("%s leaves no trace in what is printed, kept or sent to the server, even with DEBUG=*", async (_, address) => {
  using project = makeProject({ "experiments/gates/easy.yaml": GATE });
  const outcomes = await everything(project, { ...SECRETS, ...address(server.url), DEBUG: "*" });
  expect(outcomes.map((o) => o.code)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(outcomes.flatMap(leaksOf)).toEqual([]);
  expect(leaksIn(project.root)).toEqual([]);
  expect(leaksIn(server.folder)).toEqual([]);
});

test("nor where the server is away", async () => {
  using project = makeProject({ "experiments/gates/easy.yaml": GATE });
  const uri = `http://ann:${CANARY}@127.0.0.1:9`;
  const outcomes = await everything(project, { ...SECRETS, MLFLOW_TRACKING_URI: uri, ...IMPATIENT, DEBUG: "*" });
  expect(outcomes.map((o) => o.code)).toContain(7);
  expect(outcomes.flatMap(leaksOf)).toEqual([]);
  expect(leaksIn(project.root)).toEqual([]);
});

test("nor where the server's own error repeats what it was sent", async () => {
  const echo = createServer((request, response) => {
    response.writeHead(400, { "content-type": "application/json" });
    response.end(JSON.stringify({ error_code: "BAD_REQUEST", message: JSON.stringify(request.headers) }));
  });
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  try {
    using project = makeProject({ "experiments/gates/easy.yaml": GATE });
    const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const [seen] = await everything(project, { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: "harmless" });
    expect(seen!.stderr).toContain('"authorization":"***"'); // else this shows nothing
    const token = await everything(project, { ...SECRETS, MLFLOW_TRACKING_URI: url });
    const password = await everything(project, { MLFLOW_TRACKING_URI: url.replace("//", `//ann:${CANARY}@`) });
    expect([...token, ...password].flatMap(leaksOf)).toEqual([]);
    expect(leaksIn(project.root)).toEqual([]);
  } finally {
    echo.close();
    echo.closeAllConnections();
  }
});
