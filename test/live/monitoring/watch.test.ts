import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signatureOf } from "../../../src/app/monitor/alarms.ts";
import type { Look } from "../../../src/app/monitor/watch.ts";
import type { WatchState } from "../../../src/monitoring/watch/state.ts";
import { disease, type Outcome, startDisease } from "../../support/cli.ts";
import type { TestProject } from "../../support/project.ts";
import { promote, until } from "../../support/serving/served.ts";
import { skinProject } from "../../support/skin.ts";
import { predicted, registered, shifted } from "./world.ts";

const HEAD = "min_n: 50\nwindow: 120\nrules:\n";
const QUALITY = `${HEAD}  - performance: { metric: accuracy, min: 0.5 }\n`;
/** Version 2 is champion in place of version 1. */
let base: TestProject;

beforeAll(async () => {
  base = await skinProject({
    pass: "metric: { name: accuracy, min: 0.2, judge: value, min_n: 1 }",
    fail: "metric: { name: accuracy, min: 1.01, judge: value, min_n: 1 }",
  });
  base.write("experiments/monitors/drift.yaml", `${HEAD}  - feature-drift: { max: 0.2 }\n`);
  base.write("experiments/monitors/quality.yaml", QUALITY);
  base.write(
    "experiments/next.yaml",
    `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
families: { logistic: { C: [0.3] } }
`,
  );
  const runs = (await base.runs("skin")).filter(({ params }) => params.family === "logistic");
  for (const [i, { info }] of runs.slice(0, 2).entries()) {
    const { code, stderr } = await disease(["models", "register", info.runId, "--name", "skin"], { cwd: base.root });
    if (code !== 0) throw new Error(stderr);
    await promote(base, String(i + 1));
  }
});
afterAll(() => base[Symbol.dispose]());

const watch = (project: TestProject, args: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  disease(["monitor", "watch", "skin", ...args.split(" ")], { cwd: project.root, env });

/** One look; its exit code with it. */
async function look(
  project: TestProject,
  args: string,
  env?: NodeJS.ProcessEnv,
): Promise<Look & { code: number | null }> {
  const { code, stdout } = await watch(project, `${args} --once --json`, env);
  return { ...(JSON.parse(stdout) as Look), code };
}

const stateOf = ({ root }: TestProject): WatchState =>
  JSON.parse(readFileSync(join(root, ".disease", "monitor", "skin.json"), "utf8")) as WatchState;

test("cron's looks raise an alarm after failures in a row and end it after passes in a row; the exit code is the look's", async () => {
  using project = base.copy();
  const at = (): Promise<Look & { code: number | null }> => look(project, "--monitor drift --tag");
  expect(await at()).toMatchObject({ code: 4, verdict: "inconclusive", predictions: 0, alarms: [] });
  await predicted(project, { prefix: "old", version: "2", change: shifted });
  expect(await at()).toMatchObject({ code: 3, verdict: "fail", predictions: 120, events: [], alarms: [] });
  expect(await at()).toMatchObject({
    ...{ code: 3, model: "skin", version: "2" },
    events: [{ type: "raised", id: "skin/2/1", topic: "drift", rule: expect.stringContaining("feature-drift") }],
    alarms: [{ topic: "drift" }],
  });
  const tags = async () => (await registered(project)).champion?.tags;
  expect(await tags()).toMatchObject({
    "disease.monitor.status": "alarm",
    "disease.monitor.alarms": expect.stringContaining("feature-drift"),
  });
  expect(await at()).toMatchObject({ code: 3, events: [], alarms: [{ topic: "drift" }] });
  await predicted(project, { prefix: "new", version: "2" });
  expect(await at()).toMatchObject({ code: 0, events: [], alarms: [{ topic: "drift" }] });
  const { code, stdout } = await watch(project, "--monitor drift --once --tag");
  expect([code, stdout]).toEqual([0, expect.stringContaining("alarm skin/2/1 is over")]);
  expect(await tags()).toMatchObject({ "disease.monitor.status": "pass", "disease.monitor.alarms": "" });
  expect(statSync(join(project.root, ".disease", "monitor", "skin.json")).mode & 0o777).toBe(0o600);
  const { code: history } = await disease(["models", "history", "skin"], { cwd: project.root });
  expect(history).toBe(0); // the tags leave the audit trail whole
});

test("what a watch remembered and cannot read any more is kept aside, and two do not watch at once", async () => {
  using project = base.copy();
  await look(project, "--monitor drift");
  writeFileSync(join(project.root, ".disease", "monitor", "skin.json"), "{");
  const { code, stderr } = await watch(project, "--monitor drift --once");
  expect([code, stderr]).toEqual([4, expect.stringContaining("begins anew")]);
  await using running = await startDisease(["monitor", "watch", "skin", "--monitor", "nowhere/x.yaml"], {
    cwd: project.root,
  });
  expect((await running.ended).code).toBe(2);
  await using first = await startDisease(
    ["monitor", "watch", "skin", "--monitor", "drift", "--every", "1s", "--json"],
    {
      cwd: project.root,
      env: { DISEASE_WEBHOOK: "http://127.0.0.1:9" },
    },
  );
  await until("it watches", async () => stateIsLocked(project));
  const second = await watch(project, "--monitor drift --once");
  expect([second.code, second.stderr]).toEqual([2, expect.stringContaining("another watch of skin is running")]);
  first.kill("SIGKILL");
  await first.ended;
  expect((await watch(project, "--monitor drift --once")).code).toBe(4);
});

const stateIsLocked = ({ root }: TestProject): boolean =>
  statSync(join(root, ".disease", "monitor", "skin.lock"), { throwIfNoEntry: false }) !== undefined;

interface Hook extends AsyncDisposable {
  readonly url: string;
  readonly got: readonly { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** Resolves with the next request. */
  next(): Promise<unknown>;
}

/** A receiver that answers with these statuses, then with 204. */
async function hook(...statuses: number[]): Promise<Hook> {
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      got.push({ headers: request.headers, body });
      response.writeHead(statuses.shift() ?? 204).end();
      server.emit("told");
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`,
    got,
    next: () => once(server, "told"),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a webhook gets each alarm once, signed, without a patient's value; a fault on the way is tried again", async () => {
  using project = base.copy();
  await predicted(project, { prefix: "old", version: "2", change: shifted });
  await using receiver = await hook(503);
  const env = { DISEASE_WEBHOOK_SECRET: "a secret" };
  const args = `--monitor drift --raise-after 1 --webhook ${receiver.url}`;
  expect(await look(project, args, env)).toMatchObject({ code: 3, webhook: { sent: 1, waiting: 0, problem: null } });
  expect(await look(project, args, env)).toMatchObject({ code: 3, webhook: { sent: 0 } });
  expect(receiver.got).toHaveLength(2); // refused once for the moment
  const { headers, body } = receiver.got[1]!;
  expect(headers["x-disease-signature"]).toBe(signatureOf("a secret", String(headers["x-disease-timestamp"]), body));
  expect(headers).toMatchObject({ "x-disease-event": "alarm.raised", "x-disease-delivery": "skin/2/1/raised" });
  expect(JSON.parse(body)).toEqual({
    ...{ event: "alarm.raised", alarm: "skin/2/1", model: "skin", version: "2", topic: "drift" },
    rule: expect.stringContaining("feature-drift"),
    message: expect.stringContaining("features have changed"),
    ...{ at: expect.stringMatching(/Z$/), since: expect.stringMatching(/Z$/) },
  });
});

test("what the webhook does not take waits for the next look, and changes no exit code", async () => {
  using project = base.copy();
  await predicted(project, { prefix: "old", version: "2", change: shifted });
  const gone = await hook();
  await gone[Symbol.asyncDispose]();
  const { code, stderr } = await watch(project, `--monitor drift --raise-after 1 --once --webhook ${gone.url}`);
  expect([code, stderr]).toEqual([
    3,
    expect.stringMatching(/cannot be reached: ECONNREFUSED; 1 alarm event is sent at the next look/),
  ]);
  expect(stderr).not.toContain("secret-path");
  await using receiver = await hook(400);
  expect(await look(project, `--monitor drift --webhook ${receiver.url}`)).toMatchObject({
    webhook: { sent: 1, waiting: 0, problem: "the webhook answers 400" }, // which is told, and not tried for ever
  });
  expect(receiver.got).toHaveLength(1);
  expect(receiver.got[0]!.headers["x-disease-signature"]).toBeUndefined();
});

test("a watch looks each period, a line a look, and ends in order when it is asked to", async () => {
  using project = base.copy();
  await predicted(project, { prefix: "old", version: "2", change: shifted });
  await using receiver = await hook();
  const told = receiver.next();
  const args = ["--monitor", "drift", "--every", "1s", "--json", "--raise-after", "2", "--webhook", receiver.url];
  await using program = await startDisease(["monitor", "watch", "skin", ...args], { cwd: project.root });
  await told;
  program.kill("SIGTERM");
  const { code, stdout } = await program.ended;
  expect(code).toBe(0);
  const looks = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Look);
  expect(looks.slice(0, 2)).toMatchObject([{ events: [] }, { events: [{ type: "raised" }], webhook: { sent: 1 } }]);
  expect(stateIsLocked(project)).toBe(false);
});

test("a drift alarm starts one sweep, whose winner goes to Production through the gate", async () => {
  using project = base.copy();
  await predicted(project, { prefix: "old", version: "2", change: shifted });
  const args = "--monitor drift --raise-after 1 --on-drift experiments/next.yaml --gate pass";
  const first = await look(project, args);
  expect(first).toMatchObject({ code: 3, sweep: { result: expect.stringContaining("in place of version 2") } });
  const { champion, records } = await registered(project);
  expect(champion).toMatchObject({ version: "3", stage: "Production" });
  expect(records.at(-1)).toMatchObject({
    ...{ act: "promote", version: "3", gate: { gate: "test", verdict: "pass" } },
    reason: expect.stringContaining("drift alarm skin/2/1"),
  });
  expect(stateOf(project).sweeps).toMatchObject([{ alarms: ["skin/2/1"], process: null }]);
  // the alarm was about version 2
  expect(await look(project, args)).toMatchObject({ version: "3", events: [{ type: "cleared" }], sweep: null });
});

test("a winner that fails the gate stays out, and its alarm starts no second sweep", async () => {
  using project = base.copy();
  await predicted(project, { prefix: "old", version: "2", change: shifted });
  const args = "--monitor drift --raise-after 1 --on-drift next --gate fail";
  expect(await look(project, args)).toMatchObject({ sweep: { result: expect.stringContaining("refused") } });
  expect((await registered(project)).champion?.version).toBe("2");
  expect(await look(project, args)).toMatchObject({ code: 3, alarms: [{ topic: "drift" }], sweep: null });
  expect(await project.runs("next")).toHaveLength(2); // the sweep and its one trial
});

test("a sweep without a gate is refused before anything is done, and so is an experiment that there is not", async () => {
  for (const [args, what] of [
    ["--on-drift next", /through a gate/],
    ["--on-drift nowhere --gate pass", /no such experiment/],
    ["--on-drift next --gate nowhere", /no gate/],
    ["--webhook ftp://x", /webhook/],
    ["--every soon", /time/],
  ] as const) {
    const { code, stderr } = await watch(base, `--monitor drift ${args}`);
    expect([code, stderr]).toEqual([2, expect.stringMatching(what)]);
  }
});

test("an alarm of performance takes the champion back, once, and only where that was asked for", async () => {
  using project = base.copy();
  const truth = await predicted(project, { prefix: "p", version: "2" });
  const classes = [...new Set(truth)];
  const wrong = truth.map((name) => classes[(classes.indexOf(name) + 1) % classes.length]);
  const csv = ["patient,outcome", ...wrong.map((name, row) => `patient ${row},${name}`)].join("\n");
  const { code, stderr } = await disease(["monitor", "feedback", "skin", "-"], { cwd: project.root, input: csv });
  expect([code, stderr]).toEqual([0, ""]);
  expect(await look(project, "--monitor quality --raise-after 1")).toMatchObject({
    ...{ code: 3, labelled: 120, rollback: null },
    events: [{ type: "raised", topic: "performance" }],
  });
  expect((await registered(project)).champion?.version).toBe("2");
  project.write("experiments/monitors/strict.yaml", `rollback: true\n${QUALITY}`);
  const args = "--monitor quality --raise-after 1 --rollback";
  expect(await look(project, "--monitor strict --raise-after 1")).toMatchObject({
    rollback: { from: "2", to: "1", problem: null },
  });
  const { champion, records } = await registered(project);
  expect(champion?.version).toBe("1");
  expect(records.at(-1)).toMatchObject({ act: "rollback", reason: expect.stringMatching(/^monitor: performance/) });
  // as bad as the other, but there was a rollback just now
  await predicted(project, { prefix: "q", version: "1" });
  expect(await look(project, args)).toMatchObject({ version: "1", code: 3, rollback: null });
  const again = await look(project, `${args} --cool-down 1s`);
  expect(again).toMatchObject({
    rollback: { from: "1", to: null, problem: expect.stringContaining("no previous champion") },
  });
});
