import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readZip } from "../../../src/lake/archives/zip.ts";
import { isCase, readCases } from "../../../src/lake/phenopackets/read.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { SOLVED } from "../../support/knowledge.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

let project: TestProject;
const cases = (args: readonly string[]): Promise<Outcome> =>
  disease(["cases", ...args], { cwd: project.root, env: { DISEASE_CACHE: join(project.root, "cache") } });

beforeAll(() => {
  project = makeProject();
  // The first shipped cases, one of them spoilt in several ways.
  let written = 0;
  for (const entry of readZip(SOLVED)) {
    const text = entry.bytes(1 << 20).toString("utf8");
    project.write(`packets/${entry.name.split("/").at(-1)}`, text);
    if (written === 0) {
      project.write("one.json", text);
      const packet = JSON.parse(text) as { phenotypicFeatures: object[] };
      packet.phenotypicFeatures.push(
        { type: { id: "HP:7654321", label: "Seizur" } },
        { type: { id: "HP:0001250", label: "Seizure" } },
        { type: { id: "HP:0001250", label: "Seizure" }, excluded: true },
      );
      project.write("odd.json", JSON.stringify(packet));
    }
    if (++written === 4) break;
  }
});
afterAll(() => project[Symbol.dispose]());

test("a case's ten best come with probability, terms for and against, prevalence and links", async () => {
  const { code, stdout, stderr } = await cases(["rank", "one.json"]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^note: the knowledge base is an excerpt of \d+ diseases/);
  const heads = stdout.split("\n").filter((line) => /^ {1,3}\d+ .* % {2}OMIM:\d+ \S/.test(line));
  expect(heads).toHaveLength(10);
  expect(stdout).toMatch(/^ +\+ .+ ×\d/m);
  expect(stdout).toMatch(/^ +− .+ ×0\.\d/m);
  expect(stdout).toMatch(/(prevalence unknown|1-9 \/ 1).* https:\/\/omim\.org\/entry\/\d+/);
  expect(stdout).toMatch(
    /1 case among \d+ diseases by orphan-lr {2}HPO 2025-01-16 · HPOA 2025-01-16 · Orphanet · [0-9a-f]{8}\n$/,
  );
});

test("odd terms are told, and the case is ranked", async () => {
  const { code, stdout } = await cases(["rank", "odd.json"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/! HP:7654321 Seizur is no term of .*: it is left out; the nearest is HP:0001250 Seizure/);
  expect(stdout).toMatch(/! HP:0001250 Seizure is both present and excluded: it counts as present/);
  expect(stdout).toMatch(/^ +1 .*OMIM/m);
});

test("rankings go to a file, one JSON a line; a broken packet is named and the rest goes on", async () => {
  project.write("packets/broken.json", '{"id": "SECRET');
  const { code, stdout, stderr } = await cases(["rank", "packets", "--out", "r.jsonl", "--top", "7"]);
  expect(code).toBe(6);
  expect(stderr).toMatch(/packets\/broken\.json: it is broken JSON/);
  expect(stderr).not.toContain("SECRET");
  expect(stdout).toMatch(/^4 cases among \d+ diseases by orphan-lr → r\.jsonl/);
  const lines = readFileSync(join(project.root, "r.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const names = [...readCases(join(project.root, "packets"))].filter(isCase).map(({ name }) => name);
  expect(lines.map((line) => line.case)).toEqual(names);
  for (const { ranking, scores } of lines) {
    expect(ranking).toHaveLength(7);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  }
});

test("solved cases are learned from", async () => {
  const { code, stdout } = await cases(["rank", "one.json", "--train", SOLVED, "--json"]);
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.method).toBe("orphan-cases");
  expect(result.knowledge.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(result.answers[0].best[0]).toMatchObject({
    rank: 1,
    for: expect.any(Array),
    links: expect.arrayContaining([expect.stringMatching(/^https:\/\/omim/)]),
  });
});

test("a disease is explained by id or by a part of its name", async () => {
  const [best] = JSON.parse((await cases(["rank", "one.json", "--json"])).stdout).answers[0].best;
  const { code, stdout } = await cases(["explain", "one.json", best.id]);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^${best.id} `));
  expect(stdout).toMatch(/rank 1 for one\.json, probability/);
  expect(stdout).toMatch(/Speaks for it\n.*term/);
  expect(JSON.parse((await cases(["explain", "one.json", best.name.toUpperCase(), "--json"])).stdout)).toMatchObject({
    id: best.id,
    rank: 1,
  });
});

test("both settings are printed, as a table, CSV and Markdown", async () => {
  const { code, stdout } = await cases(["evaluate", SOLVED, "--folds", "2"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ a {2}cases +300 +\d+\.\d \[\d+\.\d, \d+\.\d\]/m);
  expect(stdout).toMatch(/^ b {2}cases, Orphanet's group +300/m);
  expect(stdout).toMatch(/^ b {2}0 solved cases/m);
  expect(stdout).toMatch(/a: all annotations {3}b: without what rests on the case's own publication alone/);
  const csv = (await cases(["evaluate", SOLVED, "--folds", "2", "--csv"])).stdout.split("\n");
  expect(csv[0]).toBe("setting,over,n,top1,top3,top10,top50,mrr");
  expect(Number(csv[1].split(",")[3])).toBeGreaterThan(0.4);
});

describe("what cannot be done is said:", () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      "an unknown method",
      ["rank", "one.json", "--method", "magic"],
      /there is no method magic[\s\S]*orphan-lr, orphan-cases, orphan/,
    ],
    [
      "a method that lacks cases to learn from",
      ["rank", "one.json", "--method", "orphan-cases"],
      /learns from solved cases[\s\S]*--train/,
    ],
    [
      "no knowledge base",
      ["rank", "one.json", "--knowledge", "nowhere"],
      /no folder with the knowledge base[\s\S]*--knowledge DIR/,
    ],
    ["an unknown disease", ["explain", "one.json", "OMIM:1"], /no disease is called OMIM:1/],
    ["several diseases of the name", ["explain", "one.json", "syndrome"], /\d+ diseases are called so[\s\S]*OMIM:/],
    ["several cases to explain", ["explain", "packets", "OMIM:1"], /there are 4 cases/],
    ["fewer papers than folds", ["evaluate", "one.json"], /1 publications with a diagnosis cannot make 4 folds/],
    ["a file that is no case", ["rank", "packets/broken.json"], /it is broken JSON/],
    [
      "a place where nothing can be written",
      ["rank", "one.json", "--out", "no/where.jsonl"],
      /the rankings cannot be written/,
    ],
  ])("%s", async (_, args, message) => {
    const { code, stderr } = await cases(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
