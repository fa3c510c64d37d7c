import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { disease } from "../../support/cli.ts";
import { type ProxyFault, startFaultyProxy } from "../../support/faulty-proxy.ts";
import { startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject, QUICK } from "../../support/project.ts";
import { Key, openScreen } from "../../support/screen.ts";

test("over a slow server all of a run is shown, keys do not wait for it, and what fails is told in its place", async () => {
  const project = makeProject({ "experiments/one.yaml": QUICK.replace("baseline", "logistic") });
  const [server] = await Promise.all([startMlflowServer(), disease(["exp", "run", "one"], { cwd: project.root })]);
  let fault: ProxyFault = { delay: 200 };
  const proxy = await startFaultyProxy(server.url, (what) => (/artifacts|get-artifact/.test(what) ? fault : undefined));
  onTestFinished(async () => {
    await proxy.close();
    await server.stop();
    project[Symbol.dispose]();
  });
  const { code, stderr } = await disease(
    ["track", "copy", `sqlite:///${join(project.root, "mlruns", "mlflow.db")}`, server.url],
    { cwd: project.root },
  );
  expect(code, stderr).toBe(0);

  const args = ["board", "one", "--tracking", proxy.url];
  await using screen = await openScreen(args, { cwd: project.root });
  await screen.shows(/logistic/);
  screen.press(Key.enter);
  await screen.shows(/★ val_f1_macro/);
  screen.press("3");
  await screen.shows("Reading …");
  screen.press("1"); // while the server is asked
  await screen.shows(/★ val_f1_macro/);
  screen.press("3");
  await screen.shows(/^1 chronic_dermatitis +\d+█/m);
  screen.press("7");
  await screen.shows("▾ reports/");

  fault = { status: 500 };
  screen.press("4");
  await screen.shows(/✗ .*/);
  await screen.shows("r tries again.");
  fault = undefined;
  screen.press("r");
  await screen.shows("macro average");
});
