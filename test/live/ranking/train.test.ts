import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readZip } from "../../../src/lake/archives/zip.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { EXCERPT, SOLVED } from "../../support/knowledge.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

let project: TestProject;
let run: string;
const command = (args: readonly string[]): Promise<Outcome> =>
  disease(args, { cwd: project.root, env: { DISEASE_CACHE: join(project.root, "cache") } });
const rank = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await command(["cases", "rank", "one.json", "--json", ...args]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout).answers[0];
};

beforeAll(async () => {
  project = makeProject();
  for (const entry of readZip(SOLVED)) {
    project.write("one.json", entry.bytes(1 << 20).toString("utf8"));
    break;
  }
  const args = ["cases", "train", SOLVED, "--out", "m.bin", "--experiment", "rare", "--json"];
  const { code, stdout, stderr } = await command(args);
  expect(code, stderr).toBe(0);
  ({ run } = JSON.parse(stdout));
});
afterAll(() => project[Symbol.dispose]());

test("a ranker in a file or a run answers as one that is learned on the spot", async () => {
  const fresh = await rank(["--method", "orphan", "--train", SOLVED]);
  expect(fresh.ranking).toHaveLength(50);
  expect(await rank(["--model", "m.bin"])).toEqual(fresh);
  expect(await rank(["--model", run])).toEqual(fresh);
});

test("probabilities and none of these add up to no more than 1", async () => {
  const { best, none } = await rank(["--model", "m.bin"]);
  const shares: number[] = best.map(({ probability }: { probability: number }) => probability);
  const sum = shares.reduce((a, b) => a + b, none);
  expect(none).toBeGreaterThan(0);
  expect(sum).toBeGreaterThan(none);
  expect(sum).toBeLessThanOrEqual(1 + 1e-9);
  expect((await command(["cases", "rank", "one.json", "--model", "m.bin"])).stdout).toMatch(/% {2}none of these$/m);
});

test("a ranker is refused over other knowledge, and so is what is none", async () => {
  const hpoa = gunzipSync(readFileSync(join(EXCERPT, "phenotype.hpoa.gz"))).toString("utf8");
  project.write("other/phenotype.hpoa", hpoa.replace(/\nOMIM:[^\n]*/, ""));
  writeFileSync(join(project.root, "other", "hp.obo.gz"), readFileSync(join(EXCERPT, "hp.obo.gz")));
  const refused = await command(["cases", "rank", "one.json", "--model", "m.bin", "--knowledge", "other"]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/learned over another knowledge base/)]);
  const none = await command(["cases", "rank", "one.json", "--model", "one.json"]);
  expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/no ranker that this version made/)]);
  const missing = await command(["cases", "rank", "one.json", "--model", "gone.bin"]);
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringMatching(/neither the id of a run nor models:/)]);
});

test("an evaluation is kept as one run a setting, with all figures", async () => {
  const args = ["cases", "evaluate", SOLVED, "--method", "orphan-lr", "--experiment", "judged"];
  expect((await command(args)).code).toBe(0);
  const { stdout } = await command(["exp", "ls", "judged", "--json"]);
  const text = JSON.stringify(JSON.parse(stdout));
  expect(text).toContain("orphan-lr (a)");
  expect(text).toContain("orphan-lr (b)");
});
