import { expect, test } from "vitest";
import { disease, gone, startDisease } from "../../support/cli.ts";
import { freePort } from "../../support/mlflow-server.ts";
import { makeProject } from "../../support/project.ts";
import { venvPython } from "../../support/venv.ts";

test("track up serves the project's store with the real MLflow until Ctrl-C, while sweeps go on", async () => {
  using project = makeProject();
  await disease(["exp", "run", "quick"], { cwd: project.root });
  const env = { DISEASE_MLFLOW: await venvPython("reference") };
  const port = String(await freePort());
  await using program = await startDisease(["track", "up", "--port", port], { cwd: project.root, env });
  await program.said(/Ctrl-C stops it/);
  const url = `http://127.0.0.1:${port}`;
  expect(await (await fetch(url)).text()).toContain("<title>MLflow</title>");
  await disease(["exp", "run", "quick", "--force"], { cwd: project.root });
  const found = await fetch(`${url}/api/2.0/mlflow/runs/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ experiment_ids: ["1"] }),
  });
  expect(((await found.json()) as { runs: unknown[] }).runs).toHaveLength(4);
  program.kill("SIGINT");
  expect(await program.ended).toMatchObject({ code: 0, stdout: `${url}\n` });
  await gone([program.pid]);
  await expect(fetch(url)).rejects.toThrow();
});

test("MLflow is not installed without consent", async () => {
  using project = makeProject();
  await disease(["exp", "run", "quick"], { cwd: project.root });
  const { code, stderr } = await disease(["track", "up"], { cwd: project.root, env: { XDG_CACHE_HOME: project.root } });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/MLflow is not installed, and nobody can be asked[\s\S]*--yes[\s\S]*DISEASE_MLFLOW/),
  });
});

test("ui names the address of the project's server where there is no display", async () => {
  using project = makeProject({ "disease.yaml": "tracking:\n  uri: http://127.0.0.1:9\n" });
  const env = { DISPLAY: undefined, WAYLAND_DISPLAY: undefined };
  expect(await disease(["ui"], { cwd: project.root, env })).toMatchObject({ code: 0, stdout: "http://127.0.0.1:9\n" });
});
