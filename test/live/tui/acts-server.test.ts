import { afterAll, beforeAll, expect, test } from "vitest";
import { disease } from "../../support/cli.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject, type TestProject } from "../../support/project.ts";
import { Key, openScreen } from "../../support/screen.ts";

let server: MlflowServer;
let project: TestProject;

beforeAll(async () => {
  server = await startMlflowServer();
  project = makeProject({
    "experiments/skin.yaml": `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
families: { logistic: { C: [0.01, 1] } }
`,
    "experiments/gates/buena.yaml":
      "name: test\nrules:\n  - metric: { name: accuracy, min: 0.2, judge: value, min_n: 1 }\n",
  });
  const { code, stderr } = await disease(["exp", "run", "skin", "--tracking", server.url], { cwd: project.root });
  expect([code, stderr]).toEqual([0, expect.anything()]);
}, 120_000);
afterAll(async () => {
  await server.stop();
  project[Symbol.dispose]();
});

test("acts go to the server whose runs are shown, and so do the printed commands", async () => {
  const options = { cwd: project.root, cols: 160, rows: 40 };
  await using screen = await openScreen(["board", "skin", "--tracking", server.url], options);
  await screen.shows(/^❯ .*logistic C=1/m);
  screen.press("T");
  await screen.shows("sets a tag of logistic C=1");
  screen.press("revisado=sí", Key.enter);
  await screen.shows("✓ tagged logistic C=1");
  await screen.shows(`$ MLFLOW_TRACKING_URI=${server.url} disease runs tag`);

  screen.press("p");
  await screen.shows("Promote logistic C=1 to");
  screen.press(Key.enter);
  await screen.shows("type skin to promote it:");
  screen.press("skin", Key.enter);
  await screen.shows("version 1 of skin is in stage Production now");
  screen.press(Key.enter, "R");
  await screen.shows(/Production {2}1/);
  await screen.shows(/❯skin\/1 @champion/);

  const asked = async (path: string): Promise<unknown> => (await fetch(`${server.url}/api/2.0/mlflow/${path}`)).json();
  const found = await asked("registered-models/alias?name=skin&alias=champion");
  expect(found).toMatchObject({ model_version: { version: "1", current_stage: "Production" } });
  const { run_id } = (found as { model_version: { run_id: string } }).model_version;
  const { run } = (await asked(`runs/get?run_id=${run_id}`)) as {
    run: { data: { tags: { key: string; value: string }[] } };
  };
  expect(run.data.tags).toContainEqual({ key: "revisado", value: "sí" });
  // The project's own store has neither.
  const local = await disease(["models", "ls", "--json"], options);
  expect(JSON.parse(local.stdout)).toEqual([]);
});
