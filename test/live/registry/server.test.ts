import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "mlflow-js-client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import type { UserError } from "../../../src/core/errors.ts";
import { history } from "../../../src/registry/history.ts";
import { promote } from "../../../src/registry/promote.ts";
import { register } from "../../../src/registry/register.ts";
import { readState, type Workbench } from "../../../src/registry/state.ts";
import { openRemoteRegistry } from "../../../src/stores/remote/registry.ts";
import { openRemoteStore } from "../../../src/stores/remote/store.ts";
import { finishedRun } from "../../registry/support.ts";
import { disease } from "../../support/cli.ts";
import { type MlflowServer, startMlflowServer } from "../../support/mlflow-server.ts";
import { makeProject } from "../../support/project.ts";

const GATE =
  "rules:\n  - metric: { name: accuracy, min: 0.2, judge: value, min_n: 5 }\n  - champion: { margin: 1, min_n: 5, without_champion: pass }\n";
const STUDY =
  "data: { path: data/patients.csv, target: disease }\ncharts: none\nbootstrap: { resamples: 100 }\nfamilies: { logistic: { C: [0.1, 1] } }\n";

let server: MlflowServer;
beforeAll(async () => {
  // Several processes answer, as on a server that is used.
  server = await startMlflowServer({ workers: 2 });
});
afterAll(() => server?.stop());

const openBench = (who: string): Workbench => {
  const options = { uri: server.url, env: {} };
  const [store, registry] = [openRemoteStore(options), openRemoteRegistry(options)];
  onTestFinished(() => {
    registry.close();
    store.close();
  });
  return { store, registry, clock: systemClock, who, notify: () => {} };
};

test("of several that promote at once on a server one wins, and the others are told so", async () => {
  const benches = ["ana", "ben", "cem"].map(openBench);
  const name = "contended";
  for (let round = 0; round < 3; round++) {
    for (const bench of benches) await register(bench, name, await finishedRun(bench));
    // All have seen the same before any acts.
    const states = await Promise.all(benches.map((bench) => readState(bench.registry, name)));
    const before = states[0]!.champion?.version;
    const ended = await Promise.allSettled(
      benches.map((bench, i) => {
        const details = { to: "Production", gate: null, reason: "a test", requireApproval: false } as const;
        return promote(bench, states[i]!, states[i]!.versions[i]!, details);
      }),
    );
    const lost = ended.flatMap((e) => (e.status === "rejected" ? [e.reason as UserError] : []));
    expect(lost).toHaveLength(2);
    for (const error of lost) {
      expect(error).toMatchObject({ name: "UserError", exitCode: 2 });
      expect(error.message).toMatch(/^someone else has changed model "contended" meanwhile/);
    }
    const won = states[0]!.versions[ended.findIndex((e) => e.status === "fulfilled")]!.version;
    const { champion, versions, model } = await readState(benches[0]!.registry, name);
    expect(champion?.version).toBe(won);
    expect(versions.filter((v) => v.stage === "Production").map((v) => v.version)).toEqual([won]);
    expect(before === undefined || versions.find((v) => v.version === before)?.stage === "Archived").toBe(true);
    expect(Object.keys(model.tags).filter((key) => key.startsWith("disease.claim."))).toEqual([]);
  }
  const state = await readState(benches[0]!.registry, name);
  const { records, problems } = await history(benches[0]!.store, state);
  expect(problems).toEqual([]);
  expect(records.filter((r) => r.act === "promote")).toHaveLength(3);
});

test("the claim of a process that died does not keep others out for ever", async () => {
  const bench = openBench("ana");
  const name = "claimed";
  await register(bench, name, await finishedRun(bench));
  const client = createClient({ baseUrl: server.url });
  onTestFinished(() => client.close());
  await client.registeredModels.setTag(name, "disease.claim.of-the-dead", String(Date.now() - 61_000));
  await bench.registry.change(name, { stages: {}, aliases: { shadow: "1" } });
  expect((await bench.registry.getModel(name))?.aliases).toEqual({ shadow: "1" });
  expect(Object.keys((await client.registeredModels.get(name))!.tags)).not.toContain("disease.claim.of-the-dead");
});

test("with a server, a promotion is the server's: a second checkout meets the champion of the first", async () => {
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
  expect(JSON.parse(seen.stdout)).toContainEqual(expect.objectContaining({ name: "study", champion: "1" }));
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
  // The rounds compare with the server's champion where they can, and do not pass for want of one of their own.
  const rounds = (cwd: string) =>
    disease("exp run study --set seeds=3 --until-gate easy --max-rounds 1 --json".split(" "), { cwd, env });
  using third = makeProject(files);
  const strange = await rounds(third.root);
  expect(strange.code).toBe(4);
  expect(JSON.parse(strange.stdout).gate.championProblem).toContain("on the server alone");
  const known = await rounds(second.root);
  expect([known.code, JSON.parse(known.stdout).gate.championProblem]).toEqual([0, null]);
  const back = await disease(["models", "rollback", "study", "--json"], { cwd: first.root, env });
  expect(JSON.parse(back.stdout)).toMatchObject({ champion: { after: "1" } });
  expect(readFileSync(join(first.root, "r.md"), "utf8")).toContain("version 1 of study");

  // The card that each promotion kept is on the server, and the same from any project.
  const card = await disease(["models", "card", "study/2", "--json"], { cwd: first.root, env });
  const { runId, markdown } = JSON.parse(card.stdout) as { runId: string; markdown: string };
  expect(markdown).toContain("# Model card: study, version 2");
  const store = openRemoteStore({ uri: server.url, env: {} });
  onTestFinished(() => store.close());
  const kept = new TextDecoder().decode(await store.readArtifact(runId, "card/model-card.md"));
  expect(kept).toContain("# Model card: study, version 2");
  expect(kept).toContain("| stage | Production |");
});
