import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Project } from "../../../src/app/project.ts";
import { openServed } from "../../../src/app/served/open.ts";
import { withRegistry } from "../../../src/app/workbench.ts";
import type { ServedTable } from "../../../src/core/serving/serving.ts";
import { register } from "../../../src/registry/register.ts";
import { finishedRun } from "../../registry/support.ts";
import { temporaryFolder } from "../../stores/support.ts";
import { startMlflowServer } from "../../support/mlflow-server.ts";
import { modelArtifacts } from "../../support/serving/served-model.ts";

test("a server's model is opened with its intervals; its copy here serves when the server is away, or has lost the files", async () => {
  const home = temporaryFolder();
  vi.stubEnv("DISEASE_CACHE", home);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const server = await startMlflowServer();
  onTestFinished(() => server.stop());
  const root = temporaryFolder();
  const project: Project = { root, mlruns: join(root, "mlruns"), server: server.url };
  const notices: string[] = [];
  const notify = ({ message }: { readonly message: string }): void => {
    notices.push(message);
  };
  const runId = await withRegistry(project, notify, {}, async (bench) => {
    const made = await finishedRun(bench, "bayes", await modelArtifacts());
    await register(bench, "skin", made);
    return made;
  });
  const open = async (address: string): Promise<ServedTable> => {
    const model = await openServed(project, address, { notify });
    onTestFinished(() => model.dispose());
    return model as ServedTable;
  };
  const model = await open("models:/skin/1");
  expect(model.identity).toMatchObject({ name: "skin", version: "1", runId, family: "naive-bayes" });
  expect(model.validation?.answers.rows.reduce((a, b) => a + b)).toBe(90);
  expect((await open(`runs:/${runId}/model`)).identity).toMatchObject({ name: null, hash: model.identity.hash });
  expect(notices).toEqual([]);

  rmSync(join(server.folder, "mlartifacts"), { recursive: true });
  expect((await open("models:/skin/1")).identity).toEqual(model.identity);
  expect(notices).toEqual([]);

  server.kill();
  for (const address of ["models:/skin/1", `runs:/${runId}/model`]) {
    const copy = await open(address);
    expect(copy.identity.hash).toBe(model.identity.hash);
    expect(copy.validation).toEqual(model.validation);
    expect(notices.at(-1)).toMatch(/: the copy.* of 0 minutes ago is used for /);
  }
  await expect(open("models:/skin")).rejects.toMatchObject({ exitCode: 7 });
}, 120_000);
