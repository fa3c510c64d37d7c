import { expect, test } from "vitest";
import type { AuditRecord } from "../../src/registry/audit.ts";
import { championStack } from "../../src/registry/audit.ts";
import { history } from "../../src/registry/history.ts";
import { promote } from "../../src/registry/promote.ts";
import { register } from "../../src/registry/register.ts";
import { readState } from "../../src/registry/state.ts";
import { finishedRun, gateSays, openBench, type TestBench } from "./support.ts";

/** Records: 1 register 1, 2 promote 1, 3 register 2, 4 refuse 2. */
async function benchWithTrail(): Promise<TestBench> {
  const bench = openBench();
  for (const verdict of ["pass", "fail"] as const) {
    const { runId } = await register(bench, "skin", await finishedRun(bench));
    const state = await readState(bench.registry, "skin");
    const gate = await gateSays(bench, "skin", runId, verdict);
    await promote(bench, state, state.versions[0]!, { to: "Production", gate, requireApproval: false });
  }
  return bench;
}

const tag = (sequence: number) => `disease.audit.00000${sequence}`;

const TAMPERINGS: [string, (bench: TestBench) => Promise<void>, RegExp][] = [
  [
    "a verdict that was turned",
    async (bench) => {
      const text = (await bench.registry.getVersion("skin", "2"))!.tags[tag(4)]!;
      const turned = text.replaceAll('"fail"', '"pass"');
      await bench.registry.change("skin", { versionTags: { "2": { [tag(4)]: turned } } });
    },
    /record 4 was changed/,
  ],
  [
    "a record that was taken away",
    (bench) => bench.registry.deleteVersionTag("skin", "1", tag(2)),
    /record 2 is missing/,
  ],
  [
    "the last record taken away",
    (bench) => bench.registry.deleteVersionTag("skin", "2", tag(4)),
    /record 4 is missing/,
  ],
  ["a version that was deleted", (bench) => bench.registry.deleteVersion("skin", "1"), /records 1 to 2 are missing/],
  [
    "the last record and the model's tag set back",
    async (bench) => {
      const third = JSON.parse((await bench.registry.getVersion("skin", "2"))!.tags[tag(3)]!) as AuditRecord;
      await bench.registry.deleteVersionTag("skin", "2", tag(4));
      await bench.registry.change("skin", { modelTags: { "disease.audit.head": `3 ${"0".repeat(64)}` } });
      expect(third.sequence).toBe(3);
    },
    /not the one that the model's tag names/,
  ],
  [
    "a record under another version",
    async (bench) => {
      const text = (await bench.registry.getVersion("skin", "1"))!.tags[tag(2)]!;
      await bench.registry.deleteVersionTag("skin", "1", tag(2));
      await bench.registry.change("skin", { versionTags: { "2": { [tag(2)]: text } } });
    },
    /record 2 stands at another place/,
  ],
  [
    "a tag that is no record",
    (bench) => bench.registry.change("skin", { versionTags: { "1": { [tag(9)]: "{" } } }),
    /is not a record/,
  ],
  [
    "a copy in the run that says something else",
    async (bench) => {
      const { runId } = (await bench.registry.getVersion("skin", "2"))!;
      const [file] = (await bench.store.listArtifacts(runId!, "audit")).slice(-1);
      await bench.store.writeArtifact(runId!, file!.path, new TextEncoder().encode("{}"));
    },
    /copy of record 4 .* says something else/,
  ],
];

test("an untouched trail has no problems", async () => {
  const bench = await benchWithTrail();
  expect((await history(bench.store, await readState(bench.registry, "skin"))).problems).toEqual([]);
});

test.each(TAMPERINGS)("%s shows", async (_, tamper, problem) => {
  const bench = await benchWithTrail();
  await tamper(bench);
  const { problems } = await history(bench.store, await readState(bench.registry, "skin"));
  expect(problems.join("\n")).toMatch(problem);
});

test("after tampering the next act still works, and the trail still shows it", async () => {
  const bench = await benchWithTrail();
  await bench.registry.deleteVersionTag("skin", "2", tag(4));
  await register(bench, "skin", await finishedRun(bench));
  const { records, problems } = await history(bench.store, await readState(bench.registry, "skin"));
  expect(records.map((r) => r.sequence)).toEqual([1, 2, 3, 5]);
  expect(problems).toEqual(["record 4 is missing (taken away, or their version was deleted)"]);
});

test("the stack of champions grows by promotions and shrinks by rollbacks", () => {
  const acts = (...moves: [AuditRecord["act"], string | null][]): AuditRecord[] =>
    moves.map(([act, to]) => ({ act, aliases: { champion: [null, to] } }) as unknown as AuditRecord);
  expect(championStack(acts(["promote", "1"], ["approve", "2"], ["promote", "3"]))).toEqual(["1", "2", "3"]);
  expect(championStack(acts(["promote", "1"], ["promote", "2"], ["rollback", "1"]))).toEqual(["1"]);
  expect(championStack(acts(["promote", "1"], ["promote", "2"], ["rollback", "1"], ["rollback", "2"]))).toEqual([
    "1",
    "2",
  ]);
  expect(championStack(acts(["promote", "1"], ["demote", null]))).toEqual(["1"]);
});
