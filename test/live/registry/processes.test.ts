import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { history } from "../../../src/registry/history.ts";
import { promote } from "../../../src/registry/promote.ts";
import { register } from "../../../src/registry/register.ts";
import { readState } from "../../../src/registry/state.ts";
import { openEmbeddedRegistry } from "../../../src/stores/embedded/registry.ts";
import { finishedRun, openBench } from "../../registry/support.ts";

const PROMOTER = join(import.meta.dirname, "promoter.ts");

test("of two processes that promote at once one wins, and the other is told so", async () => {
  const bench = openBench();
  for (let i = 0; i < 6; i++) await register(bench, "skin", await finishedRun(bench));
  for (const pair of [
    ["1", "2"],
    ["3", "4"],
    ["5", "6"],
  ]) {
    const promoters = await Promise.all(pair.map((version) => startPromoter(bench.folder, version)));
    const before = (await readState(bench.registry, "skin")).champion;
    const outcomes = await Promise.all(promoters.map((p) => p.go()));
    const winner = pair[outcomes.findIndex((o) => o.result === "done")];
    const loser = outcomes.find((o) => o.result === undefined);
    expect(outcomes.filter((o) => o.result === "done")).toHaveLength(1);
    expect(loser).toMatchObject({
      message: expect.stringContaining("someone else"),
      exitCode: 2,
      fix: [expect.stringContaining("disease models show skin")],
    });
    const { versions, champion } = await readState(bench.registry, "skin");
    expect(champion!.version).toBe(winner);
    expect(versions.filter((v) => v.stage === "Production").map((v) => v.version)).toEqual([winner]);
    expect(before === null || versions.find((v) => v.version === before.version)!.stage === "Archived").toBe(true);
  }
  const { records, problems } = await history(bench.store, await readState(bench.registry, "skin"));
  expect(problems).toEqual([]);
  expect(records.filter((r) => r.act === "promote")).toHaveLength(3);
});

test("whoever looks while champions are swapped sees exactly one", async () => {
  const bench = openBench();
  for (let i = 0; i < 4; i++) await register(bench, "skin", await finishedRun(bench));
  const swap = async (version: string) => {
    const state = await readState(bench.registry, "skin");
    const chosen = state.versions.find((v) => v.version === version)!;
    await promote(bench, state, chosen, { to: "Production", gate: null, reason: "a test", requireApproval: false });
  };
  await swap("1");
  const promoters = await Promise.all(["2", "3", "4"].map((version) => startPromoter(bench.folder, version)));
  const reader = openEmbeddedRegistry({ folder: bench.folder, readOnly: true });
  onTestFinished(() => reader.close());
  let looking = true;
  const seen = (async () => {
    const champions: string[][] = [];
    while (looking) {
      // one query sees one moment of the database
      const versions = await reader.listVersions("skin");
      champions.push(versions.filter((v) => v.stage === "Production").map((v) => v.version));
      await new Promise(setImmediate);
    }
    return champions;
  })();
  await Promise.all(promoters.map((p) => p.go()));
  looking = false;
  expect((await seen).every((champions) => champions.length === 1)).toBe(true);
});

test("many that register runs of one model at once, each get a version of its own, on one chain", async () => {
  const bench = openBench();
  const runs = await Promise.all(Array.from({ length: 6 }, () => finishedRun(bench)));
  const benches = runs.map(() => openBench(bench.folder));
  const made = await Promise.all(runs.map((runId, i) => register(benches[i]!, "skin", runId)));
  expect(made.map((m) => m.version).sort()).toEqual(["1", "2", "3", "4", "5", "6"]);
  const { records, problems } = await history(bench.store, await readState(bench.registry, "skin"));
  expect(problems).toEqual([]);
  expect(records).toHaveLength(6);
});

interface Outcome {
  readonly result?: string;
  readonly message?: string;
  readonly exitCode?: number;
  readonly fix?: readonly string[];
}

/** A process that has read the model and waits for `go`. */
async function startPromoter(folder: string, version: string): Promise<{ go(): Promise<Outcome> }> {
  const child: ChildProcess = spawn(process.execPath, [PROMOTER, folder, "skin", version], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill());
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("ready");
  return {
    async go() {
      const exit = once(child, "exit");
      child.stdin!.end("go\n");
      const { value } = await lines.next();
      await exit;
      return JSON.parse(value!) as Outcome;
    },
  };
}
