import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { disease } from "../../support/cli.ts";
import { startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject } from "../../support/project.ts";

const GATE =
  "rules:\n  - metric: { name: accuracy, min: 0.2, judge: value, min_n: 5 }\n  - champion: { margin: 1, min_n: 5, without_champion: pass }\n";
const STUDY =
  "data: { path: data/patients.csv, target: disease }\ncharts: none\nbootstrap: { resamples: 100 }\nfamilies: { logistic: { C: [0.1, 1] } }\n";

test("with a server, a promotion is the server's: a second checkout meets the champion of the first", async () => {
  const server = await startMlflowServer();
  try {
    const env = { MLFLOW_TRACKING_URI: server.url };
    const files = { "experiments/study.yaml": STUDY, "experiments/gates/easy.yaml": GATE };
    const promote = "models promote --from-experiment study --gate easy --to Production --json --markdown r.md".split(
      " ",
    );
    using first = makeProject(files);
    expect((await disease(["exp", "run", "study"], { cwd: first.root, env })).code).toBe(0);
    const done = await disease(promote, { cwd: first.root, env });
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(JSON.parse(done.stdout)).toMatchObject({ result: "done", champion: { before: null, after: "1" } });

    using second = makeProject(files);
    const seen = await disease(["models", "ls", "--json"], { cwd: second.root, env });
    expect(JSON.parse(seen.stdout)).toMatchObject([{ name: "study", champion: "1" }]);
    const other = ["exp", "run", "study", "--set", "families.logistic.C=3", "--set", "seeds=2"];
    expect((await disease(other, { cwd: second.root, env })).code).toBe(0);
    const run = JSON.parse((await disease(["exp", "ls", "study", "--json"], { cwd: second.root })).stdout).runs.find(
      (r: { kind: string }) => r.kind === "trial",
    ).run as string;
    const next = await disease(["models", "promote", "--run", run, "--gate", "easy", "--to", "Production", "--json"], {
      cwd: second.root,
      env,
    });
    expect([next.code, next.stderr]).toEqual([0, ""]);
    expect(JSON.parse(next.stdout)).toMatchObject({ result: "done", champion: { before: "1", after: "2" } });
    const back = await disease(["models", "rollback", "study", "--json"], { cwd: first.root, env });
    expect(JSON.parse(back.stdout)).toMatchObject({ champion: { after: "1" } });
    expect(readFileSync(join(first.root, "r.md"), "utf8")).toContain("version 1 of study");
  } finally {
    await server.stop();
  }
});
